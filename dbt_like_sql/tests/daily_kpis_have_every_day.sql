-- Lines with a gap between their first and last day, or that stop before the day of the run's date.
select
    kpis.business_line,
    min(kpis.date) as first_day,
    max(kpis.date) as last_day,
    count(*) as days
from daily_kpis as kpis
group by kpis.business_line
having count(*) <> date_diff('day', min(kpis.date), max(kpis.date)) + 1
    or max(kpis.date) <> (select max(date) from days)

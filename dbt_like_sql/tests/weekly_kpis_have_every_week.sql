-- Lines with a gap between their first and last week, or that stop before the last week there is.
select
    kpis.business_line,
    min(kpis.week) as first_week,
    max(kpis.week) as last_week,
    count(*) as weeks
from weekly_kpis as kpis
group by kpis.business_line
having count(*) <> date_diff('day', min(kpis.week), max(kpis.week)) / 7 + 1
    or max(kpis.week) <> (select max(week) from weeks)

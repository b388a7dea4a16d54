-- Weeks whose ratings of all vendors together are not the ratings that weekly_kpis counts.
select
    kpis.week,
    kpis.business_line,
    kpis.csat_good,
    kpis.csat_rated,
    weeks.good,
    weeks.answered
from weekly_kpis as kpis
left join csat_weeks as weeks
    on weeks.week = kpis.week and weeks.business_line = kpis.business_line and weeks.vendor = 'all'
where kpis.csat_good <> coalesce(weeks.good, 0) or kpis.csat_rated <> coalesce(weeks.answered, 0)

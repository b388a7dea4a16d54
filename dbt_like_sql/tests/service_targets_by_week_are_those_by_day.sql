-- Weeks whose kept and broken targets are not the sum of their days.
with weeks as (
    select week, sum(achieved) as achieved, sum(breached) as breached
    from sla_weeks
    where business_line <> 'all' and metric <> 'all'
    group by week
),

days as (
    select cast(date_trunc('week', date) as date) as week, sum(achieved) as achieved, sum(breached) as breached
    from sla_days
    group by cast(date_trunc('week', date) as date)
)

select
    coalesce(weeks.week, days.week) as week,
    weeks.achieved,
    weeks.breached,
    days.achieved as achieved_by_day,
    days.breached as breached_by_day
from weeks
full join days on days.week = weeks.week
where coalesce(weeks.achieved, 0) <> coalesce(days.achieved, 0)
    or coalesce(weeks.breached, 0) <> coalesce(days.breached, 0)

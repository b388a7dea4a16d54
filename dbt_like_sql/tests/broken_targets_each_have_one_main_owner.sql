-- Weeks, lines and metrics in which the broken targets by owner are not the broken targets.
with owners as (
    select week, business_line, metric, sum(breaches) as breaches
    from sla_breach_owners
    group by week, business_line, metric
)

select weeks.week, weeks.business_line, weeks.metric, weeks.breached, owners.breaches
from sla_weeks as weeks
full join owners
    on owners.week = weeks.week
    and owners.business_line = weeks.business_line
    and owners.metric = weeks.metric
where weeks.metric <> 'all' and coalesce(weeks.breached, 0) <> coalesce(owners.breaches, 0)

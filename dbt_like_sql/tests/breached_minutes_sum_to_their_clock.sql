-- Broken service targets whose minutes by owner are not those of their clock.
with sums as (
    select source, ticket_id, metric, instance, sum(minutes) as minutes
    from sla_attribution
    group by source, ticket_id, metric, instance
)

select
    coalesce(instances.source, sums.source) as source,
    coalesce(instances.ticket_id, sums.ticket_id) as ticket_id,
    instances.metric,
    instances.elapsed_minutes,
    sums.minutes
from sla_instances as instances
full join sums
    on sums.source = instances.source
    and sums.ticket_id = instances.ticket_id
    and sums.metric = instances.metric
    and sums.instance = instances.instance
where (instances.is_breached and coalesce(abs(instances.elapsed_minutes - sums.minutes) > 1e-6, true))
    or (instances.is_breached is not true and sums.minutes is not null)

-- Whose the minutes of every breached clock are, from its begin to its end or now; they sum to elapsed_minutes. On hold
-- the partner team has the ticket and while it is pending the requester, all the time, where the clock runs then at all.
-- Otherwise it waits in its group's queue; a calendar clock runs on while that group is closed, which is `off-hours`.
-- grain: ticket, metric, clock and owner
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, metric, instance, owner
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column metric: what is measured, as in sla_instances [not_null]
-- column instance: the clock, as in sla_instances [not_null]
-- column owner: who had the minutes; `unowned queue` where the group or its tier is not known [not_null, accepted:
--   tier-1 queue, tier-2 queue, partner hold, requester, off-hours, unowned queue]
-- column business_line: the ticket's business line, or `unknown` [not_null]
-- column breached_on: the day on which the clock passed its target, in the account's zone [not_null]
-- column is_largest: this owner had the most of the clock's minutes; of two alike the first by name [not_null]
-- column minutes: how many of all minutes of the broken clock, those before its target included, this owner had [not_null]
-- metric minutes: Minutes of a breached clock by who had the ticket
-- trap minutes: all minutes of the clock, not only those after the breach
-- zendesk minutes: Zendesk does not split a breach
with pieces as (
    select
        instances.source,
        instances.ticket_id,
        instances.metric,
        instances.instance,
        instances.business_line,
        instances.breached_on,
        case
            when segments.status = 'hold' then 'partner hold'
            when segments.status = 'pending' then 'requester'
            when segments.tier = 1 then 'tier-1 queue'
            when segments.tier = 2 then 'tier-2 queue'
            else 'unowned queue'
        end as owner,
        segments.business_minutes as open_minutes,
        case when instances.clock = 'calendar' then segments.minutes - segments.business_minutes else 0 end
            as closed_minutes
    from sla_instances as instances
    join ticket_segments as segments
        on segments.source = instances.source
        and segments.ticket_id = instances.ticket_id
        and segments.started_at >= instances.activated_at
        and (instances.ended_at is null or segments.ended_at <= instances.ended_at)
    join sla_metrics as metrics on metrics.metric = instances.metric
    where instances.is_breached
        and (
            coalesce(segments.status, 'open') in ('new', 'open')
            or (segments.status = 'pending' and metrics.runs_while_pending)
            or (segments.status = 'hold' and metrics.runs_on_hold)
        )
),

parts as (
    select
        source,
        ticket_id,
        metric,
        instance,
        business_line,
        breached_on,
        owner,
        case
            when owner in ('partner hold', 'requester') then open_minutes + closed_minutes
            else open_minutes
        end as minutes
    from pieces
    union all
    select source, ticket_id, metric, instance, business_line, breached_on, 'off-hours', closed_minutes
    from pieces
    where owner not in ('partner hold', 'requester')
),

sums as (
    select
        source,
        ticket_id,
        metric,
        instance,
        business_line,
        breached_on,
        owner,
        sum(minutes) as minutes
    from parts
    group by source, ticket_id, metric, instance, business_line, breached_on, owner
    having sum(minutes) > 0
)

select
    source,
    ticket_id,
    metric,
    instance,
    owner,
    business_line,
    breached_on,
    minutes,
    row_number() over (
        partition by source, ticket_id, metric, instance
        order by minutes desc, owner
    ) = 1 as is_largest
from sums

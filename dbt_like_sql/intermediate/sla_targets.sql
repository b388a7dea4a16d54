-- The target of every service clock, and each other target it had before: the policy is chosen when the clock begins and
-- anew whenever the ticket's priority changes; the clock itself goes on. The policies that then hold and whose business
-- line, priority and channel are the ticket's or `any` compete. The one that the history says was applied to the ticket
-- last wins; else the one that names most of the three; of two alike the stricter one, and last the smaller id. A change
-- of the policies alone does not touch a running clock.
-- grain: ticket, clock and time at which a policy was chosen
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, metric, instance, applied_at
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column metric: what the clock measures [not_null]
-- column instance: the clock of this metric, as in sla_clocks [not_null]
-- column activated_at: when the clock began, UTC [not_null]
-- column ended_at: when it ended, UTC; empty while it is running or paused
-- column is_cancelled: the ticket was deleted before what the clock waits for had happened [not_null]
-- column applied_at: since when this target holds, UTC [not_null]
-- column applied_until: until when it held, UTC; empty for the present one
-- column is_last: it held when the clock ended, or holds now [not_null]
-- column priority: the ticket's priority at that time
-- column business_line: its business line, or `unknown` [not_null]
-- column channel: the channel it came in by [not_null]
-- column policy_id: the policy; empty where none had a target then
-- column target_minutes: its target
-- column clock: which minutes count [accepted: business, calendar]
with events as (
    select
        source,
        ticket_id,
        occurred_at,
        kind,
        from_value,
        to_value
    from stg_ticket_events
    where kind in ('priority_changed', 'sla_applied')
),

priority_changes as (
    select
        source,
        ticket_id
    from events
    where kind = 'priority_changed'
    group by source, ticket_id
),

priorities_in_order as (
    select
        segments.source,
        segments.ticket_id,
        segments.position,
        segments.started_at,
        segments.priority,
        lag(segments.priority) over (
            partition by segments.source, segments.ticket_id
            order by segments.position
        ) as priority_before
    from ticket_segments as segments
    join priority_changes as changes
        on changes.source = segments.source and changes.ticket_id = segments.ticket_id
),

priority_runs as (
    select
        source,
        ticket_id,
        started_at,
        lead(started_at) over (
            partition by source, ticket_id
            order by position
        ) as ended_at,
        priority
    from priorities_in_order
    where position = 1 or priority is distinct from priority_before
    union all
    select segments.source, segments.ticket_id, segments.started_at, null, segments.priority
    from ticket_segments as segments
    left join priority_changes as changes
        on changes.source = segments.source and changes.ticket_id = segments.ticket_id
    where segments.position = 1 and changes.ticket_id is null
),

choices as (
    select
        clocks.source,
        clocks.ticket_id,
        clocks.metric,
        clocks.instance,
        clocks.activated_at,
        clocks.ended_at,
        clocks.is_cancelled,
        greatest(clocks.activated_at, runs.started_at) as applied_at,
        runs.ended_at as applied_until,
        runs.priority,
        runs.ended_at is null
            or (clocks.ended_at is not null and runs.ended_at >= clocks.ended_at) as is_last,
        tickets.business_line,
        tickets.channel
    from sla_clocks as clocks
    join stg_tickets as tickets
        on tickets.source = clocks.source and tickets.ticket_id = clocks.ticket_id
    join priority_runs as runs
        on runs.source = clocks.source
        and runs.ticket_id = clocks.ticket_id
        and (runs.ended_at is null or runs.ended_at > clocks.activated_at)
        and (runs.started_at <= clocks.activated_at or clocks.ended_at is null or runs.started_at < clocks.ended_at)
),

kinds_of_choices as (
    select
        metric,
        business_line,
        coalesce(priority, '') as priority,
        channel
    from choices
    group by metric, business_line, coalesce(priority, ''), channel
),

candidates as (
    select
        kinds.metric,
        kinds.business_line,
        kinds.priority,
        kinds.channel,
        policies.policy_id,
        policies.target_minutes,
        policies.clock,
        policies.valid_from,
        policies.valid_to,
        row_number() over (
            partition by kinds.metric, kinds.business_line, kinds.priority, kinds.channel
            order by
                case when policies.business_line is null then 0 else 1 end
                    + case when policies.channel is null then 0 else 1 end
                    + case when policies.priority is null then 0 else 1 end desc,
                policies.target_minutes,
                policies.policy_id,
                policies.valid_from desc
        ) as place
    from kinds_of_choices as kinds
    join stg_sla_policies as policies
        on policies.metric = kinds.metric
        and coalesce(policies.business_line, kinds.business_line) = kinds.business_line
        and coalesce(policies.channel, kinds.channel) = kinds.channel
        and coalesce(policies.priority, kinds.priority) = kinds.priority
),

starts as (
    select metric, business_line, priority, channel, valid_from as held_from
    from candidates
    union
    select metric, business_line, priority, channel, valid_to
    from candidates
    where valid_to is not null
),

periods as (
    select
        metric,
        business_line,
        priority,
        channel,
        held_from,
        lead(held_from) over (
            partition by metric, business_line, priority, channel
            order by held_from
        ) as held_until
    from starts
),

-- Every policy's best target of a kind of ticket in each period, and the best of all.
held_targets as (
    select
        periods.metric,
        periods.business_line,
        periods.priority,
        periods.channel,
        periods.held_from,
        periods.held_until,
        candidates.policy_id,
        candidates.target_minutes,
        candidates.clock,
        candidates.place = min(candidates.place) over (
            partition by
                periods.metric, periods.business_line, periods.priority, periods.channel, periods.held_from
        ) as is_best
    from periods
    join candidates
        on candidates.metric = periods.metric
        and candidates.business_line = periods.business_line
        and candidates.priority = periods.priority
        and candidates.channel = periods.channel
        and candidates.valid_from <= periods.held_from
        and (candidates.valid_to is null or candidates.valid_to > periods.held_from)
    qualify row_number() over (
        partition by
            periods.metric, periods.business_line, periods.priority, periods.channel, periods.held_from,
            candidates.policy_id
        order by candidates.place
    ) = 1
),

policy_names as (
    select policy_id
    from stg_sla_policies
    group by policy_id
),

-- What the history says: the policy stands in either value, beside it perhaps the one metric it was applied for.
applied_policies as (
    select
        events.source,
        events.ticket_id,
        metrics.metric,
        arg_max(policy_names.policy_id, events.occurred_at) as policy_id
    from events
    join policy_names on policy_names.policy_id in (events.from_value, events.to_value)
    join sla_metrics as metrics
        on metrics.metric = events.to_value or events.to_value is null or events.to_value = policy_names.policy_id
    where events.kind = 'sla_applied'
    group by events.source, events.ticket_id, metrics.metric
)

select
    choices.source,
    choices.ticket_id,
    choices.metric,
    choices.instance,
    choices.activated_at,
    choices.ended_at,
    choices.is_cancelled,
    choices.applied_at,
    choices.applied_until,
    choices.is_last,
    choices.priority,
    choices.business_line,
    choices.channel,
    coalesce(named.policy_id, best.policy_id) as policy_id,
    coalesce(named.target_minutes, best.target_minutes) as target_minutes,
    coalesce(named.clock, best.clock) as clock
from choices
left join held_targets as best
    on best.metric = choices.metric
    and best.business_line = choices.business_line
    and best.priority = coalesce(choices.priority, '')
    and best.channel = choices.channel
    and best.is_best
    and best.held_from <= choices.applied_at
    and (best.held_until is null or best.held_until > choices.applied_at)
left join applied_policies as applied
    on applied.source = choices.source
    and applied.ticket_id = choices.ticket_id
    and applied.metric = choices.metric
left join held_targets as named
    on named.metric = choices.metric
    and named.business_line = choices.business_line
    and named.priority = coalesce(choices.priority, '')
    and named.channel = choices.channel
    and named.policy_id = applied.policy_id
    and named.held_from <= choices.applied_at
    and (named.held_until is null or named.held_until > choices.applied_at)

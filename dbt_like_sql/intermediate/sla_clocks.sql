-- The service clocks of every ticket: when each began and what ended it, for the metrics that any policy has a target of.
-- A clock begins and ends as in Zendesk. First reply: creation to the first public agent reply. Next reply: the first
-- unanswered reply of the requester to the next public agent reply. Pausable and periodic update: a public agent reply,
-- or a reopening, to the next public agent reply. Each of these ends when the ticket is solved before. Requester wait,
-- agent work and resolution: creation to the latest solving, one clock a ticket that goes on after a reopening and
-- leaves the solved time out. A ticket without any event has no clocks, and none that ends with a solving the history
-- does not tell, and no open one where its own status says that it is solved; replies are only timed where the source tells of replies, the others where it tells of the status.
-- grain: ticket and clock
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, metric, instance
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column metric: what is measured, as in stg_sla_policies [not_null]
-- column instance: 1 for the ticket's first clock of the metric, then counted up [not_null]
-- column activated_at: when it began, UTC [not_null]
-- column ended_at: when it ended, UTC; empty while it is running or paused
-- column is_cancelled: the ticket was deleted before what the clock waits for had happened [not_null]
with policy_metrics as (
    select metric
    from stg_sla_policies
    group by metric
),

known_tickets as (
    select
        metrics.source,
        metrics.ticket_id,
        metrics.created_at,
        metrics.first_reply_at,
        metrics.is_agent_created is null
            and metrics.first_reply_at is null
            and metrics.first_solved_at is null as is_perhaps_silent,
        coverage.has_replies,
        coverage.has_status_history,
        not coverage.has_resolution and metrics.status in ('solved', 'closed') as is_silently_solved
    from ticket_metrics as metrics
    join source_coverage as coverage on coverage.source = metrics.source
),

-- Only where nothing else tells of an event are the events themselves looked through.
heard_tickets as (
    select
        silent.source,
        silent.ticket_id
    from known_tickets as silent
    join stg_ticket_events as events
        on events.source = silent.source and events.ticket_id = silent.ticket_id
    where silent.is_perhaps_silent
    group by silent.source, silent.ticket_id
),

tickets as (
    select
        known.source,
        known.ticket_id,
        known.created_at,
        known.first_reply_at,
        known.has_replies,
        known.has_status_history,
        known.is_silently_solved
    from known_tickets as known
    left join heard_tickets as heard
        on heard.source = known.source and heard.ticket_id = known.ticket_id
    where not known.is_perhaps_silent or heard.ticket_id is not null
),

-- Where an update clock begins: at every public agent reply and, where a solving ended it, at the reopening.
update_starts as (
    select
        tickets.source,
        tickets.ticket_id,
        greatest(events.occurred_at, tickets.created_at) as started_at,
        true as is_reply
    from stg_ticket_events as events
    join tickets on tickets.source = events.source and tickets.ticket_id = events.ticket_id
    where events.kind = 'public_reply'
        and events.actor_kind = 'agent'
        and exists (select metric from policy_metrics where metric in ('pausable_update', 'periodic_update'))
    group by all
    union all
    select source, ticket_id, occurred_at, false
    from ticket_status_changes
    where change = 'reopened'
        and exists (select metric from policy_metrics where metric in ('pausable_update', 'periodic_update'))
),

updates as (
    select
        source,
        ticket_id,
        started_at,
        min(case when is_reply then started_at end) over (
            partition by source, ticket_id
            order by started_at, is_reply
            rows between 1 following and unbounded following
        ) as replied_at
    from update_starts
),

awaited_replies as (
    select 'first_reply' as metric, source, ticket_id, created_at as activated_at, first_reply_at as replied_at
    from tickets
    union all
    select 'next_reply', source, ticket_id, asked_at, replied_at
    from next_replies
    union all
    select policy_metrics.metric, updates.source, updates.ticket_id, updates.started_at, updates.replied_at
    from updates
    cross join policy_metrics
    where policy_metrics.metric in ('pausable_update', 'periodic_update')
),

-- The span in which the clock runs is the first that has not ended when it begins.
reply_clocks as (
    select
        awaited.metric,
        awaited.source,
        awaited.ticket_id,
        greatest(awaited.activated_at, min(spans.opened_at)) as activated_at,
        awaited.replied_at,
        min(spans.left_at) as left_at,
        arg_min(spans.left_as, spans.opened_at) as left_as,
        arg_min(spans.left_by_event, spans.opened_at) as left_by_event
    from awaited_replies as awaited
    join policy_metrics on policy_metrics.metric = awaited.metric
    join tickets
        on tickets.source = awaited.source and tickets.ticket_id = awaited.ticket_id and tickets.has_replies
    join ticket_open_spans as spans
        on spans.source = awaited.source
        and spans.ticket_id = awaited.ticket_id
        and (
            spans.left_at is null
            or spans.left_at > awaited.activated_at
            or (spans.left_at = awaited.activated_at and awaited.metric = 'first_reply')
        )
        and (spans.opened_at <= awaited.activated_at or awaited.metric = 'next_reply')
    where awaited.replied_at is not null or not tickets.is_silently_solved
    group by awaited.metric, awaited.source, awaited.ticket_id, awaited.activated_at, awaited.replied_at
),

lifetimes as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at,
        case when count(*) = count(spans.left_at) then max(spans.left_at) end as left_at,
        arg_max(spans.left_as, spans.opened_at) as left_as,
        arg_max(spans.left_by_event, spans.opened_at) as left_by_event
    from ticket_open_spans as spans
    join tickets
        on tickets.source = spans.source and tickets.ticket_id = spans.ticket_id and tickets.has_status_history
    group by tickets.source, tickets.ticket_id, tickets.created_at
),

clocks as (
    select
        source,
        ticket_id,
        metric,
        activated_at,
        least(replied_at, left_at) as ended_at,
        left_as = 'deleted' and (replied_at is null or replied_at > left_at) as is_cancelled
    from reply_clocks
    where (left_as = 'solved' and not left_by_event and (replied_at is null or replied_at > left_at)) is not true
    union all
    select
        lifetimes.source,
        lifetimes.ticket_id,
        policy_metrics.metric,
        lifetimes.created_at,
        lifetimes.left_at,
        lifetimes.left_at is not null and lifetimes.left_as = 'deleted'
    from lifetimes
    join policy_metrics on policy_metrics.metric in ('requester_wait', 'agent_work', 'resolution')
    where (lifetimes.left_at is not null and lifetimes.left_as = 'solved' and not lifetimes.left_by_event) is not true
)

select
    source,
    ticket_id,
    metric,
    row_number() over (
        partition by source, ticket_id, metric
        order by activated_at
    ) as instance,
    activated_at,
    ended_at,
    coalesce(is_cancelled, false) as is_cancelled
from clocks
where ended_at is null or ended_at > activated_at or metric not in ('next_reply', 'pausable_update', 'periodic_update')

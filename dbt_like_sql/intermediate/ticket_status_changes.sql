-- Every time a ticket entered or left the backlog, until the run's date: created, solved, reopened, deleted.
-- A change that changes nothing is left out: solving a ticket that is solved (closing it later, say), deleting one
-- that is solved, solving and reopening within one update. An event before the creation counts at the creation. Where
-- the history does not end in the ticket's present status, the missing change is added.
-- grain: ticket and change, in order
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, position
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column position: 1 for the creation, then counted up [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column change: what happened [not_null, accepted: created, solved, reopened, deleted]
-- column occurred_at: when, UTC. A ticket that is solved or closed though its history does not say so left at its
--   reported solved time, else its reported closed time, else its last update; a deleted one without a deleted event, and one
--   that is open though its history ends solved, changed at its last update. Where a source never says when it
--   solves, its tickets have no solved change [not_null]
-- column occurred_on: the day in the account's zone [not_null]
-- column is_from_event: false where the time is taken from the ticket's own columns [not_null]
with instants as (
    select
        tickets.source,
        tickets.ticket_id,
        greatest(events.occurred_at, tickets.created_at) as occurred_at,
        count(*) filter (where events.kind = 'solved') as solves,
        count(*) filter (where events.kind = 'reopened') as reopenings,
        count(*) filter (where events.kind = 'deleted') as deletions
    from stg_ticket_events as events
    join stg_tickets as tickets
        on tickets.source = events.source and tickets.ticket_id = events.ticket_id
    where events.kind in ('solved', 'reopened', 'deleted')
    group by tickets.source, tickets.ticket_id, greatest(events.occurred_at, tickets.created_at)
),

recorded as (
    select
        source,
        ticket_id,
        occurred_at,
        case
            when deletions > 0 then 'deleted'
            when solves > reopenings then 'solved'
            else 'reopened'
        end as change
    from instants
    where deletions > 0 or solves <> reopenings
),

last_recorded as (
    select
        source,
        ticket_id,
        max(occurred_at) as changed_at,
        arg_max(change, occurred_at) as change,
        bool_or(change = 'deleted') as is_deleted
    from recorded
    group by source, ticket_id
),

tickets_and_histories as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.status,
        tickets.created_at,
        coalesce(last_recorded.changed_at, tickets.created_at) as changed_at,
        tickets.updated_at,
        coalesce(tickets.reported_solved_at, tickets.reported_closed_at) as reported_at,
        coalesce(last_recorded.change = 'reopened', true) as ends_open,
        coalesce(last_recorded.change = 'solved', false) as ends_solved,
        coalesce(last_recorded.is_deleted, false) as is_deleted,
        coverage.has_resolution
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source
    left join last_recorded
        on last_recorded.source = tickets.source and last_recorded.ticket_id = tickets.ticket_id
),

-- The sequence orders changes of one instant: what is added follows what is recorded.
changes as (
    select source, ticket_id, created_at as occurred_at, 0 as sequence, 'created' as change, false as is_from_event
    from tickets_and_histories
    union all
    select source, ticket_id, occurred_at, 1, change, true
    from recorded
    union all
    select
        source,
        ticket_id,
        greatest(changed_at, case when reported_at >= changed_at then reported_at else updated_at end),
        2,
        'solved',
        false
    from tickets_and_histories
    where has_resolution
        and ends_open
        and (status in ('solved', 'closed') or (status = 'deleted' and reported_at >= changed_at))
    union all
    select source, ticket_id, greatest(changed_at, updated_at), 2, 'reopened', false
    from tickets_and_histories
    where ends_solved and status not in ('solved', 'closed', 'deleted')
    union all
    select source, ticket_id, greatest(changed_at, updated_at), 3, 'deleted', false
    from tickets_and_histories
    where status = 'deleted' and not is_deleted
),

in_order as (
    select
        source,
        ticket_id,
        occurred_at,
        sequence,
        change,
        is_from_event,
        change in ('created', 'reopened') as is_open,
        lag(change in ('created', 'reopened')) over (
            partition by source, ticket_id
            order by occurred_at, sequence
        ) as was_open
    from changes
)

select
    in_order.source,
    in_order.ticket_id,
    row_number() over (
        partition by in_order.source, in_order.ticket_id
        order by in_order.occurred_at, in_order.sequence
    ) as position,
    tickets.business_line,
    in_order.change,
    in_order.occurred_at,
    cast(in_order.occurred_at at time zone 'UTC' at time zone account.time_zone as date) as occurred_on,
    in_order.is_from_event
from in_order
join stg_tickets as tickets
    on tickets.source = in_order.source and tickets.ticket_id = in_order.ticket_id
cross join stg_account as account
where in_order.is_open is distinct from in_order.was_open
    and in_order.occurred_at <= account.as_of

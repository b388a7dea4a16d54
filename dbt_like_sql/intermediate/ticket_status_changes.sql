-- Every time a ticket entered or left the backlog, until the run's date: created, solved, reopened, deleted.
-- A change that changes nothing is left out: solving a ticket that is solved (closing it later, say), deleting one
-- that is solved, solving and reopening within one update. An event before the creation counts at the creation.
-- grain: ticket and change
-- owner: team:support-analytics
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column change: what happened [not_null, accepted: created, solved, reopened, deleted]
-- column occurred_at: when, UTC. A ticket that is solved or closed but has no solved event left at its reported solved
--   time, else its reported closed time, else its last update; a deleted one without a deleted event at its last
--   update. Where a source never says when it solves, its tickets have no solved change [not_null]
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

histories as (
    select
        source,
        ticket_id,
        sum(solves) > 0 as has_solve,
        sum(deletions) > 0 as has_deletion
    from instants
    group by source, ticket_id
),

-- What only the ticket's own columns say; the sequence orders changes of one instant.
columns_only as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at,
        case
            when coverage.has_resolution
                and tickets.status in ('solved', 'closed', 'deleted')
                and not coalesce(histories.has_solve, false)
                then coalesce(
                    tickets.reported_solved_at,
                    tickets.reported_closed_at,
                    case when tickets.status <> 'deleted' then tickets.updated_at end
                )
        end as solved_at,
        case
            when tickets.status = 'deleted' and not coalesce(histories.has_deletion, false)
                then tickets.updated_at
        end as deleted_at
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source
    left join histories
        on histories.source = tickets.source and histories.ticket_id = tickets.ticket_id
),

changes as (
    select source, ticket_id, created_at as occurred_at, 0 as sequence, 'created' as change, false as is_from_event
    from columns_only
    union all
    select source, ticket_id, greatest(created_at, solved_at), 1, 'solved', false
    from columns_only
    where solved_at is not null
    union all
    select source, ticket_id, greatest(created_at, deleted_at), 2, 'deleted', false
    from columns_only
    where deleted_at is not null
    union all
    select
        source,
        ticket_id,
        occurred_at,
        1,
        case
            when deletions > 0 then 'deleted'
            when solves > reopenings then 'solved'
            else 'reopened'
        end,
        true
    from instants
    where deletions > 0 or solves <> reopenings
),

in_order as (
    select
        source,
        ticket_id,
        occurred_at,
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

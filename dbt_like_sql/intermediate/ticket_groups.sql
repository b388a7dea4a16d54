-- Which group owned a ticket when, by its history, with the tier and vendor the group had at that time. A ticket
-- without any group change belongs to its present group from its creation; one whose first change is later than the
-- run's date, to the group that change takes it from.
-- grain: ticket and owner, in order
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, position
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column position: 1 for the first owner, then counted up [not_null]
-- column group_id: the owning group [not_null]
-- column owned_from: when its ownership began, UTC [not_null]
-- column owned_until: when the ticket was moved on, UTC; empty for the present owner
-- column tier: the group's tier at owned_from by the groups table; empty where that does not say [accepted: 1, 2]
-- column vendor: the group's vendor at owned_from, or `inhouse`; empty where the groups table does not say
-- column is_escalation: this owner is in tier 2 and the one before was in tier 1 [not_null]
with moves as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at,
        greatest(events.occurred_at, tickets.created_at) as moved_at,
        events.from_value as from_group_id,
        events.to_value as to_group_id,
        row_number() over (
            partition by tickets.source, tickets.ticket_id
            order by events.occurred_at, length(events.event_id), events.event_id
        ) as move
    from raw.ticket_events as events
    join stg_tickets as tickets
        on tickets.source = events.source and tickets.ticket_id = events.ticket_id
    where events.kind = 'group_changed'
),

never_moved as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at,
        tickets.group_id
    from stg_tickets as tickets
    left join moves
        on moves.source = tickets.source and moves.ticket_id = tickets.ticket_id and moves.move = 1
    where moves.ticket_id is null
),

owners as (
    select source, ticket_id, 0 as move, group_id, created_at as owned_from
    from never_moved
    union all
    select source, ticket_id, 0, from_group_id, created_at
    from moves
    where move = 1 and from_group_id is not null
    union all
    select source, ticket_id, move, to_group_id, moved_at
    from moves
),

ownerships as (
    select
        owners.source,
        owners.ticket_id,
        owners.move,
        owners.group_id,
        owners.owned_from,
        lead(owners.owned_from) over (
            partition by owners.source, owners.ticket_id
            order by owners.move
        ) as owned_until
    from owners
),

tiers as (
    select
        ownerships.source,
        ownerships.ticket_id,
        ownerships.move,
        ownerships.group_id,
        ownerships.owned_from,
        case when ownerships.owned_until <= account.as_of then ownerships.owned_until end as owned_until,
        group_versions.tier,
        group_versions.vendor
    from ownerships
    cross join stg_account as account
    left join group_versions
        on group_versions.group_id = ownerships.group_id
        and group_versions.valid_from <= ownerships.owned_from
        and (group_versions.valid_until is null or group_versions.valid_until > ownerships.owned_from)
    where ownerships.group_id is not null and ownerships.owned_from <= account.as_of
)

select
    source,
    ticket_id,
    row_number() over in_order as position,
    group_id,
    owned_from,
    owned_until,
    tier,
    vendor,
    coalesce(tier = 2 and lag(tier) over in_order = 1, false) as is_escalation
from tiers
window in_order as (
    partition by source, ticket_id
    order by move
)

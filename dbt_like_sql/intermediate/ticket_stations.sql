-- The groups each ticket went through, in order, how it came to each and how long it was there unsolved. Business
-- minutes are those of the group's schedule; a group without one is always open.
-- grain: ticket and station, in order
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, position
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column position: 1 for the first group, then counted up [not_null]
-- column group_id: the group [not_null]
-- column tier: its tier at owned_from; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: its vendor at owned_from, or `inhouse`; empty where the groups table does not say
-- column from_group_id: the group it came from; empty for the first
-- column from_tier: that group's tier when it took the ticket over
-- column from_vendor: that group's vendor then
-- column minutes_before: calendar minutes it had been unsolved there; empty where the source never says when it solves
-- column owned_from: when the ticket came, UTC [not_null]
-- column owned_until: when it was moved on, UTC; empty for the present group
-- column came_by: first for the first group; escalated from tier 1 to tier 2, returned from tier 2 to tier 1, else moved
--   [not_null, accepted: first, escalated, returned, moved]
-- column minutes: calendar minutes there while new, open, pending or on hold; empty where the source never says when it
--   solves
-- column business_minutes: the same in business minutes
-- column hold_minutes: minutes of these on hold: waiting for a partner team or another third party; empty where the
--   source has no history of the status
with stays as (
    select
        owners.source,
        owners.ticket_id,
        owners.position,
        sum(segments.minutes) as minutes,
        sum(segments.business_minutes) as business_minutes,
        sum(segments.minutes) filter (where segments.status = 'hold') as hold_minutes
    from ticket_groups as owners
    join ticket_segments as segments
        on segments.source = owners.source
        and segments.ticket_id = owners.ticket_id
        and segments.started_at >= owners.owned_from
        and (owners.owned_until is null or segments.started_at < owners.owned_until)
    where segments.status is null or segments.status in ('new', 'open', 'pending', 'hold')
    group by owners.source, owners.ticket_id, owners.position
),

stations as (
    select
        owners.source,
        owners.ticket_id,
        owners.position,
        owners.group_id,
        owners.tier,
        owners.vendor,
        owners.owned_from,
        owners.owned_until,
        owners.is_escalation,
        case when coverage.has_resolution then coalesce(stays.minutes, 0) end as minutes,
        case when coverage.has_resolution then coalesce(stays.business_minutes, 0) end as business_minutes,
        case when coverage.has_status_history then coalesce(stays.hold_minutes, 0) end as hold_minutes
    from ticket_groups as owners
    join source_coverage as coverage on coverage.source = owners.source
    left join stays
        on stays.source = owners.source and stays.ticket_id = owners.ticket_id and stays.position = owners.position
)

select
    source,
    ticket_id,
    position,
    group_id,
    tier,
    vendor,
    lag(group_id) over former as from_group_id,
    lag(tier) over former as from_tier,
    lag(vendor) over former as from_vendor,
    lag(minutes) over former as minutes_before,
    owned_from,
    owned_until,
    case
        when position = 1 then 'first'
        when is_escalation then 'escalated'
        when tier = 1 and lag(tier) over former = 2 then 'returned'
        else 'moved'
    end as came_by,
    minutes,
    business_minutes,
    hold_minutes
from stations
window former as (partition by source, ticket_id order by position)

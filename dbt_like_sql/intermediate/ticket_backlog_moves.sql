-- What moved each ticket into, within and out of the backlog, and from or to whom: what backlog_flow_days adds up. Who
-- has a ticket is the tier and vendor of its group; handing it on within them moves nothing. A ticket that gets its first
-- group on the day it was created belongs to it from the start. Tickets of a source that never says when it solves are
-- left out.
-- grain: ticket and movement
-- owner: team:support-analytics
-- incremental: ticket
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column date: the day it moved, in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column movement: what happened; a handing on has two rows, moved out and moved in
--   [not_null, accepted: created, reopened, moved in, moved out, solved, deleted]
-- column tier: tier of who it came to or went from; `unknown` without a group or where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column vendor: vendor of who it came to or went from, `inhouse`, or `unknown` [not_null]
with spans as (
    select
        spans.source,
        spans.ticket_id,
        spans.business_line,
        row_number() over (partition by spans.source, spans.ticket_id order by spans.opened_at) as span,
        spans.opened_at,
        spans.opened_on,
        spans.left_at,
        spans.left_on,
        spans.left_as
    from ticket_open_spans as spans
    join source_coverage as coverage on coverage.source = spans.source and coverage.has_resolution
),

-- Each stay with a group is cut where the group's row in the groups table changes.
stays as (
    select
        owners.source,
        owners.ticket_id,
        greatest(owners.owned_from, coalesce(versions.valid_from, owners.owned_from)) as from_at,
        least(owners.owned_until, versions.valid_until) as until_at,
        versions.tier,
        versions.vendor
    from ticket_groups as owners
    join group_versions as versions
        on versions.group_id = owners.group_id
        and (versions.valid_until is null or versions.valid_until > owners.owned_from)
        and (owners.owned_until is null or versions.valid_from < owners.owned_until)
    where owners.owned_until is null or owners.owned_until > owners.owned_from
),

with_neighbours as (
    select
        stays.source,
        stays.ticket_id,
        stays.from_at,
        stays.until_at,
        cast(stays.tier as varchar) as tier,
        stays.vendor,
        lag(stays.until_at) over in_order as former_until,
        lag(cast(stays.tier as varchar)) over in_order as former_tier,
        lag(stays.vendor) over in_order as former_vendor,
        lead(stays.from_at) over in_order as next_from
    from stays
    window in_order as (partition by stays.source, stays.ticket_id order by stays.from_at)
),

owned as (
    select
        stays.source,
        stays.ticket_id,
        case
            when stays.former_until is null
                and stays.from_at > tickets.created_at
                and cast(stays.from_at at time zone 'UTC' at time zone account.time_zone as date) = tickets.created_on
                then tickets.created_at
            else stays.from_at
        end as from_at,
        stays.until_at,
        stays.tier,
        stays.vendor,
        stays.former_until,
        stays.former_tier,
        stays.former_vendor,
        stays.next_from
    from with_neighbours as stays
    join stg_tickets as tickets on tickets.source = stays.source and tickets.ticket_id = stays.ticket_id
    cross join stg_account as account
),

owner_changes as (
    select
        source,
        ticket_id,
        from_at as changed_at,
        case when former_until = from_at then former_tier else 'unknown' end as from_tier,
        case when former_until = from_at then former_vendor else 'unknown' end as from_vendor,
        tier as to_tier,
        vendor as to_vendor
    from owned
    union all
    select
        source,
        ticket_id,
        until_at,
        tier,
        vendor,
        'unknown',
        'unknown'
    from owned
    where until_at is not null and next_from is distinct from until_at
),

moves as (
    select
        spans.source,
        spans.ticket_id,
        spans.business_line,
        cast(changes.changed_at at time zone 'UTC' at time zone account.time_zone as date) as date,
        changes.from_tier,
        changes.from_vendor,
        changes.to_tier,
        changes.to_vendor
    from owner_changes as changes
    join spans
        on spans.source = changes.source
        and spans.ticket_id = changes.ticket_id
        and spans.opened_at < changes.changed_at
        and (spans.left_at is null or spans.left_at > changes.changed_at)
    cross join stg_account as account
    where changes.from_tier <> changes.to_tier or changes.from_vendor <> changes.to_vendor
),

-- A ticket comes to who has it from then on, and goes from who had it until then.
ends as (
    select
        spans.source,
        spans.ticket_id,
        spans.business_line,
        spans.opened_on,
        spans.span = 1 as is_creation,
        coalesce(entered.tier, 'unknown') as entered_tier,
        coalesce(entered.vendor, 'unknown') as entered_vendor,
        spans.left_on,
        spans.left_as,
        coalesce(case when spans.left_at > spans.opened_at then left_from.tier else entered.tier end, 'unknown')
            as left_tier,
        coalesce(case when spans.left_at > spans.opened_at then left_from.vendor else entered.vendor end, 'unknown')
            as left_vendor
    from spans
    left join owned as entered
        on entered.source = spans.source
        and entered.ticket_id = spans.ticket_id
        and entered.from_at <= spans.opened_at
        and (entered.until_at is null or entered.until_at > spans.opened_at)
    left join owned as left_from
        on left_from.source = spans.source
        and left_from.ticket_id = spans.ticket_id
        and left_from.from_at < spans.left_at
        and (left_from.until_at is null or left_from.until_at >= spans.left_at)
)

select
    source,
    ticket_id,
    opened_on as date,
    business_line,
    case when is_creation then 'created' else 'reopened' end as movement,
    entered_tier as tier,
    entered_vendor as vendor
from ends
union all
select
    source,
    ticket_id,
    left_on,
    business_line,
    left_as,
    left_tier,
    left_vendor
from ends
where left_on is not null
union all
select
    source,
    ticket_id,
    date,
    business_line,
    'moved in',
    to_tier,
    to_vendor
from moves
union all
select
    source,
    ticket_id,
    date,
    business_line,
    'moved out',
    from_tier,
    from_vendor
from moves

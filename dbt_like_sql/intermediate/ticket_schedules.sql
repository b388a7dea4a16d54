-- Whose hours count for a ticket, and since when: those of the group that owns it, by the version of the group that
-- holds then; before a group's first version, by the schedule of that one. While no group owns it, the schedule its
-- former group had when it gave the ticket away counts, and before the first one that one's. A new version of a group
-- does not matter to a ticket that is solved, closed or deleted for good, since no clock runs then.
-- grain: ticket and stretch of one version of one owner, in order
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, stretch
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column stretch: 1 for the first stretch, then counted up; of several at one instant the last is the one that holds
--   [not_null]
-- column created_at: when the ticket was created, UTC [not_null]
-- column held_from: when the stretch begins, UTC; the next one's beginning ends it [not_null]
-- column group_id: the group that owns the ticket; empty while none does
-- column tier: the group's tier by that version; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: the group's vendor by that version, or `inhouse`
-- column schedule_id: the schedule that counts; empty: always open
-- column last_schedule_id: the schedule that counted when the ticket was last solved or deleted, or that counts now;
--   empty: always open
-- column clock_offset: what to add to that schedule's clock (the minutes since the creation where it is always open) to
--   have the business minutes since the creation, each schedule while it applied [not_null]
-- column last_clock_offset: the same for the clock of the last schedule and that schedule's minutes alone [not_null]
-- Version 0: the time before the first one. Whose the group was then is not known, but it had hours, and most likely
-- these.
with versions as (
    select group_id, version, valid_from, valid_until, tier, vendor, schedule_id
    from group_versions
    union all
    select group_id, 0, timestamp '0001-01-01', valid_from, null, null, schedule_id
    from group_versions
    where version = 1
),

owners as (
    select
        ticket_groups.source,
        ticket_groups.ticket_id,
        ticket_groups.position,
        ticket_groups.group_id,
        ticket_groups.owned_from,
        ticket_groups.owned_until,
        lead(ticket_groups.owned_from) over (
            partition by ticket_groups.source, ticket_groups.ticket_id
            order by ticket_groups.position
        ) as next_owned_from,
        coalesce(versions.version, -1) as version
    from ticket_groups
    left join versions
        on versions.group_id = ticket_groups.group_id
        and versions.valid_from <= ticket_groups.owned_from
        and (versions.valid_until is null or versions.valid_until > ticket_groups.owned_from)
),

-- Of a source that never says when it solves: solved by the ticket's own word.
silently_solved as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.updated_at
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source and not coverage.has_resolution
    join stg_account as account on tickets.updated_at <= account.as_of
    where tickets.status in ('solved', 'closed')
),

rests as (
    select
        changes.source,
        changes.ticket_id,
        case
            when arg_max(changes.change, changes.position) in ('solved', 'deleted') then max(changes.occurred_at)
            when any_value(silent.ticket_id) is not null
                then greatest(max(changes.occurred_at), any_value(silent.updated_at))
        end as rests_from
    from ticket_status_changes as changes
    left join silently_solved as silent
        on silent.source = changes.source and silent.ticket_id = changes.ticket_id
    group by changes.source, changes.ticket_id
),

-- Version -1: the group has ended, or its next version is still to come.
version_changes as (
    select versions.group_id, versions.valid_from as changed_at, versions.version
    from group_versions as versions
    join stg_account as account on versions.valid_from <= account.as_of
    union all
    select versions.group_id, versions.valid_until, -1
    from group_versions as versions
    join stg_account as account on versions.valid_until <= account.as_of
),

starts as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at as held_from,
        0 as position,
        first_owners.group_id,
        first_owners.version,
        false as is_owned
    from stg_tickets as tickets
    left join owners as first_owners
        on first_owners.source = tickets.source
        and first_owners.ticket_id = tickets.ticket_id
        and first_owners.position = 1
    where first_owners.owned_from is null or first_owners.owned_from > tickets.created_at
    union all
    select source, ticket_id, owned_from, position, group_id, version, true
    from owners
    union all
    select
        owners.source, owners.ticket_id, owners.owned_until, owners.position,
        owners.group_id, coalesce(versions.version, -1), false
    from owners
    left join versions
        on versions.group_id = owners.group_id
        and versions.valid_from <= owners.owned_until
        and (versions.valid_until is null or versions.valid_until > owners.owned_until)
    where owners.owned_until is not null
        and (owners.next_owned_from is null or owners.next_owned_from > owners.owned_until)
    union all
    select
        owners.source, owners.ticket_id, versions.changed_at, owners.position,
        owners.group_id, versions.version, true
    from owners
    join version_changes as versions
        on versions.group_id = owners.group_id
        and versions.changed_at > owners.owned_from
        and (owners.owned_until is null or versions.changed_at < owners.owned_until)
    left join rests
        on rests.source = owners.source and rests.ticket_id = owners.ticket_id
    where rests.rests_from is null or versions.changed_at < rests.rests_from
),

stretches as (
    select
        starts.source,
        starts.ticket_id,
        row_number() over in_order as stretch,
        tickets.created_at,
        starts.held_from,
        lead(starts.held_from) over in_order as held_until,
        case when starts.is_owned then starts.group_id end as group_id,
        case when starts.is_owned then versions.tier end as tier,
        case when starts.is_owned then versions.vendor end as vendor,
        versions.schedule_id,
        nullif(
            last_value(
                case
                    -- Moved and solved in one update: the new group solved it.
                    when rests.rests_from is null or starts.held_from <= rests.rests_from
                        then coalesce(versions.schedule_id, '')
                end ignore nulls
            ) over whole_life,
            ''
        ) as last_schedule_id
    from starts
    join stg_tickets as tickets
        on tickets.source = starts.source and tickets.ticket_id = starts.ticket_id
    join rests
        on rests.source = starts.source and rests.ticket_id = starts.ticket_id
    left join versions
        on versions.group_id = starts.group_id and versions.version = starts.version
    -- A group that gave the ticket away at the instant it got it no longer owns it.
    window
        in_order as (
            partition by starts.source, starts.ticket_id
            order by starts.held_from, starts.position, not starts.is_owned, starts.version
        ),
        whole_life as (
            partition by starts.source, starts.ticket_id
            order by starts.held_from, starts.position, not starts.is_owned, starts.version
            rows between unbounded preceding and unbounded following
        )
),

clocks as (
    select
        stretches.source,
        stretches.ticket_id,
        stretches.stretch,
        stretches.created_at,
        stretches.held_from,
        stretches.group_id,
        stretches.tier,
        stretches.vendor,
        stretches.schedule_id,
        stretches.last_schedule_id,
        case
            when stretches.schedule_id is null
                then date_diff('second', stretches.created_at, stretches.held_from) / 60.0
            else began.minutes_before
                + case
                    when began.is_open then date_diff('second', began.piece_from, stretches.held_from) / 60.0
                    else 0
                end
        end as clock_from,
        case
            when stretches.schedule_id is null
                then date_diff('second', stretches.created_at, stretches.held_until) / 60.0
            else ended.minutes_before
                + case
                    when ended.is_open then date_diff('second', ended.piece_from, stretches.held_until) / 60.0
                    else 0
                end
        end as clock_until,
        case
            when stretches.last_schedule_id is null then 0
            else created.minutes_before
                + case
                    when created.is_open then date_diff('second', created.piece_from, stretches.created_at) / 60.0
                    else 0
                end
        end as last_clock_created
    from stretches
    left join business_clock as began
        on began.schedule_id = stretches.schedule_id
        and began.hour = date_trunc('hour', stretches.held_from)
        and began.piece_from <= stretches.held_from
        and began.piece_until > stretches.held_from
    left join business_clock as ended
        on ended.schedule_id = stretches.schedule_id
        and ended.hour = date_trunc('hour', stretches.held_until)
        and ended.piece_from <= stretches.held_until
        and ended.piece_until > stretches.held_until
    left join business_clock as created
        on created.schedule_id = stretches.last_schedule_id
        and created.hour = date_trunc('hour', stretches.created_at)
        and created.piece_from <= stretches.created_at
        and created.piece_until > stretches.created_at
)

select
    source,
    ticket_id,
    stretch,
    created_at,
    held_from,
    group_id,
    tier,
    vendor,
    schedule_id,
    last_schedule_id,
    coalesce(
        sum(clock_until - clock_from) over (
            partition by source, ticket_id
            order by stretch
            rows between unbounded preceding and 1 preceding
        ),
        0
    ) - clock_from as clock_offset,
    -last_clock_created as last_clock_offset
from clocks

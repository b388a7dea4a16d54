-- The life of every ticket in pieces in which nothing that a clock depends on changes: cut at its creation, at every
-- change of its status, priority or group, where its group's row in the groups table changes while it is unsolved, and
-- at every public reply. Sums over whole pieces give every time metric. An event before the creation counts at the
-- creation; of two changes of one thing at one instant the later id wins, whatever the order in which they came.
-- Business minutes are those of the group's schedule; a group without one is always open, and so is a ticket that never
-- had a group. While a ticket has no group, its former group's schedule counts, else its first one's.
-- grain: ticket and segment, in order
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, position
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column position: 1 for the first segment, then counted up [not_null]
-- column started_at: when it began, UTC [not_null]
-- column ended_at: when it ended, UTC; the run's date for the segment that lasts, but its own beginning where the
--   ticket is solved, closed or deleted, since no clock runs any more [not_null]
-- column is_current: it is the one that lasts; a ticket has exactly one [not_null]
-- column status: the ticket's status in it; empty while it is unsolved where the source has no history of the status
--   [accepted: new, open, pending, hold, solved, closed, deleted]
-- column priority: its priority in it, by the changes the history records, else the present one
--   [accepted: low, normal, high, urgent]
-- column group_id: the group that owns it; empty while none does
-- column tier: that group's tier at that time; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: that group's vendor at that time, or `inhouse`; empty where the groups table does not say
-- column schedule_id: the schedule that counts; empty: always open
-- column minutes: calendar minutes [not_null]
-- column business_minutes: minutes in which that schedule was open [not_null]
-- column business_minutes_last: the same by the ticket's last schedule for its whole life: the one that counted when it
--   was last solved or deleted, or that counts now [not_null]
-- column business_before: business_minutes of all segments before this one [not_null]
-- column business_before_last: business_minutes_last of all segments before this one [not_null]
with owners as (
    select
        ticket_groups.source,
        ticket_groups.ticket_id,
        ticket_groups.position,
        ticket_groups.group_id,
        ticket_groups.owned_from,
        ticket_groups.owned_until,
        coalesce(versions.version, 0) as version
    from ticket_groups
    left join group_versions as versions
        on versions.group_id = ticket_groups.group_id
        and versions.valid_from <= ticket_groups.owned_from
        and (versions.valid_until is null or versions.valid_until > ticket_groups.owned_from)
),

creations as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at as cut_at,
        tickets.priority as present_priority,
        case
            when not coverage.has_status_history then null
            when tickets.status in ('new', 'open', 'pending', 'hold') then tickets.status
            else 'open'
        end as present_status,
        first_owners.group_id,
        first_owners.version,
        first_owners.owned_from <= tickets.created_at as is_owned
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source
    left join owners as first_owners
        on first_owners.source = tickets.source
        and first_owners.ticket_id = tickets.ticket_id
        and first_owners.position = 1
),

-- What the history says, later events too: what a status or priority was before a change is known from the change.
changes as (
    select
        tickets.source,
        tickets.ticket_id,
        greatest(events.occurred_at, tickets.created_at) as cut_at,
        events.event_id,
        case
            when events.kind = 'deleted' or events.to_value = 'deleted' then 'deleted'
            when events.kind = 'solved' then coalesce(events.to_value, 'solved')
            when events.kind = 'reopened' then coalesce(events.to_value, 'open')
            when events.kind = 'status_changed' then events.to_value
            when events.kind = 'created' and coverage.has_status_history then events.to_value
        end as to_status,
        case when events.kind in ('status_changed', 'solved', 'deleted') then events.from_value end as from_status,
        -- A priority that was empty is a value, too.
        case when events.kind = 'priority_changed' then coalesce(events.to_value, '') end as to_priority,
        case when events.kind = 'priority_changed' then coalesce(events.from_value, '') end as from_priority,
        case
            when events.kind = 'deleted' then 3
            when events.kind = 'status_changed' then 2
            else 1
        end as rank
    from raw.ticket_events as events
    join stg_tickets as tickets
        on tickets.source = events.source and tickets.ticket_id = events.ticket_id
    join source_coverage as coverage on coverage.source = events.source
    where events.kind in
        ('created', 'status_changed', 'solved', 'reopened', 'deleted', 'priority_changed', 'public_reply')
),

-- Since when a ticket is solved, closed or deleted for good: no clock runs then, so no new version of a group matters.
rests as (
    select
        source,
        ticket_id,
        max(occurred_at) as rests_from
    from ticket_status_changes
    group by source, ticket_id
    having arg_max(change, position) in ('solved', 'deleted')
),

-- Version 0: the group has ended, or its next version is still to come.
version_changes as (
    select group_id, valid_from as changed_at, version
    from group_versions
    union all
    select group_id, valid_until, 0
    from group_versions
    where valid_until is not null
),

-- Of one instant the later rank wins, then the later id; numbers in ids count by their length first.
cuts as (
    select
        source,
        ticket_id,
        cut_at,
        0 as rank,
        0 as sequence,
        '' as event_id,
        cast(null as boolean) as is_unsolved,
        cast(null as varchar) as to_status,
        cast(null as varchar) as from_status,
        cast(null as varchar) as to_priority,
        cast(null as varchar) as from_priority,
        group_id,
        version,
        coalesce(is_owned, false) as is_owned,
        present_status,
        present_priority
    from creations
    union all
    select
        source, ticket_id, cut_at, rank, length(event_id), event_id,
        null, to_status, from_status, to_priority, from_priority, null, null, null, null, null
    from changes
    union all
    select
        source, ticket_id, occurred_at, 4, 0, '', change in ('created', 'reopened'),
        case when not is_from_event and change <> 'created' then replace(change, 'reopened', 'open') end,
        null, null, null, null, null, null, null, null
    from ticket_status_changes
    union all
    select
        source, ticket_id, owned_until, 5, position, '',
        null, null, null, null, null, null, null, false, null, null
    from owners
    where owned_until is not null
    union all
    select
        source, ticket_id, owned_from, 6, position, '',
        null, null, null, null, null, group_id, version, true, null, null
    from owners
    union all
    select
        owners.source, owners.ticket_id, versions.changed_at, 7, versions.version, '',
        null, null, null, null, null, null, versions.version, null, null, null
    from owners
    join version_changes as versions
        on versions.group_id = owners.group_id
        and versions.changed_at > owners.owned_from
        and (owners.owned_until is null or versions.changed_at < owners.owned_until)
    left join rests
        on rests.source = owners.source and rests.ticket_id = owners.ticket_id
    where rests.rests_from is null or versions.changed_at < rests.rests_from
),

known as (
    select
        source,
        ticket_id,
        account.as_of,
        cut_at as started_at,
        -- Of the rows of an instant one will be left, so counting instants numbers what is left.
        dense_rank() over instants as position,
        lead(cut_at) over following as next_at,
        last_value(is_unsolved ignore nulls) over up_to_here as is_unsolved,
        last_value(case when to_status in ('new', 'open', 'pending', 'hold') then to_status end ignore nulls)
            over up_to_here as open_status,
        first_value(case when from_status in ('new', 'open', 'pending', 'hold') then from_status end ignore nulls)
            over from_here as next_open_status,
        last_value(present_status ignore nulls) over up_to_here as present_status,
        last_value(case when to_status in ('solved', 'closed', 'deleted') then to_status end ignore nulls)
            over up_to_here as left_status,
        last_value(to_priority ignore nulls) over up_to_here as priority,
        first_value(from_priority ignore nulls) over from_here as next_priority,
        last_value(present_priority ignore nulls) over up_to_here as present_priority,
        last_value(group_id ignore nulls) over up_to_here as group_id,
        last_value(version ignore nulls) over up_to_here as version,
        last_value(is_owned ignore nulls) over up_to_here as is_owned
    from cuts
    cross join stg_account as account
    window
        instants as (partition by source, ticket_id order by cut_at),
        following as (partition by source, ticket_id order by cut_at, rank, sequence, event_id),
        up_to_here as (
            partition by source, ticket_id
            order by cut_at, rank, sequence, event_id
            rows between unbounded preceding and current row
        ),
        from_here as (
            partition by source, ticket_id
            order by cut_at, rank, sequence, event_id
            rows between current row and unbounded following
        )
),

pieces as (
    select
        known.source,
        known.ticket_id,
        known.position,
        known.started_at,
        case
            when known.next_at <= known.as_of then known.next_at
            when known.is_unsolved then known.as_of
            else known.started_at
        end as ended_at,
        coalesce(known.next_at > known.as_of, true) as is_current,
        known.is_unsolved,
        case
            when not known.is_unsolved then coalesce(known.left_status, 'solved')
            else coalesce(known.open_status, known.next_open_status, known.present_status)
        end as status,
        nullif(coalesce(known.priority, known.next_priority, known.present_priority), '') as priority,
        case when known.is_owned then known.group_id end as group_id,
        case when known.is_owned then versions.tier end as tier,
        case when known.is_owned then versions.vendor end as vendor,
        versions.schedule_id
    from known
    left join group_versions as versions
        on versions.group_id = known.group_id and versions.version = known.version
    where known.started_at <= known.as_of
        and (known.next_at > known.started_at or known.next_at is null)
),

-- Tickets under several schedules; for all others the last one is the only one.
last_schedules as (
    select
        source,
        ticket_id,
        nullif(arg_max(coalesce(schedule_id, ''), started_at) filter (where is_unsolved), '') as schedule_id
    from pieces
    group by source, ticket_id
    having min(coalesce(schedule_id, '')) <> max(coalesce(schedule_id, ''))
),

timed as (
    select
        pieces.source,
        pieces.ticket_id,
        pieces.position,
        pieces.started_at,
        pieces.ended_at,
        pieces.is_current,
        pieces.status,
        pieces.priority,
        pieces.group_id,
        pieces.tier,
        pieces.vendor,
        pieces.schedule_id,
        date_diff('second', pieces.started_at, pieces.ended_at) as seconds,
        case
            when pieces.schedule_id is null then date_diff('second', pieces.started_at, pieces.ended_at)
            else (ends.minutes_before - starts.minutes_before) * 60
                + case when ends.is_open then date_diff('second', ends.piece_from, pieces.ended_at) else 0 end
                - case when starts.is_open then date_diff('second', starts.piece_from, pieces.started_at) else 0 end
        end as business_seconds,
        case
            when last_schedules.ticket_id is null then null
            when last_schedules.schedule_id is null then date_diff('second', pieces.started_at, pieces.ended_at)
            else (last_ends.minutes_before - last_starts.minutes_before) * 60
                + case
                    when last_ends.is_open then date_diff('second', last_ends.piece_from, pieces.ended_at)
                    else 0
                end
                - case
                    when last_starts.is_open then date_diff('second', last_starts.piece_from, pieces.started_at)
                    else 0
                end
        end as other_business_seconds
    from pieces
    left join last_schedules
        on last_schedules.source = pieces.source and last_schedules.ticket_id = pieces.ticket_id
    left join business_clock as starts
        on starts.schedule_id = pieces.schedule_id
        and starts.hour = date_trunc('hour', pieces.started_at)
        and starts.piece_from <= pieces.started_at
        and starts.piece_until > pieces.started_at
    left join business_clock as ends
        on ends.schedule_id = pieces.schedule_id
        and ends.hour = date_trunc('hour', pieces.ended_at)
        and ends.piece_from <= pieces.ended_at
        and ends.piece_until > pieces.ended_at
    left join business_clock as last_starts
        on last_starts.schedule_id = last_schedules.schedule_id
        and last_starts.hour = date_trunc('hour', pieces.started_at)
        and last_starts.piece_from <= pieces.started_at
        and last_starts.piece_until > pieces.started_at
    left join business_clock as last_ends
        on last_ends.schedule_id = last_schedules.schedule_id
        and last_ends.hour = date_trunc('hour', pieces.ended_at)
        and last_ends.piece_from <= pieces.ended_at
        and last_ends.piece_until > pieces.ended_at
)

select
    source,
    ticket_id,
    position,
    started_at,
    ended_at,
    is_current,
    status,
    priority,
    group_id,
    tier,
    vendor,
    schedule_id,
    seconds / 60.0 as minutes,
    business_seconds / 60.0 as business_minutes,
    coalesce(other_business_seconds, business_seconds) / 60.0 as business_minutes_last,
    coalesce(sum(business_seconds) over before_here, 0) / 60.0 as business_before,
    coalesce(sum(coalesce(other_business_seconds, business_seconds)) over before_here, 0) / 60.0
        as business_before_last
from timed
window before_here as (
    partition by source, ticket_id
    order by position
    rows between unbounded preceding and 1 preceding
)

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
--   ticket is solved, closed or deleted (by its own status, where its source never says when it solves), since no clock
--   runs any more [not_null]
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
-- The status a ticket was created with, where the history says so.
with created_statuses as (
    select
        source,
        ticket_id,
        max(to_value) as status
    from raw.ticket_events
    where kind = 'created' and to_value in ('new', 'open', 'pending', 'hold')
    group by source, ticket_id
),

-- What the first change says was before it. Later changes than the run's date tell it, too, so all are read.
first_values as (
    select
        events.source,
        events.ticket_id,
        events.kind = 'priority_changed' as is_priority,
        events.from_value
    from raw.ticket_events as events
    left join created_statuses as created
        on created.source = events.source and created.ticket_id = events.ticket_id
    where events.kind = 'priority_changed'
        or (created.ticket_id is null and events.kind in ('status_changed', 'solved', 'deleted'))
    qualify row_number() over (
        partition by events.source, events.ticket_id, events.kind = 'priority_changed'
        order by events.occurred_at, length(events.event_id), events.event_id
    ) = 1
),

creations as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at,
        case
            when not coverage.has_status_history then null
            when created.status is not null then created.status
            when statuses.from_value in ('new', 'open', 'pending', 'hold') then statuses.from_value
            when statuses.ticket_id is null and tickets.status in ('new', 'open', 'pending', 'hold')
                then tickets.status
            else 'open'
        end as status,
        -- A priority that was empty is a value, too.
        coalesce(case when priorities.ticket_id is null then tickets.priority else priorities.from_value end, '')
            as priority,
        -- Its source never says when it solves, but the ticket's own word is that it is.
        case
            when not coverage.has_resolution
                and tickets.status in ('solved', 'closed')
                and tickets.updated_at <= account.as_of
                then tickets.status
        end as silent_status
    from stg_tickets as tickets
    cross join stg_account as account
    join source_coverage as coverage on coverage.source = tickets.source
    left join created_statuses as created
        on created.source = tickets.source and created.ticket_id = tickets.ticket_id
    left join first_values as statuses
        on statuses.source = tickets.source
        and statuses.ticket_id = tickets.ticket_id
        and not statuses.is_priority
    left join first_values as priorities
        on priorities.source = tickets.source
        and priorities.ticket_id = tickets.ticket_id
        and priorities.is_priority
),

-- Of one instant the later rank wins, then the later id; numbers in ids count by their length first.
cuts as (
    select
        source,
        ticket_id,
        created_at as cut_at,
        0 as rank,
        0 as sequence,
        '' as event_id,
        true as is_unsolved,
        status as to_status,
        priority as to_priority,
        cast(null as bigint) as stretch
    from creations
    union all
    select
        tickets.source,
        tickets.ticket_id,
        greatest(events.occurred_at, tickets.created_at),
        case events.kind when 'deleted' then 3 when 'status_changed' then 2 else 1 end,
        length(events.event_id),
        events.event_id,
        null,
        case
            when events.kind = 'reopened' then coalesce(events.to_value, 'open')
            when events.kind = 'status_changed' then events.to_value
            when events.kind = 'deleted' then 'deleted'
        end,
        case when events.kind = 'priority_changed' then coalesce(events.to_value, '') end,
        null
    from stg_ticket_events as events
    join stg_tickets as tickets
        on tickets.source = events.source and tickets.ticket_id = events.ticket_id
    where events.kind in ('status_changed', 'reopened', 'deleted', 'priority_changed', 'public_reply')
    union all
    select
        -- Two of them at one instant, one added because of the ticket's own status, stand in their order.
        source, ticket_id, occurred_at, 1, 0, lpad(cast(position as varchar), 9, '0'), change = 'reopened',
        case when change <> 'reopened' then change when not is_from_event then 'open' end, null, null
    from ticket_status_changes
    where change <> 'created'
    union all
    select source, ticket_id, held_from, 4, 0, '', null, null, null, stretch
    from ticket_schedules
),

known as (
    select
        source,
        ticket_id,
        cut_at as started_at,
        -- Of the rows of an instant one will be left, so counting instants numbers what is left.
        dense_rank() over instants as position,
        lead(cut_at) over following as next_at,
        last_value(is_unsolved ignore nulls) over up_to_here as is_unsolved,
        last_value(case when to_status in ('new', 'open', 'pending', 'hold') then to_status end ignore nulls)
            over up_to_here as open_status,
        last_value(case when to_status in ('solved', 'closed', 'deleted') then to_status end ignore nulls)
            over up_to_here as left_status,
        last_value(to_priority ignore nulls) over up_to_here as priority,
        max(stretch) over up_to_here as stretch
    from cuts
    window
        instants as (partition by source, ticket_id order by cut_at),
        following as (partition by source, ticket_id order by cut_at, rank, sequence, event_id),
        up_to_here as (
            partition by source, ticket_id
            order by cut_at, rank, sequence, event_id
            rows between unbounded preceding and current row
        )
),

pieces as (
    select
        known.source,
        known.ticket_id,
        known.position,
        known.started_at,
        case
            when known.next_at is not null then known.next_at
            when known.is_unsolved and creations.silent_status is null then account.as_of
            else known.started_at
        end as ended_at,
        known.next_at is null as is_current,
        case
            when known.next_at is null and creations.silent_status is not null then creations.silent_status
            when known.is_unsolved then known.open_status
            else known.left_status
        end as status,
        nullif(known.priority, '') as priority,
        known.stretch
    from known
    join creations on creations.source = known.source and creations.ticket_id = known.ticket_id
    cross join stg_account as account
    where known.next_at > known.started_at or known.next_at is null
),

clocks as (
    select
        pieces.source,
        pieces.ticket_id,
        pieces.position,
        pieces.started_at,
        pieces.ended_at,
        pieces.is_current,
        pieces.status,
        pieces.priority,
        schedules.group_id,
        schedules.tier,
        schedules.vendor,
        schedules.schedule_id,
        schedules.clock_offset,
        schedules.last_clock_offset,
        case
            when schedules.schedule_id is null
                then date_diff('second', schedules.created_at, pieces.started_at) / 60.0
            else starts.minutes_before
                + case
                    when starts.is_open then date_diff('second', starts.piece_from, pieces.started_at) / 60.0
                    else 0
                end
        end as clock_from,
        case
            when schedules.schedule_id is null
                then date_diff('second', schedules.created_at, pieces.ended_at) / 60.0
            else ends.minutes_before
                + case
                    when ends.is_open then date_diff('second', ends.piece_from, pieces.ended_at) / 60.0
                    else 0
                end
        end as clock_until,
        case
            when schedules.last_schedule_id is null
                then date_diff('second', schedules.created_at, pieces.started_at) / 60.0
            else last_starts.minutes_before
                + case
                    when last_starts.is_open then date_diff('second', last_starts.piece_from, pieces.started_at) / 60.0
                    else 0
                end
        end as last_clock_from,
        case
            when schedules.last_schedule_id is null
                then date_diff('second', schedules.created_at, pieces.ended_at) / 60.0
            else last_ends.minutes_before
                + case
                    when last_ends.is_open then date_diff('second', last_ends.piece_from, pieces.ended_at) / 60.0
                    else 0
                end
        end as last_clock_until
    from pieces
    join ticket_schedules as schedules
        on schedules.source = pieces.source
        and schedules.ticket_id = pieces.ticket_id
        and schedules.stretch = pieces.stretch
    left join business_clock as starts
        on starts.schedule_id = schedules.schedule_id
        and starts.hour = date_trunc('hour', pieces.started_at)
        and starts.piece_from <= pieces.started_at
        and starts.piece_until > pieces.started_at
    left join business_clock as ends
        on ends.schedule_id = schedules.schedule_id
        and ends.hour = date_trunc('hour', pieces.ended_at)
        and ends.piece_from <= pieces.ended_at
        and ends.piece_until > pieces.ended_at
    left join business_clock as last_starts
        on last_starts.schedule_id = schedules.last_schedule_id
        and last_starts.hour = date_trunc('hour', pieces.started_at)
        and last_starts.piece_from <= pieces.started_at
        and last_starts.piece_until > pieces.started_at
    left join business_clock as last_ends
        on last_ends.schedule_id = schedules.last_schedule_id
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
    date_diff('second', started_at, ended_at) / 60.0 as minutes,
    round((clock_until - clock_from) * 60) / 60.0 as business_minutes,
    round((last_clock_until - last_clock_from) * 60) / 60.0 as business_minutes_last,
    round((clock_from + clock_offset) * 60) / 60.0 as business_before,
    round((last_clock_from + last_clock_offset) * 60) / 60.0 as business_before_last
from clocks

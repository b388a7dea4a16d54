-- Every service target of every ticket and how it went. A clock counts the minutes of its policy, calendar or business
-- (each group's schedule while it had the ticket), in the statuses it runs in (sla_metrics), from activated_at to
-- ended_at or now. Which clocks there are: sla_clocks; which target holds: sla_targets. The target that holds last
-- decides, as in Zendesk. Target % is achieved / (achieved + breached), where breached is is_breached: a clock that is
-- still running counts once it has passed its target, and in neither before. A deleted ticket's clock is cancelled.
-- grain: ticket, metric and clock
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, metric, instance
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column metric: what is measured [not_null, accepted: first_reply, next_reply, requester_wait, agent_work, resolution,
--   pausable_update, periodic_update]
-- column instance: 1 for the ticket's first clock of the metric, then counted up [not_null]
-- column policy_id: the policy whose target holds [not_null]
-- column target_minutes: that target [not_null]
-- column clock: which minutes count [not_null, accepted: business, calendar]
-- column priority: the priority the target was chosen by
-- column business_line: the ticket's business line, or `unknown` [not_null]
-- column channel: the channel it came in by [not_null]
-- column tier: tier of the group that had the ticket at the breach, else at the clock's end, else now; empty where the
--   groups table does not say [accepted: 1, 2]
-- column vendor: that group's vendor, or `inhouse`; empty where the groups table does not say
-- column activated_at: when the clock began, UTC [not_null]
-- column ended_at: when it ended, UTC; empty while it is running or paused
-- column state: achieved or breached once it has ended; active or paused before; cancelled for a deleted ticket
--   [not_null, accepted: achieved, breached, active, paused, cancelled]
-- column is_breached: the clock has passed its target, in whatever state it is [not_null]
-- column breached_at: the moment since when it is past its target, UTC: where it passed it, or where a priority change
--   made the target shorter than the minutes already counted; empty while it has not
-- column ended_on: the day of ended_at in the account's zone
-- column breached_on: the day of breached_at in the account's zone
-- column date: the day on which it counts as kept or broken: breached_on or, where kept, ended_on; empty for one that
--   counts as neither
-- column elapsed_minutes: minutes the clock has counted: for first and next reply all until the reply; for requester wait
--   not while pending; for agent work not while pending or on hold; for resolution not while solved [not_null]
-- metric elapsed_minutes: Minutes on the service clock
-- trap elapsed_minutes: business minutes are those of each group's schedule while it had the ticket
-- zendesk elapsed_minutes: a clock in business hours uses the ticket's last schedule for its whole life
-- column breach_minutes: elapsed_minutes less target_minutes; empty where not breached
-- metric breach_minutes: Breach size (minutes)
-- trap breach_minutes: grows while a breached clock is still running
-- zendesk breach_minutes: the same, but for tickets that changed schedules
-- column share_elapsed: elapsed_minutes / target_minutes [not_null]
-- column band: how near a clock that has not ended is to its target, in % of it; empty once it has ended
--   [accepted: under 50, 50-75, 76-85, 86-95, over 95, breached]
with pieces as (
    select
        clocks.source,
        clocks.ticket_id,
        clocks.metric,
        clocks.instance,
        clocks.policy_id,
        clocks.target_minutes,
        clocks.clock,
        clocks.priority,
        clocks.business_line,
        clocks.channel,
        clocks.activated_at,
        clocks.ended_at,
        clocks.is_cancelled,
        clocks.applied_at,
        segments.position,
        segments.is_current,
        coalesce(segments.tier, 0) as tier,
        coalesce(segments.vendor, '') as vendor,
        case when clocks.clock = 'business' then segments.business_minutes else segments.minutes end as clock_minutes,
        (clocks.ended_at is null or segments.ended_at <= clocks.ended_at)
            and (
                coalesce(segments.status, 'open') in ('new', 'open')
                or (segments.status = 'pending' and metrics.runs_while_pending)
                or (segments.status = 'hold' and metrics.runs_on_hold)
            ) as is_counted
    from sla_targets as clocks
    join sla_metrics as metrics on metrics.metric = clocks.metric
    -- The first segment is there for a clock that ended as it began, too: it says who had the ticket.
    join ticket_segments as segments
        on segments.source = clocks.source
        and segments.ticket_id = clocks.ticket_id
        and segments.started_at >= clocks.activated_at
        and (
            clocks.ended_at is null
            or segments.started_at < clocks.ended_at
            or segments.started_at = clocks.activated_at
        )
    where clocks.is_last and clocks.policy_id is not null
),

clocks as (
    select
        source,
        ticket_id,
        metric,
        instance,
        any_value(policy_id) as policy_id,
        any_value(target_minutes) as target_minutes,
        any_value(clock) as clock,
        any_value(priority) as priority,
        any_value(business_line) as business_line,
        any_value(channel) as channel,
        any_value(activated_at) as activated_at,
        any_value(ended_at) as ended_at,
        any_value(is_cancelled) as is_cancelled,
        any_value(applied_at) as applied_at,
        coalesce(sum(clock_minutes) filter (where is_counted), 0) as elapsed_minutes,
        bool_or(is_counted and is_current) as is_running,
        arg_max(tier, position) as tier,
        arg_max(vendor, position) as vendor,
        -- Less than a ten-thousandth of a second is no time: minutes are sums of fractions.
        coalesce(sum(clock_minutes) filter (where is_counted), 0) > any_value(target_minutes) + 1e-6 as is_breached
    from pieces
    group by source, ticket_id, metric, instance
),

-- The pieces of breached clocks, with the target of their time. An earlier target by the other clock counts as none.
measured_pieces as (
    select
        clocks.source,
        clocks.ticket_id,
        clocks.metric,
        clocks.instance,
        clocks.clock,
        segments.position,
        segments.started_at,
        segments.schedule_id,
        segments.tier,
        segments.vendor,
        case when clocks.clock = 'business' then segments.business_minutes else segments.minutes end as clock_minutes,
        targets.applied_at,
        case when targets.clock = clocks.clock then targets.target_minutes end as target_minutes,
        coalesce(
            sum(case when clocks.clock = 'business' then segments.business_minutes else segments.minutes end) over (
                partition by clocks.source, clocks.ticket_id, clocks.metric, clocks.instance
                order by segments.position
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as minutes_before
    from clocks
    join sla_metrics as metrics on metrics.metric = clocks.metric
    join ticket_segments as segments
        on segments.source = clocks.source
        and segments.ticket_id = clocks.ticket_id
        and segments.started_at >= clocks.activated_at
        and (clocks.ended_at is null or segments.ended_at <= clocks.ended_at)
    join sla_targets as targets
        on targets.source = clocks.source
        and targets.ticket_id = clocks.ticket_id
        and targets.metric = clocks.metric
        and targets.instance = clocks.instance
        and targets.applied_at <= segments.started_at
        and (targets.applied_until is null or targets.applied_until > segments.started_at)
    where clocks.is_breached
        and (
            coalesce(segments.status, 'open') in ('new', 'open')
            or (segments.status = 'pending' and metrics.runs_while_pending)
            or (segments.status = 'hold' and metrics.runs_on_hold)
        )
),

last_good_pieces as (
    select
        source,
        ticket_id,
        metric,
        instance,
        max(position) filter (
            where coalesce(minutes_before + clock_minutes <= target_minutes + 1e-6, true)
        ) as position
    from measured_pieces
    group by source, ticket_id, metric, instance
),

-- The piece since whose end the clock has been past the target of the time for good.
breaching_pieces as (
    select
        measured.source,
        measured.ticket_id,
        measured.metric,
        measured.instance,
        measured.clock,
        measured.started_at,
        measured.schedule_id,
        measured.tier,
        measured.vendor,
        measured.applied_at,
        measured.target_minutes,
        measured.minutes_before
    from measured_pieces as measured
    join last_good_pieces as last_good
        on last_good.source = measured.source
        and last_good.ticket_id = measured.ticket_id
        and last_good.metric = measured.metric
        and last_good.instance = measured.instance
        and measured.position > coalesce(last_good.position, 0)
    qualify row_number() over (
        partition by measured.source, measured.ticket_id, measured.metric, measured.instance
        order by measured.position
    ) = 1
),

-- The business clock read backwards: the open pieces of an hour by the full hours of open time they reach into. A target
-- reached at closing time is passed when the schedule opens again.
open_pieces as (
    select
        schedule_id,
        piece_from,
        minutes_before,
        minutes_before + date_diff('second', piece_from, piece_until) / 60.0 as minutes_after
    from business_clock
    where is_open
),

open_hours as (
    select
        schedule_id,
        piece_from,
        minutes_before,
        minutes_after,
        cast(floor(minutes_before / 60) as bigint) as open_hour
    from open_pieces
    union
    select
        schedule_id,
        piece_from,
        minutes_before,
        minutes_after,
        cast(ceil(minutes_after / 60) as bigint) - 1
    from open_pieces
),

passings as (
    select
        breaching.source,
        breaching.ticket_id,
        breaching.metric,
        breaching.instance,
        breaching.applied_at,
        breaching.started_at,
        breaching.tier,
        breaching.vendor,
        breaching.target_minutes - breaching.minutes_before as minutes_left,
        breaching.schedule_id,
        clock_pieces.minutes_before
            + case
                when clock_pieces.is_open
                    then date_diff('second', clock_pieces.piece_from, breaching.started_at) / 60.0
                else 0
            end
            + breaching.target_minutes
            - breaching.minutes_before as passed_at_minute
    from breaching_pieces as breaching
    left join business_clock as clock_pieces
        on clock_pieces.schedule_id = breaching.schedule_id
        and clock_pieces.hour = date_trunc('hour', breaching.started_at)
        and clock_pieces.piece_from <= breaching.started_at
        and clock_pieces.piece_until > breaching.started_at
        and breaching.clock = 'business'
),

breaches as (
    select
        passings.source,
        passings.ticket_id,
        passings.metric,
        passings.instance,
        passings.tier,
        passings.vendor,
        case
            when passings.minutes_left < 0 then passings.applied_at
            when passings.passed_at_minute is null
                then passings.started_at + to_microseconds(cast(round(passings.minutes_left * 6e7) as bigint))
            else open_hours.piece_from + to_microseconds(
                cast(round(greatest(passings.passed_at_minute - open_hours.minutes_before, 0) * 6e7) as bigint)
            )
        end as breached_at
    from passings
    left join open_hours
        on open_hours.schedule_id = passings.schedule_id
        and open_hours.open_hour = cast(floor((passings.passed_at_minute + 1e-6) / 60) as bigint)
        and open_hours.minutes_before <= passings.passed_at_minute + 1e-6
        and open_hours.minutes_after > passings.passed_at_minute + 1e-6
)

select
    clocks.source,
    clocks.ticket_id,
    clocks.metric,
    clocks.instance,
    clocks.policy_id,
    clocks.target_minutes,
    clocks.clock,
    clocks.priority,
    clocks.business_line,
    clocks.channel,
    case when breaches.ticket_id is null then nullif(clocks.tier, 0) else breaches.tier end as tier,
    case when breaches.ticket_id is null then nullif(clocks.vendor, '') else breaches.vendor end as vendor,
    clocks.activated_at,
    clocks.ended_at,
    case
        when clocks.is_cancelled then 'cancelled'
        when clocks.ended_at is not null and clocks.is_breached then 'breached'
        when clocks.ended_at is not null then 'achieved'
        when clocks.is_running then 'active'
        else 'paused'
    end as state,
    clocks.is_breached,
    case when clocks.is_breached then coalesce(breaches.breached_at, clocks.applied_at) end as breached_at,
    cast(clocks.ended_at at time zone 'UTC' at time zone account.time_zone as date) as ended_on,
    cast(
        case when clocks.is_breached then coalesce(breaches.breached_at, clocks.applied_at) end
            at time zone 'UTC' at time zone account.time_zone as date
    ) as breached_on,
    -- A broken target counts on the day of the breach, a kept one on the day of its end.
    cast(
        case
            when clocks.is_breached then coalesce(breaches.breached_at, clocks.applied_at)
            when not clocks.is_cancelled then clocks.ended_at
        end at time zone 'UTC' at time zone account.time_zone as date
    ) as date,
    clocks.elapsed_minutes,
    case when clocks.is_breached then clocks.elapsed_minutes - clocks.target_minutes end as breach_minutes,
    clocks.elapsed_minutes / clocks.target_minutes as share_elapsed,
    case
        when clocks.ended_at is not null then null
        when clocks.is_breached then 'breached'
        when clocks.elapsed_minutes < 0.5 * clocks.target_minutes then 'under 50'
        when clocks.elapsed_minutes <= 0.75 * clocks.target_minutes then '50-75'
        when clocks.elapsed_minutes <= 0.85 * clocks.target_minutes then '76-85'
        when clocks.elapsed_minutes <= 0.95 * clocks.target_minutes then '86-95'
        else 'over 95'
    end as band
from clocks
cross join stg_account as account
left join breaches
    on breaches.source = clocks.source
    and breaches.ticket_id = clocks.ticket_id
    and breaches.metric = clocks.metric
    and breaches.instance = clocks.instance

-- Every schedule's open minutes, counted up along the hours of UTC: the business minutes from a to b are the clock at b
-- less the clock at a, whatever holidays and changes of the clocks lie between. The clock at t is minutes_before, and
-- where the piece is open the minutes from piece_from to t besides; the piece is found by schedule and
-- date_trunc('hour', t), with piece_from <= t < piece_until. Weekly intervals are local: where clocks go forward, an
-- interval that begins or ends in the hour left out does so as much later; where they go back, in the second of the
-- two hours. Intervals that touch or overlap count once, and a holiday closes the local day.
-- grain: schedule and piece of an hour, cut where the schedule opens or closes
-- owner: team:support-analytics
-- incremental: time
-- unique: schedule_id, piece_from
-- column schedule_id: the schedule [not_null]
-- column hour: the hour of UTC; from the day before the first ticket's to the day after the run's date, at least
--   [not_null]
-- column piece_from: where the piece of that hour begins, UTC [not_null]
-- column piece_until: where it ends, UTC [not_null]
-- column is_open: the schedule is open in this piece [not_null]
-- column minutes_before: open minutes of the schedule from clock_begin's day to piece_from [not_null]
with weekdays as (
    select unnest(range(7)) as weekday
),

hours_of_day as (
    select unnest(range(24)) as hour_of_day
),

span as (
    select
        max(clock_begin.first_day) as first_day,
        max(days.date) as last_day
    from days
    cross join clock_begin
),

-- The account's days begin and end up to a day beside those of UTC, and these up to a day beside a schedule's.
clock_days as (
    select date from days
    union all
    select cast(unnest([first_day - interval 1 day, first_day]) as date) from span
    union all
    select cast(unnest([last_day + interval 1 day, last_day + interval 2 day]) as date) from span
),

-- An interval over midnight is open on each of its days, so that a holiday closes the one and not the other.
daily_hours as (
    select
        schedules.schedule_id,
        schedules.time_zone,
        weekdays.weekday,
        greatest(schedules.start_minute - weekdays.weekday * 1440, 0) as open_minute,
        least(schedules.end_minute - weekdays.weekday * 1440, 1440) as close_minute
    from stg_schedules as schedules
    join weekdays
        on schedules.start_minute < (weekdays.weekday + 1) * 1440
        and schedules.end_minute > weekdays.weekday * 1440
),

openings as (
    select
        daily_hours.schedule_id,
        (clock_days.date + to_minutes(daily_hours.open_minute))
            at time zone daily_hours.time_zone at time zone 'UTC' as opens_at,
        (clock_days.date + to_minutes(daily_hours.close_minute))
            at time zone daily_hours.time_zone at time zone 'UTC' as closes_at
    from clock_days
    -- 1899-12-31 was a Sunday, the day on which a schedule's week begins.
    join daily_hours on daily_hours.weekday = date_diff('day', date '1899-12-31', clock_days.date) % 7
    left join stg_holidays as holidays
        on holidays.schedule_id = daily_hours.schedule_id and holidays.date = clock_days.date
    where holidays.date is null
),

-- What changes where: an hour begins (nothing), an interval begins (one more is open) or ends.
steps as (
    select schedule_id, opens_at as stepped_at, 1 as opened
    from openings
    where closes_at > opens_at
    union all
    select schedule_id, closes_at, -1
    from openings
    where closes_at > opens_at
    union all
    select schedules.schedule_id, clock_days.date + to_hours(hours_of_day.hour_of_day), 0
    from (select schedule_id from stg_schedules group by schedule_id) as schedules
    cross join clock_days
    cross join hours_of_day
),

pieces as (
    select
        schedule_id,
        stepped_at as piece_from,
        lead(stepped_at) over in_order as piece_until,
        sum(sum(opened)) over in_order > 0 as is_open
    from steps
    group by schedule_id, stepped_at
    window in_order as (
        partition by schedule_id
        order by stepped_at
    )
)

select
    schedule_id,
    date_trunc('hour', piece_from) as hour,
    piece_from,
    piece_until,
    is_open,
    coalesce(
        sum(case when is_open then date_diff('second', piece_from, piece_until) else 0 end) over (
            partition by schedule_id
            order by piece_from
            rows between unbounded preceding and 1 preceding
        ),
        0
    ) / 60.0 as minutes_before
from pieces
cross join span
where piece_from >= first_day
    and piece_from < last_day + interval 2 day
    and piece_until is not null

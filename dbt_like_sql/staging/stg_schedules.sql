-- Business hours as weekly intervals in local time.
-- grain: schedule and interval
-- owner: team:support-analytics
-- materialized: view
-- unique: schedule_id, start_minute
-- column schedule_id: the schedule [not_null]
-- column name: what people call it
-- column time_zone: the time zone its minutes are in
-- column start_minute: when the interval opens, in minutes since Sunday 00:00 [not_null]
-- column end_minute: when it closes, in minutes since Sunday 00:00
select
    schedule_id,
    name,
    time_zone,
    start_minute,
    end_minute
from raw.schedules

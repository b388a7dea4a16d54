-- Days on which a schedule is closed.
-- grain: schedule and day
-- owner: team:support-analytics
-- materialized: view
-- unique: schedule_id, date
-- column schedule_id: the schedule that is closed [not_null, references: stg_schedules.schedule_id]
-- column date: the day, in the schedule's time zone [not_null]
-- column name: what the day is called
select
    schedule_id,
    date,
    name
from raw.holidays

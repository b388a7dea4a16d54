-- Every week from the first ticket to the run's date, Monday to Sunday in the account's zone.
-- grain: week
-- owner: team:support-analytics
-- column week: Monday of the week [not_null, unique]
-- column last_day: its last day that has been reached: Sunday, or the day of the run's date [not_null]
-- column is_whole: all seven days are over and lie where at least one source has all its new tickets; only
--   such weeks are compared with one another [not_null]
with windows as (
    select
        min(volume_from) as volume_from,
        max(volume_until) as volume_until
    from source_coverage
),

calendar_weeks as (
    select
        week,
        min(date) as first_day,
        max(date) as last_day,
        count(*) filter (where is_whole) as whole_days
    from days
    group by week
)

select
    calendar_weeks.week,
    calendar_weeks.last_day,
    coalesce(
        calendar_weeks.whole_days = 7
        and calendar_weeks.first_day >= windows.volume_from
        and calendar_weeks.last_day <= windows.volume_until,
        false
    ) as is_whole
from calendar_weeks
cross join windows

-- Days whose open tickets at the start are not those at the end of the day before, or whose day before is missing.
select today.date, today.business_line, today.open_at_start, yesterday.open_at_end as open_the_day_before
from daily_backlog as today
join business_lines as lines on lines.business_line = today.business_line
left join daily_backlog as yesterday
    on yesterday.business_line = today.business_line and yesterday.date = today.date - interval 1 day
where today.open_at_start <> coalesce(yesterday.open_at_end, 0)
    or (yesterday.date is null and today.date <> lines.first_created_on)

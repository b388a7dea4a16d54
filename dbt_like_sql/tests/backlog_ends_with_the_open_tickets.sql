-- Lines whose last backlog is not the number of their tickets that are open at the run's date.
with open_tickets as (
    select times.business_line, count(*) as open_tickets
    from ticket_times as times
    join source_coverage as coverage on coverage.source = times.source and coverage.has_resolution
    where times.is_open
    group by times.business_line
),

last_days as (
    select business_line, arg_max(open_at_end, date) as open_at_end
    from daily_backlog
    group by business_line
)

select last_days.business_line, last_days.open_at_end, open_tickets.open_tickets
from last_days
left join open_tickets on open_tickets.business_line = last_days.business_line
where last_days.open_at_end <> coalesce(open_tickets.open_tickets, 0)

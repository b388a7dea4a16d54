-- Days whose volume is not the number of tickets created on them.
with tickets as (
    select tickets.created_on, count(*) as tickets
    from stg_tickets as tickets
    join source_coverage as coverage
        on coverage.source = tickets.source
        and tickets.created_on between coverage.volume_from and coverage.volume_until
    group by tickets.created_on
),

volumes as (
    select date, sum(tickets_created) as tickets_created
    from daily_volume
    group by date
)

select coalesce(tickets.created_on, volumes.date) as date, tickets.tickets, volumes.tickets_created
from tickets
full join volumes on volumes.date = tickets.created_on
where coalesce(tickets.tickets, 0) <> coalesce(volumes.tickets_created, 0)

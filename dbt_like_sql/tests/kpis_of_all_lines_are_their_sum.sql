-- Days on which the row `all` is not the sum of the business lines.
with lines as (
    select
        date,
        sum(tickets_created) as tickets_created,
        sum(tickets_solved) as tickets_solved,
        sum(backlog) as backlog,
        sum(csat_rated) as csat_rated,
        sum(csat_good) as csat_good,
        sum(escalated_tickets) as escalated_tickets
    from daily_kpis
    where business_line <> 'all'
    group by date
)

select everything.date, everything.tickets_created, lines.tickets_created as tickets_created_by_lines
from daily_kpis as everything
left join lines on lines.date = everything.date
where everything.business_line = 'all'
    and (
        everything.tickets_created is distinct from lines.tickets_created
        or everything.tickets_solved is distinct from lines.tickets_solved
        or everything.backlog is distinct from lines.backlog
        or everything.csat_rated is distinct from lines.csat_rated
        or everything.csat_good is distinct from lines.csat_good
        or everything.escalated_tickets is distinct from lines.escalated_tickets
    )

-- Weeks whose counts are not the sum of their days, or whose backlog is not that of their last day.
with summed as (
    select
        cast(date_trunc('week', date) as date) as week,
        business_line,
        sum(tickets_created) as tickets_created,
        sum(tickets_solved) as tickets_solved,
        sum(first_replies) as first_replies,
        sum(csat_rated) as csat_rated,
        sum(reopened_tickets) as reopened_tickets,
        sum(escalated_tickets) as escalated_tickets,
        arg_max(backlog, date) as backlog
    from daily_kpis
    group by date_trunc('week', date), business_line
)

select weeks.week, weeks.business_line
from weekly_kpis as weeks
left join summed on summed.week = weeks.week and summed.business_line = weeks.business_line
where weeks.tickets_created is distinct from summed.tickets_created
    or weeks.tickets_solved is distinct from summed.tickets_solved
    or weeks.first_replies is distinct from summed.first_replies
    or weeks.csat_rated is distinct from summed.csat_rated
    or weeks.reopened_tickets is distinct from summed.reopened_tickets
    or weeks.escalated_tickets is distinct from summed.escalated_tickets
    or weeks.backlog is distinct from summed.backlog

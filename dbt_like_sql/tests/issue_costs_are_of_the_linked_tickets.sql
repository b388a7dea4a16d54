-- Issues whose tickets are not those linked to them, or of which more wait, came after the fix or rated than there are.
with links as (
    select
        links.issue_id,
        count(distinct (links.source, links.ticket_id)) as tickets
    from stg_issue_links as links
    join stg_tickets as tickets on tickets.source = links.source and tickets.ticket_id = links.ticket_id
    group by links.issue_id
)

select
    coalesce(links.issue_id, costs.issue_id) as issue_id,
    links.tickets as linked_tickets,
    costs.tickets
from links
full join issue_costs as costs on costs.issue_id = links.issue_id
where links.tickets is distinct from costs.tickets
    or costs.waiting_now > costs.tickets
    or costs.tickets_after_resolved > costs.tickets
    or costs.csat_rated > costs.tickets
    or costs.csat_good > costs.csat_rated
    or costs.csat_points not between costs.csat_points_low - 1e-9 and costs.csat_points_high + 1e-9

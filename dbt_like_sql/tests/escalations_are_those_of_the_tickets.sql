-- Weeks whose tickets of tier 1 or escalations are not those that the tickets' own times tell.
with weekly as (
    select
        cast(date_trunc('week', created_on) as date) as week,
        count(*) as tickets_tier_1,
        count(moved_to_tier_2_at) as escalated
    from ticket_times
    where first_tier = 1
    group by date_trunc('week', created_on)
)

select
    flow.week,
    flow.tickets_tier_1,
    weekly.tickets_tier_1 as tickets_by_times,
    flow.escalated,
    weekly.escalated as escalated_by_times
from weekly
full join escalation_flow as flow on flow.week = weekly.week
where flow.business_line = 'all' and flow.vendor = 'all'
    and (
        flow.tickets_tier_1 is distinct from weekly.tickets_tier_1
        or flow.escalated is distinct from weekly.escalated
        or flow.ping_pong > flow.returned
        or flow.returned > flow.escalated
    )

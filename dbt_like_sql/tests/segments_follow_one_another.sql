-- Segments that do not begin where the one before ended, tickets without a segment at their creation, business minutes
-- above the calendar's or below 0, and business minutes before a segment that are not the sum of those before it.
with in_order as (
    select
        source,
        ticket_id,
        position,
        started_at,
        ended_at,
        minutes,
        business_minutes,
        business_minutes_last,
        business_before,
        business_before_last,
        lag(ended_at) over before as ended_before,
        lag(business_before + business_minutes) over before as business_until,
        lag(business_before_last + business_minutes_last) over before as business_until_last
    from ticket_segments
    window before as (partition by source, ticket_id order by position)
)

select tickets.source, tickets.ticket_id, in_order.position, in_order.started_at, in_order.ended_before
from stg_tickets as tickets
left join in_order on in_order.source = tickets.source and in_order.ticket_id = tickets.ticket_id
where in_order.started_at is distinct from coalesce(in_order.ended_before, tickets.created_at)
    or in_order.ended_at < in_order.started_at
    or in_order.business_minutes not between 0 and in_order.minutes + 1e-6
    or in_order.business_minutes_last not between 0 and in_order.minutes + 1e-6
    or abs(in_order.business_before - coalesce(in_order.business_until, 0)) > 1e-6
    or abs(in_order.business_before_last - coalesce(in_order.business_until_last, 0)) > 1e-6

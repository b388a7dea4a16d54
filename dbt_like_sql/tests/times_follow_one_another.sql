-- Tickets with a time below 0, a last solving before the first, or an answer without a public reply of an agent.
select
    source,
    ticket_id,
    first_reply_minutes,
    first_resolution_minutes,
    full_resolution_minutes,
    reopens,
    touches
from ticket_times
where first_reply_minutes < 0
    or first_resolution_minutes < 0
    or full_resolution_minutes < first_resolution_minutes
    or (reopens is not null and full_resolution_minutes is not null and first_resolution_minutes is null)
    or (full_resolution_minutes is not null and is_open)
    or (reopens = 0 and full_resolution_minutes > first_resolution_minutes)
    or (first_reply_minutes is not null and touches < 1)
    or escalated_at < created_at

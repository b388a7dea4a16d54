-- Tickets whose metrics are missing, whose business minutes exceed the calendar's, or whose waits exceed their life.
select times.source, times.ticket_id
from ticket_times as times
left join ticket_metrics as metrics on metrics.source = times.source and metrics.ticket_id = times.ticket_id
where metrics.ticket_id is null
    or metrics.first_reply_business_minutes > metrics.first_reply_minutes + 1e-6
    or metrics.first_resolution_business_minutes > metrics.first_resolution_minutes + 1e-6
    or metrics.full_resolution_business_minutes > metrics.full_resolution_minutes + 1e-6
    or metrics.requester_wait_business_minutes > metrics.requester_wait_minutes + 1e-6
    or abs(metrics.requester_wait_minutes - metrics.agent_work_minutes - metrics.on_hold_minutes) > 1e-6
    or (metrics.full_resolution_minutes is null) <> (metrics.full_resolution_business_minutes is null)

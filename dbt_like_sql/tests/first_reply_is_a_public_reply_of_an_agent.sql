-- Tickets whose first reply is not at a time when an agent replied to the requester.
with replies as (
    select events.source, events.ticket_id, greatest(events.occurred_at, times.created_at) as replied_at
    from stg_ticket_events as events
    join ticket_times as times on times.source = events.source and times.ticket_id = events.ticket_id
    where events.kind = 'public_reply' and events.actor_kind = 'agent'
    group by all
)

select times.source, times.ticket_id, times.first_reply_at
from ticket_times as times
left join replies
    on replies.source = times.source
    and replies.ticket_id = times.ticket_id
    and replies.replied_at = times.first_reply_at
where times.first_reply_at is not null and replies.replied_at is null

-- Events recorded before their ticket's creation. They count at the creation; many of them mean that the mapping takes
-- one of the two times from the wrong column or zone.
-- severity: warn
select
    events.source,
    events.event_id,
    events.ticket_id,
    events.kind,
    events.occurred_at,
    tickets.created_at,
    'event ' || events.event_id || ' of ticket ' || events.ticket_id || ': '
        || strftime(events.occurred_at, '%Y-%m-%d %H:%M') || ', before its creation '
        || strftime(tickets.created_at, '%Y-%m-%d %H:%M') as message
from stg_ticket_events as events
join stg_tickets as tickets on tickets.source = events.source and tickets.ticket_id = events.ticket_id
where events.occurred_at < tickets.created_at

-- Events recorded before their ticket's creation. They count at the creation; many of them mean that the mapping takes
-- one of the two times from the wrong column or zone.
-- severity: warn
select events.source, events.event_id, events.ticket_id, events.kind, events.occurred_at, tickets.created_at
from stg_ticket_events as events
join stg_tickets as tickets on tickets.source = events.source and tickets.ticket_id = events.ticket_id
where events.occurred_at < tickets.created_at

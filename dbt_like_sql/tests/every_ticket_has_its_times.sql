-- Tickets that are missing from ticket_times, or are there without being a ticket.
select
    coalesce(tickets.source, times.source) as source,
    coalesce(tickets.ticket_id, times.ticket_id) as ticket_id
from stg_tickets as tickets
full join ticket_times as times on times.source = tickets.source and times.ticket_id = tickets.ticket_id
where tickets.ticket_id is null or times.ticket_id is null

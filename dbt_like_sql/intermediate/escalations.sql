-- The tickets whose text is read for recurring problems: escalated ones with text. Where a source does not say which
-- tickets are escalated, all its tickets with text. Deleted tickets are left out.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column created_at: when it was created, UTC [not_null]
-- column created_on: that day in the account's zone [not_null]
-- column text: subject and body, redacted [not_null]
-- column requester_key: who wrote it, as a salted hash
select
    tickets.source,
    tickets.ticket_id,
    tickets.created_at,
    tickets.created_on,
    tickets.text,
    tickets.requester_key
from stg_tickets as tickets
join ticket_times as times on times.source = tickets.source and times.ticket_id = tickets.ticket_id
join source_escalations as told on told.source = tickets.source
where tickets.text is not null
    and tickets.status <> 'deleted'
    and (times.is_escalated or not told.says_escalated)

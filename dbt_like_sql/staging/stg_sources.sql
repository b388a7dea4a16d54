-- What each source brings and over which days its volume is complete.
-- grain: source
-- owner: team:support-analytics
-- materialized: view
-- column source: the source [not_null, unique]
-- column mapping: the mapping that reads it
-- column tickets: how many tickets it has
-- column events: how many events of tickets it has
-- column first_created_at: when its first ticket was created (UTC)
-- column last_created_at: when its last ticket was created (UTC)
-- column last_updated_at: when a ticket of it last changed (UTC)
-- column volume_from: the first day its volume is complete, in the account's time zone
-- column volume_until: the last such day; a tail that holds only leftovers is cut off before it
-- column has_text: whether its tickets have text
-- column has_events: whether it tells the history of its tickets
-- column has_csat: whether it has ratings
-- column has_groups: whether it says which group owns a ticket
-- column has_escalations: whether it says which tickets were escalated
-- column has_calendar: whether there are calendar events for its days
select
    source,
    mapping,
    tickets,
    events,
    first_created_at,
    last_created_at,
    last_updated_at,
    volume_from,
    volume_until,
    has_text,
    has_events,
    has_csat,
    has_groups,
    has_escalations,
    has_calendar
from raw.sources

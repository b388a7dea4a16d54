-- The spans of time in which a ticket was open: from its creation or a reopening until it was solved or deleted.
-- grain: ticket and span
-- owner: team:support-analytics
-- incremental: ticket
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column opened_at: when the span began, UTC [not_null]
-- column opened_on: that day in the account's zone [not_null]
-- column left_at: when it ended, UTC; empty while the ticket is open
-- column left_on: that day in the account's zone
-- column left_as: how it ended [accepted: solved, deleted]
-- column left_by_event: false where the end is taken from the ticket's own columns and not from its history
with in_order as (
    select
        source,
        ticket_id,
        business_line,
        change,
        occurred_at,
        occurred_on,
        lead(occurred_at) over following as next_at,
        lead(occurred_on) over following as next_on,
        lead(change) over following as next_change,
        lead(is_from_event) over following as next_is_from_event
    from ticket_status_changes
    window following as (
        partition by source, ticket_id
        order by position
    )
)

select
    source,
    ticket_id,
    business_line,
    occurred_at as opened_at,
    occurred_on as opened_on,
    next_at as left_at,
    next_on as left_on,
    next_change as left_as,
    next_is_from_event as left_by_event
from in_order
where change in ('created', 'reopened')

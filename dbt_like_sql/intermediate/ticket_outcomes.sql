-- What a requester's tickets are compared by: when each was created, when it was first solved, whether it was deleted.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column requester_key: who wrote, a salted hash; empty where the source does not say
-- column created_at: when it was created, UTC [not_null]
-- column created_on: that day in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column region: its region, or `unknown` [not_null]
-- column is_deleted: it has been deleted [not_null]
-- column first_solved_at: when it was first solved, UTC; empty where no event says so, and for a deleted ticket
-- column first_solved_on: that day in the account's zone
-- column is_solved_once: it was never reopened after that; empty as first_solved_at
with spans as (
    select
        source,
        ticket_id,
        bool_or(left_as = 'solved' and left_by_event) as is_solved,
        coalesce(bool_or(left_as = 'deleted'), false) as is_deleted,
        min(left_at) as first_left_at,
        min(left_on) as first_left_on,
        count(*) = 1 as is_left_once
    from ticket_open_spans
    group by source, ticket_id
)

select
    tickets.source,
    tickets.ticket_id,
    tickets.requester_key,
    tickets.created_at,
    tickets.created_on,
    tickets.business_line,
    tickets.user_type,
    tickets.region,
    coalesce(spans.is_deleted, false) as is_deleted,
    case when spans.is_solved and not spans.is_deleted then spans.first_left_at end as first_solved_at,
    case when spans.is_solved and not spans.is_deleted then spans.first_left_on end as first_solved_on,
    case when spans.is_solved and not spans.is_deleted then spans.is_left_once end as is_solved_once
from stg_tickets as tickets
left join spans on spans.source = tickets.source and spans.ticket_id = tickets.ticket_id

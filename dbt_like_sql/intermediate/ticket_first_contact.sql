-- Whether each ticket was resolved at first contact: solved, never reopened, and no new ticket by the same requester on
-- the same theme until 7 days after it was solved. A new ticket that was deleted (spam, sent twice) does not count.
-- grain: ticket
-- owner: team:support-analytics
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column first_solved_on: the day it was first solved, in the account's zone [not_null]
-- column is_first_contact_resolution: it was resolved at first contact; empty where that is not known: while the 7 days
--   are not over or reach past the last day of which all new tickets are here, and where the requester is not known
with first_solves as (
    select
        source,
        ticket_id,
        business_line,
        min(left_at) as first_solved_at,
        min(left_on) as first_solved_on,
        count(*) = 1 as is_solved_once
    from ticket_open_spans
    group by source, ticket_id, business_line
    having bool_or(left_as = 'solved' and left_by_event) and not bool_or(coalesce(left_as = 'deleted', false))
)

select
    solves.source,
    solves.ticket_id,
    solves.business_line,
    solves.first_solved_on,
    case
        when repeats.is_repeat is not null and solves.first_solved_on + interval 7 day <= coverage.volume_until
            then solves.is_solved_once
            and coalesce(repeats.next_at > solves.first_solved_at + interval 7 day, true)
    end as is_first_contact_resolution
from first_solves as solves
join ticket_repeats as repeats on repeats.source = solves.source and repeats.ticket_id = solves.ticket_id
join source_coverage as coverage on coverage.source = solves.source and coverage.has_status_history

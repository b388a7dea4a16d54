-- Whether each ticket was resolved at first contact: solved, never reopened, and no new ticket by the same requester on
-- the same theme until 7 days after it was solved. A new ticket that was deleted (spam, sent twice) does not count.
-- grain: ticket
-- owner: team:support-analytics
-- materialized: view
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column first_solved_on: the day it was first solved, in the account's zone [not_null]
-- column is_first_contact_resolution: it was resolved at first contact; empty where that is not known: while the 7 days
--   are not over or reach past the last day of which all new tickets are here, and where the requester is not known
select
    repeats.source,
    repeats.ticket_id,
    repeats.business_line,
    repeats.first_solved_on,
    case
        when repeats.is_repeat is not null and repeats.first_solved_on + interval 7 day <= coverage.volume_until
            then repeats.is_solved_once
            and coalesce(repeats.next_at > repeats.first_solved_at + interval 7 day, true)
    end as is_first_contact_resolution
from ticket_repeats as repeats
join source_coverage as coverage on coverage.source = repeats.source and coverage.has_status_history
where repeats.first_solved_at is not null

-- Tickets of which it is known whether they were resolved at first contact, counted by the day they were first solved.
-- grain: day, source and business line
-- owner: team:support-analytics
-- unique: first_solved_on, source, business_line
-- column first_solved_on: the day they were first solved, in the account's zone [not_null]
-- column source: where the tickets come from [not_null]
-- column business_line: the line, or `unknown` [not_null]
-- column judged: tickets whose requester has had 7 days to come back [not_null]
-- column resolved_first: how many of them were resolved at first contact, as in ticket_first_contact [not_null]
select
    first_solved_on,
    source,
    business_line,
    count(*) as judged,
    count(*) filter (where is_first_contact_resolution) as resolved_first
from ticket_first_contact
where is_first_contact_resolution is not null
group by first_solved_on, source, business_line

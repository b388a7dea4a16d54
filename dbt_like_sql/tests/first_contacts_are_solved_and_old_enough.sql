-- Tickets called resolved at first contact, or not, that were solved less than 7 days ago, and those called resolved that
-- were reopened.
with spans as (
    select
        source,
        ticket_id,
        count(*) as spans
    from ticket_open_spans
    group by source, ticket_id
)

select
    contacts.source,
    contacts.ticket_id,
    contacts.first_solved_on,
    spans.spans
from ticket_first_contact as contacts
join spans on spans.source = contacts.source and spans.ticket_id = contacts.ticket_id
cross join stg_account as account
where contacts.first_solved_on > account.as_of_on - 7 and contacts.is_first_contact_resolution is not null
    or contacts.is_first_contact_resolution and spans.spans > 1

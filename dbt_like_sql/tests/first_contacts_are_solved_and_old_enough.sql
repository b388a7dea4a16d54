-- Tickets called resolved at first contact, or not, that were solved less than 7 days ago, are open again, or were
-- reopened.
select
    contacts.source,
    contacts.ticket_id,
    contacts.first_solved_on,
    times.is_open,
    times.reopens
from ticket_first_contact as contacts
join ticket_times as times on times.source = contacts.source and times.ticket_id = contacts.ticket_id
cross join stg_account as account
where contacts.first_solved_on > account.as_of_on - 7 and contacts.is_first_contact_resolution is not null
    or contacts.is_first_contact_resolution and (times.is_open or times.reopens > 0)

-- Which tickets have to be made again: those a load brought something new of, and those not solved yet, of which some
-- figures hang on the run's date.
-- grain: ticket and load
-- owner: team:support-analytics
-- materialized: view
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column change: the load, counted up; 0 for a ticket that is not solved [not_null]
-- column changes_until: from this run's date on (UTC) the ticket's figures do not hang on the date any more; without end
--   for a ticket that is not solved [not_null]
select
    source,
    ticket_id,
    change,
    changes_until
from raw.ticket_changes
union all
select
    source,
    ticket_id,
    0,
    cast('9999-12-31' as timestamp)
from raw.tickets
where status not in ('solved', 'closed', 'deleted')

-- What is known of each ticket, one attribute a row: what the source brings and the ticket's own dimensions. For finding
-- out what a group of tickets has in common.
-- grain: ticket and attribute
-- owner: team:support-analytics
-- materialized: view
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column attribute: name of the attribute, such as payment_method, or business_line, user_type, region, channel, language
-- column value: its value; attributes without one have no row
with brought as (
    select
        source,
        ticket_id,
        unnest(map_entries(attributes)) as entry
    from stg_tickets
)

select source, ticket_id, entry.key as attribute, entry.value as value
from brought
where entry.value is not null
    and entry.key not in ('business_line', 'user_type', 'region', 'channel', 'language')
union all
select source, ticket_id, 'business_line', business_line
from stg_tickets
union all
select source, ticket_id, 'user_type', user_type
from stg_tickets
union all
select source, ticket_id, 'region', region
from stg_tickets
union all
select source, ticket_id, 'channel', channel
from stg_tickets
union all
select source, ticket_id, 'language', language
from stg_tickets
where language is not null

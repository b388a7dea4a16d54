-- Which tickets were linked to which issues of partner teams, up to the account's as-of time.
-- grain: ticket and issue
-- owner: team:support-analytics
-- materialized: view
-- unique: source, ticket_id, issue_id
-- column source: the source of the ticket [not_null]
-- column ticket_id: the ticket [not_null]
-- column issue_id: the issue; join on this, a key can change [not_null]
-- column issue_key: the issue's readable key when it was linked
-- column linked_at: when they were linked (UTC); null where the source does not say
select
    links.source,
    links.ticket_id,
    links.issue_id,
    links.issue_key,
    links.linked_at
from raw.issue_links as links
cross join raw.account as account
where coalesce(links.linked_at <= account.as_of, true)

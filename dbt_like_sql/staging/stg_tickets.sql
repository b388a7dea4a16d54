-- Every ticket at its latest known state, of all sources, with its day and hour in the account's time zone.
-- Tickets created after the account's as-of time are left out; deleted tickets stay, with status deleted. What a source
-- reports of a ticket that changed after the as-of time is left out, too: it may count what came later. Ratings, the
-- escalation flag and handle_minutes are those of now; ticket_ratings and ticket_times have what was known by then.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- materialized: view
-- unique: source, ticket_id
-- column source: the source it came from, as named in its mapping [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column created_at: when it was created (UTC) [not_null]
-- column created_on: the day it was created, in the account's time zone [not_null]
-- column created_hour: the hour it was created, in the account's time zone
-- column updated_at: when the source last changed it (UTC)
-- column status: where it stands [accepted: new, open, pending, hold, solved, closed, deleted]
-- column priority: how urgent the source says it is; null where it does not say [accepted: low, normal, high, urgent]
-- column channel: how it arrived [accepted: in_app, chat, email, phone, web, social, api, other]
-- column channel_raw: how it arrived, in the source's own words
-- column business_line: the line of business, 'unknown' where the source does not say [not_null]
-- column user_type: who asks (buyer, merchant, creator, ...), 'unknown' where the source does not say [not_null]
-- column region: where they are, 'unknown' where the source does not say [not_null]
-- column language: the language of the text
-- column group_id: the group that owns it now
-- column requester_key: a salted hash of the requester: the same person has the same key, and no name
-- column subject: the subject line, redacted
-- column body: the first message, redacted
-- column text: subject and body on lines of their own, redacted; null when both are empty
-- column tags: the source's tags
-- column attributes: what else is known of it (payment_method, app_version, ...), by name
-- column csat_offered: whether the requester was asked to rate by now; null where the source does not say
-- column csat_score: how the requester rated it by now; null while unrated [accepted: good, bad]
-- column csat_comment: what the requester wrote with the rating, redacted
-- column csat_reason: why they rated so, from the helpdesk's list of reasons; null where none was chosen or asked for
-- column is_escalated: whether it went from tier 1 to tier 2 by now; null where the source does not say
-- column handle_minutes: minutes agents spent on it by now
-- column reported_sla_met: the source's own word on whether its target was met
-- column reported_solved_at: when the source says it was solved (UTC), also after the as-of time
-- column reported_closed_at: when the source says it was closed (UTC), also after the as-of time
-- column reported_reopens: how often the source says it was reopened
-- column reported_replies: how many replies the source counts
-- column reported_reassignments: how often the source says it was reassigned
-- column reported_first_reply_minutes: creation to first reply, by the source, calendar minutes
-- column reported_first_reply_minutes_business: the same in the source's business minutes
-- column reported_first_resolution_minutes: creation to first solved, by the source, calendar minutes
-- column reported_first_resolution_minutes_business: the same in the source's business minutes
-- column reported_full_resolution_minutes: creation to latest solved, by the source, calendar minutes
-- column reported_full_resolution_minutes_business: the same in the source's business minutes
-- column reported_requester_wait_minutes: time in new, open or hold, by the source, calendar minutes
-- column reported_requester_wait_minutes_business: the same in the source's business minutes
-- column reported_agent_wait_minutes: time in pending, by the source, calendar minutes
-- column reported_agent_wait_minutes_business: the same in the source's business minutes
-- column reported_on_hold_minutes: time on hold, by the source, calendar minutes
-- column reported_on_hold_minutes_business: the same in the source's business minutes
with known_tickets as (
    select
        tickets.*,
        tickets.created_at at time zone 'UTC' at time zone account.time_zone as created_local,
        coalesce(tickets.updated_at <= account.as_of, true) as is_of_then
    from raw.tickets as tickets
    cross join raw.account as account
    where tickets.created_at <= account.as_of
)

select
    source,
    ticket_id,
    created_at,
    cast(created_local as date) as created_on,
    cast(date_trunc('hour', created_local) as timestamp) as created_hour,
    updated_at,
    status,
    priority,
    channel,
    channel_raw,
    coalesce(business_line, 'unknown') as business_line,
    coalesce(user_type, 'unknown') as user_type,
    coalesce(region, 'unknown') as region,
    language,
    group_id,
    requester_key,
    subject,
    body,
    nullif(concat_ws(chr(10), nullif(trim(subject), ''), nullif(trim(body), '')), '') as text,
    tags,
    map_from_entries(attributes) as attributes,
    csat_offered,
    csat_score,
    csat_comment,
    csat_reason,
    is_escalated,
    handle_minutes,
    case when is_of_then then reported_sla_met end as reported_sla_met,
    reported_solved_at,
    reported_closed_at,
    case when is_of_then then reported_reopens end as reported_reopens,
    case when is_of_then then reported_replies end as reported_replies,
    case when is_of_then then reported_reassignments end as reported_reassignments,
    case when is_of_then then reported_first_reply_minutes end as reported_first_reply_minutes,
    case when is_of_then then reported_first_reply_minutes_business end as reported_first_reply_minutes_business,
    case when is_of_then then reported_first_resolution_minutes end as reported_first_resolution_minutes,
    case when is_of_then then reported_first_resolution_minutes_business end as reported_first_resolution_minutes_business,
    case when is_of_then then reported_full_resolution_minutes end as reported_full_resolution_minutes,
    case when is_of_then then reported_full_resolution_minutes_business end as reported_full_resolution_minutes_business,
    case when is_of_then then reported_requester_wait_minutes end as reported_requester_wait_minutes,
    case when is_of_then then reported_requester_wait_minutes_business end as reported_requester_wait_minutes_business,
    case when is_of_then then reported_agent_wait_minutes end as reported_agent_wait_minutes,
    case when is_of_then then reported_agent_wait_minutes_business end as reported_agent_wait_minutes_business,
    case when is_of_then then reported_on_hold_minutes end as reported_on_hold_minutes,
    case when is_of_then then reported_on_hold_minutes_business end as reported_on_hold_minutes_business
from known_tickets

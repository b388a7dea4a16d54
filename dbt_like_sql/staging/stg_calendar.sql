-- What is known to move volume or cause tickets, past and to come: campaigns, holidays, releases, incidents.
-- grain: calendar event
-- owner: team:support-analytics
-- materialized: view
-- column event_id: the event [not_null, unique]
-- column kind: what it is [accepted: campaign, holiday, release, incident, ato_wave, sop_change, training]
-- column name: what people call it
-- column starts_at: when it begins (UTC) [not_null]
-- column ends_at: when it ends (UTC) [not_null]
-- column starts_on: its first day, in the account's time zone [not_null]
-- column ends_on: its last day, in the account's time zone [not_null]
-- column business_line: the line of business it concerns; null: all
-- column region: the region it concerns; null: all
-- column size: its reach relative to others of its kind; null where nobody knows
select
    calendar.event_id,
    calendar.kind,
    calendar.name,
    calendar.starts_at,
    calendar.ends_at,
    cast(calendar.starts_at at time zone 'UTC' at time zone account.time_zone as date) as starts_on,
    cast(calendar.ends_at at time zone 'UTC' at time zone account.time_zone as date) as ends_on,
    calendar.business_line,
    calendar.region,
    calendar.size
from raw.calendar as calendar
cross join raw.account as account

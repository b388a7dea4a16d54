-- Every change of a ticket up to the account's as-of time. A change of status is exactly one event:
-- solved, reopened, deleted, or else status_changed. A change of the rating is `rated`, from and to offered, good or bad.
-- grain: ticket event
-- owner: team:support-analytics
-- incremental: ticket
-- materialized: view
-- unique: source, event_id
-- column source: the source it came from [not_null]
-- column event_id: the event, unique within its source [not_null]
-- column ticket_id: the ticket it changed [not_null]
-- column occurred_at: when it happened (UTC) [not_null]
-- column occurred_on: the day it happened, in the account's time zone
-- column kind: what happened [accepted: created, assigned, public_reply, internal_note, status_changed, group_changed,
--    priority_changed, escalated, reopened, solved, sla_applied, sla_breached, deleted, rated]
-- column from_value: the value before, where the kind has one
-- column to_value: the value after, where the kind has one
-- column actor_kind: who did it; null where the source does not say [accepted: agent, requester, system]
select
    events.source,
    events.event_id,
    events.ticket_id,
    events.occurred_at,
    cast(events.occurred_at at time zone 'UTC' at time zone account.time_zone as date) as occurred_on,
    events.kind,
    events.from_value,
    events.to_value,
    events.actor_kind
from raw.ticket_events as events
cross join raw.account as account
where events.occurred_at <= account.as_of

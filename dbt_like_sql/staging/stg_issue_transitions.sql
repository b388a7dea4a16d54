-- Every change of an issue's status, team or another field, up to the account's as-of time.
-- grain: issue transition
-- owner: team:support-analytics
-- materialized: view
-- unique: source, transition_id
-- column source: the source it came from [not_null]
-- column transition_id: the transition, unique within its source [not_null]
-- column issue_id: the issue that changed [not_null]
-- column occurred_at: when it changed (UTC) [not_null]
-- column field: what changed (status, team, ...)
-- column from_value: the value before
-- column to_value: the value after
select
    transitions.source,
    transitions.transition_id,
    transitions.issue_id,
    transitions.occurred_at,
    transitions.field,
    transitions.from_value,
    transitions.to_value
from raw.issue_transitions as transitions
cross join raw.account as account
where transitions.occurred_at <= account.as_of

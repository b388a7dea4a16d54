-- The service targets, versioned: a row holds from valid_from until before valid_to.
-- grain: policy, metric, business line, priority, channel and period
-- owner: team:support-analytics
-- materialized: view
-- unique: policy_id, metric, business_line, priority, channel, valid_from
-- column policy_id: the policy [not_null]
-- column metric: what is measured [accepted: first_reply, next_reply, requester_wait, agent_work, resolution,
--    pausable_update, periodic_update]
-- column business_line: the line of business it applies to; null: any
-- column priority: the priority it applies to; null: any
-- column channel: the channel it applies to; null: any
-- column target_minutes: the minutes within which it must happen
-- column clock: which minutes count [accepted: business, calendar]
-- column valid_from: since when this row holds (UTC) [not_null]
-- column valid_to: until when it held (UTC); null: it still does
select
    policy_id,
    metric,
    business_line,
    priority,
    channel,
    target_minutes,
    clock,
    valid_from,
    valid_to
from raw.sla_policies

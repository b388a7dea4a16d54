-- Work arriving at a tier: a ticket created there, or escalated to it.
-- grain: ticket and tier
-- owner: team:support-analytics
-- incremental: ticket
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column channel: the channel it came in by [not_null]
-- column region: its region, or `unknown` [not_null]
-- column tier: the tier it arrived at; `unknown` where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column arrived_hour: the hour it arrived, in the account's zone [not_null]
-- column is_new: it was created then; false for a ticket escalated from tier 1 [not_null]
select
    source,
    ticket_id,
    business_line,
    user_type,
    channel,
    region,
    coalesce(cast(first_tier as varchar), 'unknown') as tier,
    created_hour as arrived_hour,
    true as is_new
from ticket_times
union all
select
    times.source,
    times.ticket_id,
    times.business_line,
    times.user_type,
    times.channel,
    times.region,
    '2',
    date_trunc('hour', times.moved_to_tier_2_at at time zone 'UTC' at time zone account.time_zone),
    false
from ticket_times as times
cross join stg_account as account
where times.moved_to_tier_2_at is not null and times.first_tier is distinct from 2

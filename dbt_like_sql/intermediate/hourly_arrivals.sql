-- Tickets created and work arriving in each hour, by source and segment; hourly_volume without what it leaves out.
-- grain: hour, source, business line, user type, channel, region and tier
-- owner: team:capacity-planning
-- incremental: arrived_hour
-- unique: arrived_hour, source, business_line, user_type, channel, region, tier
-- column arrived_hour: beginning of the hour on the account's clock [not_null]
-- column source: where the tickets come from [not_null]
-- column business_line: business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column channel: the channel the tickets came in by [not_null]
-- column region: region, or `unknown` [not_null]
-- column tier: the tier the work arrived at; `unknown` where the groups table does not say [not_null]
-- column tickets_created: tickets created, deleted ones included; every ticket counts once [not_null]
-- column tickets_arrived: tickets created there and tickets escalated to it from tier 1 in that hour [not_null]
select
    arrived_hour,
    source,
    business_line,
    user_type,
    channel,
    region,
    tier,
    count(*) filter (where is_new) as tickets_created,
    count(*) as tickets_arrived
from ticket_arrivals
group by arrived_hour, source, business_line, user_type, channel, region, tier

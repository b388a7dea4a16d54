-- Tickets created and work arriving in each hour, by source and segment. Hours in which nothing came have no row;
-- leftovers opened after the end of an export are left out, as in daily_volume.
-- grain: hour, source, business line, user type, channel, region and tier
-- owner: team:capacity-planning
-- materialized: view
-- unique: hour, source, business_line, user_type, channel, region, tier
-- column hour: beginning of the hour on the account's clock. Where clocks go back, the hour that comes twice holds both
--   [not_null]
-- column source: where the tickets come from [not_null]
-- column business_line: business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column channel: the channel the tickets came in by [not_null]
-- column region: region, or `unknown` [not_null]
-- column tier: the tier the work arrived at; `unknown` where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column tickets_created: tickets created, deleted ones included; every ticket counts once [not_null]
-- column tickets_arrived: work arriving at the tier: tickets created there and tickets escalated to it from tier 1 in
--   that hour [not_null]
select
    arrivals.arrived_hour as hour,
    arrivals.source,
    arrivals.business_line,
    arrivals.user_type,
    arrivals.channel,
    arrivals.region,
    arrivals.tier,
    arrivals.tickets_created,
    arrivals.tickets_arrived
from hourly_arrivals as arrivals
join source_coverage as coverage
    on coverage.source = arrivals.source
    and cast(arrivals.arrived_hour as date) between coverage.volume_from and coverage.volume_until

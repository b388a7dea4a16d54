-- Tickets created and work arriving on each day, by segment. Days on which nothing came have no row. Only days for which
-- a ticket's source has all its new tickets: leftovers opened after the end of an export are left out.
-- grain: day, business line, user type, channel, region and tier
-- owner: team:capacity-planning
-- unique: date, business_line, user_type, channel, region, tier
-- column date: the day in the account's zone [not_null]
-- column business_line: business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column channel: the channel the tickets came in by [not_null]
-- column region: region, or `unknown` [not_null]
-- column tier: tier of the group that first owned the ticket; `unknown` without groups
--   [not_null, accepted: 1, 2, unknown]
-- column tickets_created: tickets created, deleted ones included; every ticket counts once [not_null]
-- metric tickets_created: Tickets created
-- column tickets_arrived: work arriving at the tier: tickets created there and tickets escalated to it from tier 1 on
--   that day. An escalated ticket arrives twice, once at each tier [not_null]
-- metric tickets_arrived: Arrivals, work reaching a tier
-- trap tickets_arrived: an escalated ticket arrives twice: add tiers up as work, not as customers
-- zendesk tickets_arrived: Explore has no such number
select
    cast(hour as date) as date,
    business_line,
    user_type,
    channel,
    region,
    tier,
    cast(sum(tickets_created) as bigint) as tickets_created,
    cast(sum(tickets_arrived) as bigint) as tickets_arrived
from hourly_volume
group by cast(hour as date), business_line, user_type, channel, region, tier

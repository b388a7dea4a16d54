-- How near the open tickets are to their service targets, as of the run's date.
-- grain: business line, tier, vendor, metric and band
-- owner: team:support-analytics
-- unique: business_line, tier, vendor, metric, band
-- column business_line: the line, or `unknown` [not_null]
-- column tier: tier of the group that has the ticket, or had it at the breach; `unknown` where the groups table does not
--   say [not_null]
-- column vendor: that group's vendor, `inhouse`, or `unknown` [not_null]
-- column metric: what is measured, as in sla_instances [not_null]
-- column band: how much of the target has elapsed, in % [not_null, accepted: under 50, 50-75, 76-85, 86-95, over 95,
--   breached]
-- column tickets: open tickets with a clock, running or paused, that has used up that share of its target; 86 % or more is
--   near a breach [not_null]
-- metric tickets: Open tickets by share of the target elapsed
-- trap tickets: a paused clock keeps its band until it goes on
-- zendesk tickets: Explore's bands of nearing a breach, which it takes at the hour it was last loaded
select
    business_line,
    coalesce(cast(tier as varchar), 'unknown') as tier,
    coalesce(vendor, 'unknown') as vendor,
    metric,
    band,
    count(*) as tickets
from sla_instances
where band is not null
group by business_line, coalesce(cast(tier as varchar), 'unknown'), coalesce(vendor, 'unknown'), metric, band

-- Service targets kept and broken by day, line, tier, vendor and metric. A broken target counts on the day its clock
-- passed it, a kept one on the day its clock ended; a day without either has no row. Targets of deleted tickets count
-- only where broken before.
-- grain: day, business line, tier, vendor and metric
-- owner: team:support-analytics
-- incremental: date
-- unique: date, business_line, tier, vendor, metric
-- column date: the day in the account's zone [not_null]
-- column business_line: the line, or `unknown` [not_null]
-- column tier: tier of the group that had the ticket at the breach, else at the clock's end; `unknown` where the groups
--   table does not say [not_null]
-- column vendor: that group's vendor, `inhouse`, or `unknown` [not_null]
-- column metric: what is measured, as in sla_instances [not_null]
-- column achieved: targets kept [not_null]
-- column breached: targets broken [not_null]
-- column target_share: targets kept out of those kept or broken on the day: achieved / (achieved + breached) [not_null]
-- metric target_share: SLA target %
-- trap target_share: a clock that runs and has not passed its target is in neither number, so a backlog looks better than
--   it is until it is worked off
-- trap target_share: a day on which old tickets are worked off has few breaches, for they were counted when they happened
-- zendesk target_share: the same share; Explore puts each target at the ticket's or the update's date as the report asks,
--   leaves deleted tickets out and counts business hours by the ticket's last schedule
select
    date,
    business_line,
    coalesce(cast(tier as varchar), 'unknown') as tier,
    coalesce(vendor, 'unknown') as vendor,
    metric,
    count(*) filter (where not is_breached) as achieved,
    count(*) filter (where is_breached) as breached,
    avg(case when is_breached then 0.0 else 1.0 end) as target_share
from sla_instances
where date is not null
group by date, business_line, coalesce(cast(tier as varchar), 'unknown'), coalesce(vendor, 'unknown'), metric

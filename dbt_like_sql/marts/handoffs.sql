-- How often each group hands tickets to each other group, in the last 28 days and before.
-- grain: period, handing and receiving group
-- owner: team:support-analytics
-- unique: period, from_group_id, from_tier, from_vendor, to_group_id, to_tier, to_vendor
-- column period: the 28 days up to the run's date, or all the time before [not_null, accepted: last 28 days, before]
-- column from_group_id: the group that hands over [not_null]
-- column from_tier: its tier at the time; `unknown` where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column from_vendor: its vendor at the time, `inhouse`, or `unknown` [not_null]
-- column to_group_id: the group that receives, another one [not_null]
-- column to_tier: its tier at the time; `unknown` where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column to_vendor: its vendor at the time, `inhouse`, or `unknown` [not_null]
-- column tickets: tickets handed over in that period and direction, each once [not_null]
-- column handoffs: times a ticket was handed over [not_null]
-- metric handoffs: Handoffs between groups
-- trap handoffs: a first sorting by a trigger is a handoff, too, if the ticket had a group before
-- zendesk handoffs: Explore counts a ticket's group stations, one more than its handoffs
-- column minutes_before_median: median calendar minutes the ticket had been unsolved with the handing group; empty where
--   the source never says when it solves
-- metric minutes_before_median: Time before a handoff, median (calendar minutes)
-- trap minutes_before_median: waiting for the requester is in it
-- zendesk minutes_before_median: not in Explore
with moves as (
    select
        stations.source,
        stations.ticket_id,
        stations.from_group_id,
        coalesce(cast(stations.from_tier as varchar), 'unknown') as from_tier,
        coalesce(stations.from_vendor, 'unknown') as from_vendor,
        stations.group_id as to_group_id,
        coalesce(cast(stations.tier as varchar), 'unknown') as to_tier,
        coalesce(stations.vendor, 'unknown') as to_vendor,
        cast(stations.minutes_before as double) as minutes_before,
        case
            when stations.owned_from > account.as_of - interval 28 day then 'last 28 days'
            else 'before'
        end as period
    from ticket_stations as stations
    cross join stg_account as account
    where stations.from_group_id <> stations.group_id
)

select
    period,
    from_group_id,
    from_tier,
    from_vendor,
    to_group_id,
    to_tier,
    to_vendor,
    count(distinct (source, ticket_id)) as tickets,
    count(*) as handoffs,
    median(minutes_before) as minutes_before_median
from moves
group by period, from_group_id, from_tier, from_vendor, to_group_id, to_tier, to_vendor

-- What became of the tickets that tier 1 owned first, by group history: escalated to tier 2, handed to a partner team (on
-- hold with tier 2, or linked to a partner team's issue), returned, sent to and fro, and how long each had them. By the
-- week of the creation, so the last weeks' rates can still rise. Tickets of sources without tiers have no row.
-- grain: week, business line and vendor
-- owner: team:support-analytics
-- incremental: week
-- unique: week, business_line, vendor
-- column week: Monday of the week the tickets were created in, in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column vendor: the vendor of tier 1, or `all` for all vendors together [not_null]
-- column tickets_tier_1: tickets first owned by tier 1 [not_null]
-- column escalated: how many of them were moved from a group of tier 1 to one of tier 2 [not_null]
-- column escalation_rate: tickets that have been moved to tier 2 since, out of those created in the week and first owned by tier 1 [not_null]
-- metric escalation_rate: Escalation rate, share of a week's tier-1 tickets escalated since
-- trap escalation_rate: tickets of the last days may still be escalated: compare weeks that are a few weeks old
-- trap escalation_rate: not the weekly KPI, which counts escalations in the week they happened, of older tickets too
-- zendesk escalation_rate: not in Explore, which knows no tiers; its group stations count every group
-- column low: lower end of its 95 % interval (Wilson 1927) [not_null]
-- column high: upper end of its 95 % interval [not_null]
-- column to_partner: how many of the tickets tier 1 owned first were on hold with tier 2 or linked to a partner team's
--   issue, escalated or not [not_null]
-- metric to_partner: Tickets handed to a partner team
-- trap to_partner: a ticket on hold may wait for somebody other than a partner team
-- zendesk to_partner: not in Explore
-- column returned: how many of them tier 2 moved back to tier 1 at least once [not_null]
-- metric returned: Escalations returned to tier 1
-- trap returned: a ticket that tier 2 sends back with the answer counts as much as one it should never have got
-- zendesk returned: not in Explore
-- column ping_pong: how many of them crossed between the tiers twice or more after the first escalation [not_null]
-- metric ping_pong: Tickets sent to and fro between the tiers
-- trap ping_pong: few tickets, so it jumps from week to week
-- zendesk ping_pong: not in Explore
-- column tier_1_minutes_median: median of their unsolved minutes in tier 1, calendar; empty where the source never says
--   when it solves
-- metric tier_1_minutes_median: Time with tier 1, median (calendar minutes)
-- trap tier_1_minutes_median: waiting for the requester is in it
-- zendesk tier_1_minutes_median: not in Explore by tier
-- column tier_1_minutes_mean: their mean
-- column tier_2_minutes_median: median unsolved minutes in tier 2, of those escalated
-- metric tier_2_minutes_median: Time with tier 2, median (calendar minutes)
-- trap tier_2_minutes_median: minutes on hold for a partner team are in it
-- zendesk tier_2_minutes_median: not in Explore by tier
-- column tier_2_minutes_mean: their mean
-- column partner_hold_minutes_median: median minutes on hold, of those that were on hold at all
-- metric partner_hold_minutes_median: Time on hold for a partner team, median (calendar minutes)
-- trap partner_hold_minutes_median: teams that never set tickets on hold have none
-- zendesk partner_hold_minutes_median: Explore's on-hold time, there over all tickets
-- column partner_hold_minutes_mean: their mean
with linked as (
    select source, ticket_id
    from stg_issue_links
    group by source, ticket_id
),

flows as (
    select
        flows.week,
        flows.business_line,
        flows.vendor,
        flows.is_escalated,
        flows.is_on_hold_with_tier_2 or linked.ticket_id is not null as is_with_partner,
        flows.is_returned,
        flows.is_ping_pong,
        flows.tier_1_minutes,
        flows.tier_2_minutes,
        flows.hold_minutes
    from ticket_flows as flows
    left join linked on linked.source = flows.source and linked.ticket_id = flows.ticket_id
),

counts as (
    select
        week,
        coalesce(business_line, 'all') as business_line,
        coalesce(vendor, 'all') as vendor,
        count(*) as tickets_tier_1,
        count(*) filter (where is_escalated) as escalated,
        cast(count(*) filter (where is_escalated) as double) / count(*) as escalation_rate,
        count(*) filter (where is_with_partner) as to_partner,
        count(*) filter (where is_returned) as returned,
        count(*) filter (where is_ping_pong) as ping_pong,
        median(tier_1_minutes) as tier_1_minutes_median,
        avg(tier_1_minutes) as tier_1_minutes_mean,
        median(tier_2_minutes) as tier_2_minutes_median,
        avg(tier_2_minutes) as tier_2_minutes_mean,
        median(hold_minutes) as partner_hold_minutes_median,
        avg(hold_minutes) as partner_hold_minutes_mean
    from flows
    group by grouping sets ((week, business_line, vendor), (week, business_line), (week, vendor), (week))
)

select
    week,
    business_line,
    vendor,
    tickets_tier_1,
    escalated,
    escalation_rate,
    wilson_low(escalation_rate, tickets_tier_1) as low,
    wilson_high(escalation_rate, tickets_tier_1) as high,
    to_partner,
    returned,
    ping_pong,
    tier_1_minutes_median,
    tier_1_minutes_mean,
    tier_2_minutes_median,
    tier_2_minutes_mean,
    partner_hold_minutes_median,
    partner_hold_minutes_mean
from counts

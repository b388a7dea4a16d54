-- What became of each ticket that tier 1 owned first, by its group history. Tickets that tier 1 did not own first have no
-- row.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column week: Monday of the week it was created in, in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column vendor: vendor of the group that owned it first, or `unknown` [not_null]
-- column is_escalated: it was moved from a group of tier 1 to one of tier 2 [not_null]
-- column is_on_hold_with_tier_2: it was on hold while tier 2 had it [not_null]
-- column is_returned: tier 2 moved it back to tier 1 [not_null]
-- column is_ping_pong: it crossed between the tiers twice or more after the first escalation [not_null]
-- column tier_1_minutes: its unsolved minutes in tier 1, calendar; empty where the source never says when it solves
-- column tier_2_minutes: its unsolved minutes in tier 2; empty if it was not escalated
-- column hold_minutes: its minutes on hold; empty without any
with stations as (
    select
        source,
        ticket_id,
        max_by(vendor, -position) as vendor,
        max_by(tier, -position) as first_tier,
        count(*) filter (where came_by = 'escalated') as escalations,
        count(*) filter (where came_by = 'returned') as returns,
        sum(minutes) filter (where tier = 1) as tier_1_minutes,
        sum(minutes) filter (where tier = 2) as tier_2_minutes,
        sum(hold_minutes) as hold_minutes,
        sum(hold_minutes) filter (where tier = 2) as tier_2_hold_minutes
    from ticket_stations
    group by source, ticket_id
    having first_tier = 1
)

select
    stations.source,
    stations.ticket_id,
    cast(date_trunc('week', tickets.created_on) as date) as week,
    tickets.business_line,
    coalesce(stations.vendor, 'unknown') as vendor,
    stations.escalations > 0 as is_escalated,
    coalesce(stations.tier_2_hold_minutes, 0) > 0 as is_on_hold_with_tier_2,
    stations.returns > 0 as is_returned,
    stations.escalations + stations.returns >= 3 as is_ping_pong,
    cast(stations.tier_1_minutes as double) as tier_1_minutes,
    case when stations.escalations > 0 then cast(stations.tier_2_minutes as double) end as tier_2_minutes,
    nullif(cast(stations.hold_minutes as double), 0) as hold_minutes
from stations
join stg_tickets as tickets on tickets.source = stations.source and tickets.ticket_id = stations.ticket_id

-- Open tickets at the start and end of each day by who had them, and what moved them:
-- start + created + reopened + moved in - moved out - solved - deleted = end.
-- Who has a ticket is the tier and vendor of its group; handing it on within them moves nothing. A ticket that gets its
-- first group on the day it was created belongs to it from the start. Starts and ends are counted from where each ticket
-- stood at the end of the day, movements from its changes. Combinations with nothing open and nothing moved have no row.
-- grain: day, business line, tier and vendor
-- owner: team:support-analytics
-- unique: date, business_line, tier, vendor
-- column date: the day in the account's zone; the day of the run's date up to that moment [not_null]
-- column business_line: the line, or `unknown` [not_null]
-- column tier: tier of the group that had the tickets; `unknown` without a group or where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column vendor: vendor of that group, `inhouse`, or `unknown` [not_null]
-- column open_at_start: tickets open there at the end of the day before [not_null]
-- column created: tickets created there [not_null]
-- column reopened: reopenings of tickets that were there; a ticket counts each time [not_null]
-- column moved_in: open tickets that came from another tier or vendor, or whose group changed its tier or vendor; a ticket
--   counts each time [not_null]
-- metric moved_in: Open tickets taken over from another tier or vendor
-- trap moved_in: a ticket sent to and fro counts each time
-- zendesk moved_in: not in Explore, which knows no tiers and vendors
-- column moved_out: open tickets that went to another tier or vendor; a ticket counts each time [not_null]
-- metric moved_out: Open tickets handed to another tier or vendor
-- trap moved_out: a backlog can shrink by handing tickets on: read it beside the solved tickets
-- zendesk moved_out: not in Explore, which knows no tiers and vendors
-- column solved: solvings of tickets that were there; a ticket counts each time [not_null]
-- column deleted: tickets deleted while they were open there [not_null]
-- column open_at_end: tickets open there at the end of the day [not_null]
-- metric open_at_end: Backlog by tier and vendor, open tickets
-- trap open_at_end: a ticket is with the group it is in, also while it waits for the requester or a partner team
-- zendesk open_at_end: the same count by present group, from a snapshot within the hour after midnight
with counts as (
    select
        date,
        business_line,
        tier,
        vendor,
        movement,
        count(*) as tickets
    from ticket_backlog_moves
    group by all
    union all
    select
        date,
        business_line,
        tier,
        vendor,
        'open at end',
        sum(tickets)
    from backlog_days
    group by all
    union all
    select
        backlog.date + 1,
        backlog.business_line,
        backlog.tier,
        backlog.vendor,
        'open at start',
        sum(backlog.tickets)
    from backlog_days as backlog
    join days on days.date = backlog.date + 1
    group by all
)

select
    date,
    business_line,
    tier,
    vendor,
    cast(coalesce(sum(tickets) filter (where movement = 'open at start'), 0) as bigint) as open_at_start,
    cast(coalesce(sum(tickets) filter (where movement = 'created'), 0) as bigint) as created,
    cast(coalesce(sum(tickets) filter (where movement = 'reopened'), 0) as bigint) as reopened,
    cast(coalesce(sum(tickets) filter (where movement = 'moved in'), 0) as bigint) as moved_in,
    cast(coalesce(sum(tickets) filter (where movement = 'moved out'), 0) as bigint) as moved_out,
    cast(coalesce(sum(tickets) filter (where movement = 'solved'), 0) as bigint) as solved,
    cast(coalesce(sum(tickets) filter (where movement = 'deleted'), 0) as bigint) as deleted,
    cast(coalesce(sum(tickets) filter (where movement = 'open at end'), 0) as bigint) as open_at_end
from counts
group by date, business_line, tier, vendor

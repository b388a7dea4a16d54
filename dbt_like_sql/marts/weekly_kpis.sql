-- How the service did in each week, Monday to Sunday, by business line and for all together. Every week from the line's
-- first ticket on has a row; a time or a rate that nothing was measured for is empty. Medians are of the week's tickets.
-- grain: week and business line
-- owner: team:support-analytics
-- unique: week, business_line
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column is_whole: all seven days are over, lie where at least one source has all its new tickets, and do not begin before
--   the line's first ticket; only whole weeks can be compared [not_null]
-- column tickets_created: tickets created in the week, deleted ones included [not_null]
-- metric tickets_created: Tickets created
-- trap tickets_created: deleted tickets count: they were work when they came
-- zendesk tickets_created: Explore leaves deleted tickets out of its Tickets dataset
-- column tickets_solved: times a ticket was solved; a ticket solved again after a reopening counts again. Empty where no
--   source of the line says when it solves
-- metric tickets_solved: Tickets solved
-- trap tickets_solved: solvings, not tickets: a ticket solved twice counts twice
-- zendesk tickets_solved: Explore counts a ticket once, at its latest solving, so weeks that are over lose tickets
--   when they are reopened
-- column backlog: tickets not solved, closed or deleted at the end of the week; empty where no source of the line
--   says when it solves
-- metric backlog: Backlog, open tickets
-- trap backlog: a smaller backlog may only mean that tickets were solved without being finished: read it beside the
--   reopen rate
-- zendesk backlog: the same count, from a snapshot of each ticket within the hour after midnight, so tickets that
--   changed in that hour differ
-- column first_replies: tickets that got their first reply in the week [not_null]
-- column first_reply_minutes_median: median time from creation to the first public reply of an agent, of tickets that
--   got it in the week; calendar minutes
-- metric first_reply_minutes_median: First reply time, median (calendar minutes)
-- trap first_reply_minutes_median: tickets without any reply are not in it, so it can fall while more are left
--   unanswered
-- trap first_reply_minutes_median: counted in the week of the reply, not of the creation
-- zendesk first_reply_minutes_median: the same time for each ticket; Explore puts it at the week the ticket was
--   created in, so its last weeks still change
-- column first_reply_minutes_p90: time to the first reply that nine of ten of these tickets did not exceed
-- metric first_reply_minutes_p90: First reply time, slowest tenth (calendar minutes)
-- trap first_reply_minutes_p90: tickets without any reply are not in it
-- zendesk first_reply_minutes_p90: the same time for each ticket, put at the week of the creation
-- column full_resolutions: tickets solved in the week and not reopened since [not_null]
-- column full_resolution_minutes_median: median time from creation to the latest solving, of tickets solved in the week
--   and not reopened since; calendar minutes
-- metric full_resolution_minutes_median: Full resolution time, median (calendar minutes)
-- trap full_resolution_minutes_median: it changes afterwards: a ticket that is reopened leaves the week it was solved
--   in
-- zendesk full_resolution_minutes_median: the same time for each ticket
-- column full_resolution_minutes_p90: time to the latest solving that nine of ten of these tickets did not exceed
-- metric full_resolution_minutes_p90: Full resolution time, slowest tenth (calendar minutes)
-- trap full_resolution_minutes_p90: one week in which old tickets are cleared raises it, though nothing got slower
-- zendesk full_resolution_minutes_p90: the same time for each ticket
-- column csat_good: good ratings of tickets last solved in the week; created, where no solving is known [not_null]
-- column csat_rated: good and bad ratings of these tickets [not_null]
-- column csat_offered: how many of these tickets' requesters were asked for a rating; empty for none or not known
-- column csat: good ratings out of good and bad ones: csat_good / csat_rated
-- metric csat: CSAT
-- column csat_low: lower end of its 95 % interval (Wilson 1927)
-- column csat_high: upper end of its 95 % interval
-- column csat_response_rate: share of the requesters asked who rated
-- metric csat_response_rate: CSAT response rate
-- column reopened_tickets: solvings of a ticket that had been solved before; empty where no source of the line has a
--   history of the status
-- column reopen_rate: solvings of a ticket that had been solved before, out of all: reopened_tickets / tickets_solved
-- metric reopen_rate: Reopen rate
-- trap reopen_rate: a ticket solved and reopened in one update is no reopening
-- zendesk reopen_rate: Explore divides reopened tickets by tickets solved; ours counts each solving of a ticket that
--   had been solved before
-- column escalated_tickets: tickets first owned by tier 1 that were first moved to tier 2 in the week. Where the
--   source has no tiers: tickets created in the week that it calls escalated. Empty for none or not known
-- column escalation_base: tickets created in the week that tier 1 owned first; where the source has no tiers, those of
--   which it says whether they were escalated
-- column escalation_rate: tickets of tier 1 first moved to tier 2 in the week, whenever they were created, for each
--   ticket created in the week that tier 1 owned first: escalated_tickets / escalation_base. No share: it can be above 1
-- metric escalation_rate: Escalations per new ticket of tier 1
-- trap escalation_rate: not the share of a week's tickets that were escalated, which escalation_flow has: tickets
--   escalated in the week may be older, so it rises where volume falls, and can be above 1
-- trap escalation_rate: where volume jumps, it first falls and follows late
-- zendesk escalation_rate: Explore knows no tiers; they come from the groups table of this pipeline
with backlog as (
    select
        date,
        coalesce(business_line, 'all') as business_line,
        cast(sum(open_at_end) as bigint) as backlog
    from daily_backlog
    group by grouping sets ((date, business_line), (date))
)

select
    periods.period_start as week,
    periods.business_line,
    weeks.is_whole and lines.first_created_on <= weeks.week as is_whole,
    periods.tickets_created,
    periods.tickets_solved,
    backlog.backlog,
    periods.first_replies,
    periods.first_reply_minutes_median,
    periods.first_reply_minutes_p90,
    periods.full_resolutions,
    periods.full_resolution_minutes_median,
    periods.full_resolution_minutes_p90,
    periods.csat_good,
    periods.csat_rated,
    periods.csat_offered,
    periods.csat,
    periods.csat_low,
    periods.csat_high,
    periods.csat_response_rate,
    periods.reopened_tickets,
    periods.reopen_rate,
    periods.escalated_tickets,
    periods.escalation_base,
    periods.escalation_rate
from kpi_periods as periods
join weeks on weeks.week = periods.period_start
join business_lines as lines on lines.business_line = periods.business_line
left join backlog on backlog.date = weeks.last_day and backlog.business_line = periods.business_line
where periods.granularity = 'week'

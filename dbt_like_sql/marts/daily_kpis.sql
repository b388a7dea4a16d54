-- How the service did on each day, by business line and for all together. Every day from the line's first ticket on has
-- a row; a time or a rate that nothing was measured for is empty.
-- grain: day and business line
-- owner: team:support-analytics
-- unique: date, business_line
-- column date: the day in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column is_whole: the day is over at the run's date [not_null]
-- column tickets_created: tickets created in the day, deleted ones included [not_null]
-- metric tickets_created: Tickets created
-- column tickets_solved: times a ticket was solved; a ticket solved again after a reopening counts again. Empty where no
--   source of the line says when it solves
-- metric tickets_solved: Tickets solved
-- column backlog: tickets not solved, closed or deleted at the end of the day; empty where no source of the line
--   says when it solves
-- metric backlog: Backlog, open tickets
-- column first_replies: tickets that got their first reply in the day [not_null]
-- column first_reply_minutes_median: median time from creation to the first public reply of an agent, of tickets that
--   got it in the day; calendar minutes
-- metric first_reply_minutes_median: First reply time, median (calendar minutes)
-- column first_reply_minutes_p90: time to the first reply that nine of ten of these tickets did not exceed
-- metric first_reply_minutes_p90: First reply time, slowest tenth (calendar minutes)
-- column full_resolutions: tickets solved in the day and not reopened since [not_null]
-- column full_resolution_minutes_median: median time from creation to the latest solving, of tickets solved in the day
--   and not reopened since; calendar minutes
-- metric full_resolution_minutes_median: Full resolution time, median (calendar minutes)
-- column full_resolution_minutes_p90: time to the latest solving that nine of ten of these tickets did not exceed
-- metric full_resolution_minutes_p90: Full resolution time, slowest tenth (calendar minutes)
-- column csat_good: good ratings of tickets last solved in the day; created, where no solving is known [not_null]
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
-- column escalated_tickets: tickets first owned by tier 1 that were first moved to tier 2 in the day. Where the
--   source has no tiers: tickets created in the day that it calls escalated. Empty for none or not known
-- column escalation_base: tickets created in the day that tier 1 owned first; where the source has no tiers, those of
--   which it says whether they were escalated
-- column escalation_rate: tickets of tier 1 first moved to tier 2 in the day, whenever they were created, for each
--   ticket created in the day that tier 1 owned first: escalated_tickets / escalation_base. No share: it can be above 1
-- metric escalation_rate: Escalations per new ticket of tier 1
with backlog as (
    select
        date,
        coalesce(business_line, 'all') as business_line,
        cast(sum(open_at_end) as bigint) as backlog
    from daily_backlog
    group by grouping sets ((date, business_line), (date))
)

select
    periods.period_start as date,
    periods.business_line,
    days.is_whole,
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
join days on days.date = periods.period_start
left join backlog on backlog.date = periods.period_start and backlog.business_line = periods.business_line
where periods.granularity = 'day'

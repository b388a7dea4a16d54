-- Service figures of every day and of every week, by business line and for all lines together: one calculation for
-- both, so that they cannot differ. daily_kpis and weekly_kpis show it.
-- grain: granularity, period and business line
-- owner: team:support-analytics
-- unique: granularity, period_start, business_line
-- column granularity: day, or week from Monday to Sunday [not_null, accepted: day, week]
-- column period_start: the day, or the week's Monday, in the account's zone [not_null]
-- column business_line: the line, or `all` [not_null]
-- column tickets_created: tickets created [not_null]
-- column tickets_solved: times a ticket was solved; a ticket solved again after a reopening counts again. Empty where no
--   source of the line says when it solves
-- column first_replies: tickets that got their first reply [not_null]
-- column first_reply_minutes_median: median of their first reply times
-- column first_reply_minutes_p90: nine of ten were not slower
-- column full_resolutions: tickets solved for the last time so far [not_null]
-- column full_resolution_minutes_median: median of their times from creation to that solving
-- column full_resolution_minutes_p90: nine of ten were not slower
-- column csat_good: good ratings of tickets last solved in the period; created, where no solving is known [not_null]
-- column csat_rated: good and bad ratings of these tickets [not_null]
-- column csat_offered: tickets among them whose requester was asked for a rating; empty for none or not known
-- column csat: csat_good / csat_rated
-- column csat_low: lower end of its 95 % interval (Wilson 1927)
-- column csat_high: upper end
-- column csat_response_rate: share of the requesters asked who rated
-- column reopened_tickets: times a ticket was solved that had been solved before; empty where no source of the line has a
--   history of the status
-- column reopen_rate: reopened_tickets / tickets_solved
-- column escalated_tickets: tickets first owned by tier 1 that were moved to tier 2 for the first time in the period.
--   Where the source has no tiers: tickets created in the period that it calls escalated; empty for none or not known
-- column escalation_base: tickets created that were first owned by tier 1; where the source has no tiers, those of which
--   it says whether they were escalated
-- column escalation_rate: escalated_tickets / escalation_base
with counts as (
    select
        granularity,
        period_start,
        business_line,
        cast(coalesce(sum(tickets) filter (where measure = 'created'), 0) as bigint) as tickets_created,
        cast(coalesce(sum(tickets) filter (
            where measure in ('solved', 'solved again')
        ), 0) as bigint) as tickets_solved,
        cast(coalesce(sum(tickets) filter (where measure = 'first reply'), 0) as bigint) as first_replies,
        any_value(minutes_median) filter (where measure = 'first reply') as first_reply_minutes_median,
        any_value(minutes_p90) filter (where measure = 'first reply') as first_reply_minutes_p90,
        cast(coalesce(sum(tickets) filter (where measure = 'full resolution'), 0) as bigint) as full_resolutions,
        any_value(minutes_median) filter (where measure = 'full resolution') as full_resolution_minutes_median,
        any_value(minutes_p90) filter (where measure = 'full resolution') as full_resolution_minutes_p90,
        cast(coalesce(sum(tickets) filter (
            where measure in ('rated good', 'asked and rated good')
        ), 0) as bigint) as csat_good,
        cast(coalesce(sum(tickets) filter (
            where measure in ('rated good', 'asked and rated good', 'rated bad', 'asked and rated bad')
        ), 0) as bigint) as csat_rated,
        cast(coalesce(sum(tickets) filter (
            where measure in ('asked and rated good', 'asked and rated bad')
        ), 0) as bigint) as csat_answered,
        cast(coalesce(sum(tickets) filter (
            where measure in ('asked', 'asked and rated good', 'asked and rated bad')
        ), 0) as bigint) as csat_offered,
        cast(coalesce(sum(tickets) filter (where measure = 'solved again'), 0) as bigint) as reopened_tickets,
        cast(coalesce(sum(tickets) filter (
            where measure in ('escalated', 'escalatable and escalated')
        ), 0) as bigint) as escalated_tickets,
        cast(coalesce(sum(tickets) filter (
            where measure in ('escalatable', 'escalatable and escalated')
        ), 0) as bigint) as escalation_base
    from measured_periods
    group by granularity, period_start, business_line
),

periods as (
    select 'day' as granularity, date as period_start, date as last_day
    from days
    union all
    select 'week', week, last_day
    from weeks
),

-- Periods without anything are there too, with zeros.
dense as (
    select
        periods.granularity,
        periods.period_start,
        lines.business_line,
        coalesce(counts.tickets_created, 0) as tickets_created,
        case when lines.has_resolution then coalesce(counts.tickets_solved, 0) end as tickets_solved,
        coalesce(counts.first_replies, 0) as first_replies,
        counts.first_reply_minutes_median,
        counts.first_reply_minutes_p90,
        coalesce(counts.full_resolutions, 0) as full_resolutions,
        counts.full_resolution_minutes_median,
        counts.full_resolution_minutes_p90,
        coalesce(counts.csat_good, 0) as csat_good,
        coalesce(counts.csat_rated, 0) as csat_rated,
        counts.csat_answered,
        nullif(counts.csat_offered, 0) as csat_offered,
        case when lines.has_status_history then coalesce(counts.reopened_tickets, 0) end as reopened_tickets,
        case
            when counts.escalation_base + counts.escalated_tickets > 0 then counts.escalated_tickets
        end as escalated_tickets,
        nullif(counts.escalation_base, 0) as escalation_base,
        cast(counts.csat_good as double) / nullif(counts.csat_rated, 0) as csat
    from periods
    join business_lines as lines on lines.first_created_on <= periods.last_day
    left join counts
        on counts.granularity = periods.granularity
        and counts.period_start = periods.period_start
        and counts.business_line = lines.business_line
)

select
    granularity,
    period_start,
    business_line,
    tickets_created,
    tickets_solved,
    first_replies,
    first_reply_minutes_median,
    first_reply_minutes_p90,
    full_resolutions,
    full_resolution_minutes_median,
    full_resolution_minutes_p90,
    csat_good,
    csat_rated,
    csat_offered,
    csat,
    wilson_low(csat, csat_rated) as csat_low,
    wilson_high(csat, csat_rated) as csat_high,
    cast(csat_answered as double) / csat_offered as csat_response_rate,
    reopened_tickets,
    cast(reopened_tickets as double) / nullif(tickets_solved, 0) as reopen_rate,
    escalated_tickets,
    escalation_base,
    cast(escalated_tickets as double) / escalation_base as escalation_rate
from dense

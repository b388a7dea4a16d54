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
-- column reopened_tickets: times a ticket was solved that had been solved before; empty as tickets_solved
-- column reopen_rate: reopened_tickets / tickets_solved
-- column escalated_tickets: tickets first owned by tier 1 that were moved to tier 2 for the first time in the period.
--   Where the source has no tiers: tickets created in the period that it calls escalated; empty for none or not known
-- column escalation_base: tickets created that were first owned by tier 1; where the source has no tiers, those of which
--   it says whether they were escalated
-- column escalation_rate: escalated_tickets / escalation_base
with last_leaves as (
    select source, ticket_id, max(left_on) as left_on
    from ticket_open_spans
    where left_as = 'solved'
    group by source, ticket_id
),

solves as (
    select
        source,
        business_line,
        occurred_on,
        row_number() over (partition by source, ticket_id order by position) as solve
    from ticket_status_changes
    where change = 'solved'
),

tiered_sources as (
    select source
    from ticket_times
    where first_tier is not null
    group by source
),

-- One row for each thing that is counted or timed, on the day it belongs to.
measurements as (
    select business_line, created_on as measured_on, 'created' as measure, null as minutes
    from ticket_times
    union all
    select business_line, occurred_on, case when solve = 1 then 'solved' else 'solved again' end, null
    from solves
    union all
    select
        times.business_line,
        cast(times.first_reply_at at time zone 'UTC' at time zone account.time_zone as date),
        'first reply',
        times.first_reply_minutes
    from ticket_times as times
    cross join stg_account as account
    where times.first_reply_at is not null
    union all
    select
        times.business_line,
        cast(times.solved_at at time zone 'UTC' at time zone account.time_zone as date),
        'full resolution',
        times.full_resolution_minutes
    from ticket_times as times
    cross join stg_account as account
    where times.solved_at is not null
    union all
    select
        tickets.business_line,
        coalesce(last_leaves.left_on, tickets.created_on),
        case
            when tickets.csat_offered is null then 'rated ' || tickets.csat_score
            when tickets.csat_score is not null then 'asked and rated ' || tickets.csat_score
            else 'asked'
        end,
        null
    from stg_tickets as tickets
    left join last_leaves on last_leaves.source = tickets.source and last_leaves.ticket_id = tickets.ticket_id
    where tickets.csat_offered or tickets.csat_score is not null
    union all
    select
        times.business_line,
        times.created_on,
        case
            when times.first_tier = 1 or not times.is_escalated then 'escalatable'
            else 'escalatable, escalated'
        end,
        null
    from ticket_times as times
    left join tiered_sources on tiered_sources.source = times.source
    where times.first_tier = 1
        or (tiered_sources.source is null and times.is_escalated is not null)
    union all
    select
        times.business_line,
        cast(times.moved_to_tier_2_at at time zone 'UTC' at time zone account.time_zone as date),
        'escalated',
        null
    from ticket_times as times
    cross join stg_account as account
    where times.moved_to_tier_2_at is not null and times.first_tier = 1
),

counts as (
    select
        case when measured_on is null then 'week' else 'day' end as granularity,
        coalesce(measured_on, measured_week) as period_start,
        coalesce(business_line, 'all') as business_line,
        count(*) filter (where measure = 'created') as tickets_created,
        count(*) filter (where measure in ('solved', 'solved again')) as tickets_solved,
        count(*) filter (where measure = 'first reply') as first_replies,
        quantile_cont(minutes, 0.5) filter (where measure = 'first reply') as first_reply_minutes_median,
        quantile_cont(minutes, 0.9) filter (where measure = 'first reply') as first_reply_minutes_p90,
        count(*) filter (where measure = 'full resolution') as full_resolutions,
        quantile_cont(minutes, 0.5) filter (where measure = 'full resolution') as full_resolution_minutes_median,
        quantile_cont(minutes, 0.9) filter (where measure = 'full resolution') as full_resolution_minutes_p90,
        count(*) filter (where measure in ('rated good', 'asked and rated good')) as csat_good,
        count(*) filter (
            where measure in ('rated good', 'asked and rated good', 'rated bad', 'asked and rated bad')
        ) as csat_rated,
        count(*) filter (where measure in ('asked and rated good', 'asked and rated bad')) as csat_answered,
        count(*) filter (where measure in ('asked', 'asked and rated good', 'asked and rated bad')) as csat_offered,
        count(*) filter (where measure = 'solved again') as reopened_tickets,
        count(*) filter (where measure in ('escalated', 'escalatable, escalated')) as escalated_tickets,
        count(*) filter (where measure in ('escalatable', 'escalatable, escalated')) as escalation_base
    from (
        select
            business_line,
            measured_on,
            cast(date_trunc('week', measured_on) as date) as measured_week,
            measure,
            cast(minutes as double) as minutes
        from measurements
    ) as dated
    group by grouping sets (
        (measured_on, business_line), (measured_on), (measured_week, business_line), (measured_week)
    )
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
        case when lines.has_resolution then coalesce(counts.reopened_tickets, 0) end as reopened_tickets,
        case
            when counts.escalation_base + counts.escalated_tickets > 0 then counts.escalated_tickets
        end as escalated_tickets,
        nullif(counts.escalation_base, 0) as escalation_base,
        cast(counts.csat_good as double) / nullif(counts.csat_rated, 0) as csat,
        -- Wilson: the interval's centre and half width, from z squared over n (z = 1.959964).
        3.841459 / nullif(counts.csat_rated, 0) as z2_n
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
    case
        when csat is not null
            then greatest(0, (csat + z2_n / 2 - sqrt(z2_n * (csat * (1 - csat) + z2_n / 4))) / (1 + z2_n))
    end as csat_low,
    case
        when csat is not null
            then least(1, (csat + z2_n / 2 + sqrt(z2_n * (csat * (1 - csat) + z2_n / 4))) / (1 + z2_n))
    end as csat_high,
    cast(csat_answered as double) / csat_offered as csat_response_rate,
    reopened_tickets,
    cast(reopened_tickets as double) / nullif(tickets_solved, 0) as reopen_rate,
    escalated_tickets,
    escalation_base,
    cast(escalated_tickets as double) / escalation_base as escalation_rate
from dense

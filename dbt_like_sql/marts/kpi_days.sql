-- Every daily figure in one long table: what the control charts watch. Days for which a metric has no value have no row.
-- grain: day, business line and metric
-- owner: team:support-analytics
-- unique: date, business_line, metric
-- column date: the day in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column metric: a column of daily_kpis; sla_target_share, the service targets kept of those decided on the day, and
--   sla_ticket_share, the tickets that kept all of theirs, on the day the last was decided; first_contact_rate, of the
--   tickets first solved on the day, those resolved at first contact; next_reply_minutes_median, of the replies after the
--   first; one_touch_rate, of the tickets solved for the last time so far, those with fewer than two agent replies;
--   csat_coverage, the rated ones of all tickets last solved on the day; or the contact rate on a named denominator:
--   tickets per 1,000 of it, of the user types that the denominator is known for, on days on which no part of it is missing
--   [not_null, accepted: tickets_created, tickets_solved, backlog, first_reply_minutes_median, first_reply_minutes_p90,
--   full_resolution_minutes_median, full_resolution_minutes_p90, csat, csat_response_rate, reopen_rate, escalation_rate,
--   sla_target_share, sla_ticket_share, first_contact_rate, next_reply_minutes_median, one_touch_rate, csat_coverage,
--   contact_rate_orders, contact_rate_active_users, contact_rate_payouts, contact_rate_logins]
-- column value: tickets, minutes, a share from 0 to 1, or tickets per 1,000 [not_null]
-- column denominator: what a median or a rate rests on: tickets, ratings, orders, ...; empty for plain counts
-- column settles_after: so many days later the figure hardly changes any more: ratings come in for days after the
--   solving (rating_delay), and a first contact is judged after 7 days; 0 for what is known when the day is over [not_null]
-- column is_whole: the day is over, by settles_after days too, and lies where at least one source of the line has all its
--   new tickets; only such days are compared [not_null]
with contacts as (
    select
        date,
        business_line,
        measure,
        tickets,
        exposure
    from contact_cells
    where is_whole_of_line
    union all
    select
        date,
        'all',
        measure,
        tickets,
        exposure
    from contact_cells
    where is_whole_of_all
),

contact_rates as (
    select
        date,
        business_line,
        measure,
        1000 * sum(tickets) / sum(exposure) as per_1000,
        sum(exposure) as exposure
    from contacts
    group by date, business_line, measure
    having sum(exposure) > 0
),

targets as (
    select
        date,
        coalesce(business_line, 'all') as business_line,
        sum(achieved) as achieved,
        sum(achieved + breached) as decided
    from sla_days
    group by grouping sets ((date, business_line), (date))
),

judged_tickets as (
    select
        ended_on as date,
        coalesce(business_line, 'all') as business_line,
        sum(achieved) as achieved,
        sum(judged) as judged
    from sla_judged_days
    where metric = 'all'
    group by grouping sets ((ended_on, business_line), (ended_on))
),

first_contacts as (
    select
        first_solved_on as date,
        coalesce(business_line, 'all') as business_line,
        sum(resolved_first) as resolved_first,
        sum(judged) as judged
    from first_contact_days
    group by grouping sets ((first_solved_on, business_line), (first_solved_on))
),

counted as (
    select
        period_start as date,
        business_line,
        max(minutes_median) filter (where measure = 'next reply') as next_reply_minutes,
        sum(tickets) filter (where measure = 'next reply') as next_replies,
        coalesce(sum(tickets) filter (where measure = 'one touch'), 0) as one_touch,
        sum(tickets) filter (where measure in ('one touch', 'more touches')) as touched,
        coalesce(sum(tickets) filter (
            where measure in ('rated good', 'rated bad', 'asked and rated good', 'asked and rated bad')
        ), 0) as rated,
        sum(tickets) filter (
            where measure in (
                'not asked', 'asked', 'rated good', 'rated bad', 'asked and rated good', 'asked and rated bad'
            )
        ) as ratable
    from measured_periods
    where granularity = 'day'
    group by period_start, business_line
),

figures as (
    select
        date,
        business_line,
        'tickets_created' as metric,
        cast(tickets_created as double) as value,
        cast(null as double) as denominator
    from daily_kpis
    union all
    select
        date,
        business_line,
        'tickets_solved',
        cast(tickets_solved as double),
        cast(null as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'backlog',
        cast(backlog as double),
        cast(null as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'first_reply_minutes_median',
        cast(first_reply_minutes_median as double),
        cast(first_replies as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'first_reply_minutes_p90',
        cast(first_reply_minutes_p90 as double),
        cast(first_replies as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'full_resolution_minutes_median',
        cast(full_resolution_minutes_median as double),
        cast(full_resolutions as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'full_resolution_minutes_p90',
        cast(full_resolution_minutes_p90 as double),
        cast(full_resolutions as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'csat',
        cast(csat as double),
        cast(csat_rated as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'csat_response_rate',
        cast(csat_response_rate as double),
        cast(csat_offered as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'reopen_rate',
        cast(reopen_rate as double),
        cast(tickets_solved as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'escalation_rate',
        cast(escalation_rate as double),
        cast(escalation_base as double)
    from daily_kpis
    union all
    select
        date,
        business_line,
        'sla_target_share',
        cast(achieved as double) / decided,
        cast(decided as double)
    from targets
    union all
    select
        date,
        business_line,
        'sla_ticket_share',
        cast(achieved as double) / judged,
        cast(judged as double)
    from judged_tickets
    union all
    select
        date,
        business_line,
        'first_contact_rate',
        cast(resolved_first as double) / judged,
        cast(judged as double)
    from first_contacts
    union all
    select
        date,
        business_line,
        'next_reply_minutes_median',
        next_reply_minutes,
        cast(next_replies as double)
    from counted
    union all
    select
        date,
        business_line,
        'one_touch_rate',
        cast(one_touch as double) / touched,
        cast(touched as double)
    from counted
    union all
    select
        date,
        business_line,
        'csat_coverage',
        cast(rated as double) / ratable,
        cast(ratable as double)
    from counted
    union all
    select
        date,
        business_line,
        'contact_rate_' || measure,
        per_1000,
        exposure
    from contact_rates
),

-- A line may have tickets of every source.
ratings as (
    select max(settles_after) as settles_after
    from rating_delay
),

settled as (
    select
        figures.date,
        figures.business_line,
        figures.metric,
        figures.value,
        figures.denominator,
        case
            when figures.metric in ('csat', 'csat_response_rate', 'csat_coverage') then ratings.settles_after
            when figures.metric = 'first_contact_rate' then 7
            else 0
        end as settles_after
    from figures
    cross join ratings
    where figures.value is not null
),

last_whole_day as (
    select max(date) as date
    from days
    where is_whole
)

select
    settled.date,
    settled.business_line,
    settled.metric,
    settled.value,
    settled.denominator,
    settled.settles_after,
    coalesce(
        settled.date >= lines.volume_from
        and settled.date >= lines.first_created_on
        and settled.date + to_days(settled.settles_after) <= lines.volume_until
        and settled.date + to_days(settled.settles_after) <= last_whole_day.date,
        false
    ) as is_whole
from settled
join business_lines as lines on lines.business_line = settled.business_line
cross join last_whole_day

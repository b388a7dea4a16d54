-- What ticket_measurements holds, counted and timed by day and by week, by business line and for all lines together.
-- grain: granularity, period, business line and measure
-- owner: team:support-analytics
-- incremental: measured_week
-- unique: granularity, period_start, business_line, measure
-- column measured_week: the Monday of the period's week [not_null]
-- column granularity: day, or week from Monday to Sunday [not_null, accepted: day, week]
-- column period_start: the day, or the week's Monday, in the account's zone [not_null]
-- column business_line: the line, or `all` [not_null]
-- column measure: what is counted, as in ticket_measurements [not_null]
-- column tickets: how many tickets have it in the period; one counts as often as it has it [not_null]
-- column minutes_median: median of their minutes; empty for what is only counted
-- column minutes_p90: nine of ten were not slower
with counted as (
    select
        measured_week,
        measured_on,
        business_line,
        measure,
        count(*) as tickets
    from ticket_measurements
    group by measured_week, measured_on, business_line, measure
),

counts as (
    select
        measured_week,
        measured_on,
        business_line,
        measure,
        cast(sum(tickets) as bigint) as tickets
    from counted
    group by grouping sets (
        (measured_week, measured_on, business_line, measure),
        (measured_week, measured_on, measure),
        (measured_week, business_line, measure),
        (measured_week, measure)
    )
),

quantiles as (
    select
        measured_week,
        measured_on,
        business_line,
        measure,
        quantile_cont(minutes, [0.5, 0.9]) as median_and_p90
    from ticket_measurements
    where minutes is not null
    group by grouping sets (
        (measured_week, measured_on, business_line, measure),
        (measured_week, measured_on, measure),
        (measured_week, business_line, measure),
        (measured_week, measure)
    )
)

select
    counts.measured_week,
    case when counts.measured_on is null then 'week' else 'day' end as granularity,
    coalesce(counts.measured_on, counts.measured_week) as period_start,
    coalesce(counts.business_line, 'all') as business_line,
    counts.measure,
    counts.tickets,
    quantiles.median_and_p90[1] as minutes_median,
    quantiles.median_and_p90[2] as minutes_p90
from counts
left join quantiles
    on quantiles.measured_week = counts.measured_week
    and quantiles.measured_on is not distinct from counts.measured_on
    and quantiles.business_line is not distinct from counts.business_line
    and quantiles.measure = counts.measure

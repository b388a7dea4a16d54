-- Whether a week's figure is out of the ordinary: each whole week against the up to 26 whole weeks before it (XmR chart,
-- Wheeler 1993). The usual range is their mean plus and minus 2.66 times the mean change from one week to the next; the
-- week itself has no part in its own range. Weeks for which a metric has no value have no row and are not counted.
-- grain: week, business line and metric
-- owner: team:support-analytics
-- unique: week, business_line, metric
-- column week: Monday of a whole week in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column metric: the column of weekly_kpis it is about
--   [not_null, accepted: tickets_created, tickets_solved, backlog, first_reply_minutes_median,
--   full_resolution_minutes_median, csat, csat_response_rate, reopen_rate, escalation_rate]
-- column value: the week's figure: tickets, minutes, or a share from 0 to 1 [not_null]
-- column denominator: how many tickets a median or a rate rests on; empty for plain counts
-- column usual_middle: mean of the weeks before; empty for the first week
-- column usual_low: lower end of the usual range, not below 0; empty before the third week
-- column usual_high: upper end of the usual range, for shares not above 1; empty before the third week
-- column weeks_used: how many weeks before it make the range, 26 at most [not_null]
-- column verdict: above or below the usual range, or usual within it; too early with fewer than 8 weeks before; not all
--   in yet for a CSAT or a response rate while ratings still come in (rating_delay)
--   [not_null, accepted: above, below, usual, too early, not all in yet]
with whole_weeks as (
    select
        week,
        business_line,
        tickets_created,
        tickets_solved,
        backlog,
        first_replies,
        first_reply_minutes_median,
        full_resolutions,
        full_resolution_minutes_median,
        csat_rated,
        csat,
        csat_offered,
        csat_response_rate,
        reopen_rate,
        escalation_base,
        escalation_rate
    from weekly_kpis
    where is_whole
),

figures as (
    select
        week,
        business_line,
        'tickets_created' as metric,
        cast(tickets_created as double) as value,
        cast(null as bigint) as denominator
    from whole_weeks
    union all
    select
        week,
        business_line,
        'tickets_solved',
        cast(tickets_solved as double),
        null
    from whole_weeks
    union all
    select
        week,
        business_line,
        'backlog',
        cast(backlog as double),
        null
    from whole_weeks
    union all
    select
        week,
        business_line,
        'first_reply_minutes_median',
        cast(first_reply_minutes_median as double),
        first_replies
    from whole_weeks
    union all
    select
        week,
        business_line,
        'full_resolution_minutes_median',
        cast(full_resolution_minutes_median as double),
        full_resolutions
    from whole_weeks
    union all
    select
        week,
        business_line,
        'csat',
        cast(csat as double),
        csat_rated
    from whole_weeks
    union all
    select
        week,
        business_line,
        'csat_response_rate',
        cast(csat_response_rate as double),
        csat_offered
    from whole_weeks
    union all
    select
        week,
        business_line,
        'reopen_rate',
        cast(reopen_rate as double),
        tickets_solved
    from whole_weeks
    union all
    select
        week,
        business_line,
        'escalation_rate',
        cast(escalation_rate as double),
        escalation_base
    from whole_weeks
),

steps as (
    select
        week,
        business_line,
        metric,
        value,
        denominator,
        abs(value - lag(value) over (partition by business_line, metric order by week)) as moving_range
    from figures
    where value is not null
),

-- 26 weeks have 25 changes between them.
history as (
    select
        week,
        business_line,
        metric,
        value,
        denominator,
        avg(value) over weeks_before as usual_middle,
        count(*) over weeks_before as weeks_used,
        avg(moving_range) over (
            partition by business_line, metric
            order by week
            rows between 25 preceding and 1 preceding
        ) as mean_moving_range
    from steps
    window weeks_before as (
        partition by business_line, metric
        order by week
        rows between 26 preceding and 1 preceding
    )
),

ranges as (
    select
        week,
        business_line,
        metric,
        value,
        denominator,
        usual_middle,
        case
            when mean_moving_range is not null then greatest(0, usual_middle - 2.66 * mean_moving_range)
        end as usual_low,
        -- More tickets can be escalated in a week than come in, so the escalation rate has no upper end.
        case
            when metric in ('csat', 'csat_response_rate', 'reopen_rate')
                and usual_middle + 2.66 * mean_moving_range > 1
                then greatest(1, usual_middle)
            else usual_middle + 2.66 * mean_moving_range
        end as usual_high,
        weeks_used
    from history
),

settled as (
    select
        (select max(date) from days where is_whole)
        - to_days((select coalesce(max(settles_after), 0) from rating_delay)) as ratings_until
)

select
    week,
    business_line,
    metric,
    value,
    denominator,
    usual_middle,
    usual_low,
    usual_high,
    weeks_used,
    case
        when metric in ('csat', 'csat_response_rate') and week + to_days(6) > settled.ratings_until
            then 'not all in yet'
        when weeks_used < 8 then 'too early'
        when value > usual_high then 'above'
        when value < usual_low then 'below'
        else 'usual'
    end as verdict
from ranges
cross join settled

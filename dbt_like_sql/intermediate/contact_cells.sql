-- What contact rates are made of: tickets and a denominator of each day, where both are known. Where some of the usual
-- denominators of a day are missing, because a file came late or lacks a region, the day says so: the tickets that are
-- left against the denominators that are left would be another rate.
-- grain: day, business line, region, user type and measure
-- owner: team:support-analytics
-- unique: date, business_line, region, user_type, measure
-- column date: the day in the account's zone, on which a source of the line has all its new tickets [not_null]
-- column business_line: the line [not_null]
-- column region: a region that tickets of the line and user type come from, or any where these tickets have none;
--   unknown for the tickets without a region, which count against the denominators of all regions [not_null]
-- column user_type: whose tickets and orders, logins, ... they are [not_null]
-- column measure: the denominator [not_null, accepted: orders, active_users, payouts, logins]
-- column exposure: how many there were [not_null]
-- column tickets: tickets created [not_null]
-- column is_whole_of_type: no usual denominator of the line and user type is missing on the day: what is there makes 99
--   in 100 of what there is on their mean day. One that ended more than 28 days before the last day of all is not
--   expected after its end [not_null]
-- column is_whole_of_line: the same of all user types of the line [not_null]
-- column is_whole_of_all: the same of all lines and user types [not_null]
with arrived as (
    select
        date,
        business_line,
        user_type,
        region,
        sum(tickets_created) as tickets
    from daily_volume
    group by date, business_line, user_type, region
),

regions as (
    select
        business_line,
        user_type,
        region
    from arrived
    group by business_line, user_type, region
),

types as (
    select
        business_line,
        user_type,
        bool_and(region = 'unknown') as is_without_regions
    from regions
    group by business_line, user_type
),

exposed as (
    select
        exposure.date,
        exposure.business_line,
        exposure.region,
        exposure.user_type,
        exposure.measure,
        exposure.value
    from stg_exposure as exposure
    join business_lines as lines
        on lines.business_line = exposure.business_line
        and exposure.date between lines.volume_from and lines.volume_until
    join types on types.business_line = exposure.business_line and types.user_type = exposure.user_type
    left join regions
        on regions.business_line = exposure.business_line
        and regions.user_type = exposure.user_type
        and regions.region = exposure.region
    where exposure.value is not null and (types.is_without_regions or regions.region is not null)
),

cells as (
    select
        business_line,
        region,
        user_type,
        measure,
        min(date) as first_day,
        max(date) as last_day,
        avg(value) as usual,
        max(max(date)) over (partition by measure) as measured_until
    from exposed
    group by business_line, region, user_type, measure
),

measured_days as (
    select measure, date
    from exposed
    group by measure, date
),

expected as (
    select
        measured_days.date,
        cells.business_line,
        cells.region,
        cells.user_type,
        cells.measure,
        cells.usual,
        exposed.value,
        case when exposed.value is not null then cells.usual else 0 end as usual_there
    from cells
    join measured_days
        on measured_days.measure = cells.measure
        and measured_days.date >= cells.first_day
        and (measured_days.date <= cells.last_day or cells.measured_until <= cells.last_day + interval 28 day)
    left join exposed
        on exposed.date = measured_days.date
        and exposed.business_line = cells.business_line
        and exposed.region = cells.region
        and exposed.user_type = cells.user_type
        and exposed.measure = cells.measure
),

judged as (
    select
        date,
        business_line,
        region,
        user_type,
        measure,
        value,
        sum(usual_there) over of_type >= 0.99 * sum(usual) over of_type as is_whole_of_type,
        sum(usual_there) over of_line >= 0.99 * sum(usual) over of_line as is_whole_of_line,
        sum(usual_there) over of_all >= 0.99 * sum(usual) over of_all as is_whole_of_all
    from expected
    window
        of_type as (partition by date, measure, business_line, user_type),
        of_line as (partition by date, measure, business_line),
        of_all as (partition by date, measure)
),

placed as (
    select
        date,
        business_line,
        region,
        user_type,
        measure,
        value,
        is_whole_of_type,
        is_whole_of_line,
        is_whole_of_all
    from judged
    where value is not null
    union all
    select
        date,
        business_line,
        'unknown',
        user_type,
        measure,
        0,
        bool_and(is_whole_of_type),
        bool_and(is_whole_of_line),
        bool_and(is_whole_of_all)
    from judged
    where value is not null
    group by date, business_line, user_type, measure
    having not bool_or(region = 'unknown')
)

select
    placed.date,
    placed.business_line,
    placed.region,
    placed.user_type,
    placed.measure,
    placed.value as exposure,
    cast(coalesce(arrived.tickets, 0) as bigint) as tickets,
    placed.is_whole_of_type,
    placed.is_whole_of_line,
    placed.is_whole_of_all
from placed
left join arrived
    on arrived.date = placed.date
    and arrived.business_line = placed.business_line
    and arrived.user_type = placed.user_type
    and arrived.region = placed.region

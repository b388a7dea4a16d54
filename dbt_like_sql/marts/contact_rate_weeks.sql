-- Tickets per 1,000 of a named denominator (orders, active users, payouts, logins), gross and net of repeats. Whole
-- weeks only, and of them the days of which both the tickets and the denominator are known.
-- grain: week, business line, user type and measure
-- owner: team:support-analytics
-- unique: week, business_line, user_type, measure
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, or `all` for all lines that have the measure [not_null]
-- column user_type: whose tickets and orders, logins, ... they are, or `all` for all types that have the measure
--   [not_null]
-- column measure: the denominator [not_null, accepted: orders, active_users, payouts, logins]
-- column exposure: how many there were, summed over the days; of active users, the users of each day [not_null]
-- column tickets: tickets created by these user types [not_null]
-- column repeats: tickets among them within 7 days after one by the same requester on the same theme; empty where no
--   requester is known
-- column per_1000: tickets per 1,000 of the measure [not_null]
-- metric per_1000: Contact rate, per 1,000 of the named denominator
-- trap per_1000: rates on different denominators cannot be compared or added
-- trap per_1000: active users are added up over days and lines, so one person counts on each day and in each line
-- zendesk per_1000: not in Explore, which knows no orders, users or payouts
-- column per_1000_net: the same without the repeats
-- metric per_1000_net: Contact rate net of repeats, per 1,000 of the named denominator
-- trap per_1000_net: it falls when more requesters write a second time, and so does not show that they have to
-- zendesk per_1000_net: not in Explore, which knows no orders, users or payouts
with exposed as (
    select
        date,
        business_line,
        user_type,
        measure,
        sum(value) as exposure
    from stg_exposure
    group by date, business_line, user_type, measure
    having sum(value) > 0
),

arrived as (
    select
        repeats.created_on as date,
        repeats.business_line,
        repeats.user_type,
        count(*) as tickets,
        count(repeats.is_repeat) as tickets_of_known_requesters,
        count(*) filter (where repeats.is_repeat) as repeats
    from ticket_repeats as repeats
    join source_coverage as coverage
        on coverage.source = repeats.source
        and repeats.created_on between coverage.volume_from and coverage.volume_until
    group by repeats.created_on, repeats.business_line, repeats.user_type
),

weekly as (
    select
        weeks.week,
        coalesce(exposed.business_line, 'all') as business_line,
        coalesce(exposed.user_type, 'all') as user_type,
        exposed.measure,
        sum(exposed.exposure) as exposure,
        cast(coalesce(sum(arrived.tickets), 0) as bigint) as tickets,
        case
            when coalesce(sum(arrived.tickets_of_known_requesters), 0) > 0 or sum(arrived.tickets) is null
                then cast(coalesce(sum(arrived.repeats), 0) as bigint)
        end as repeats
    from exposed
    join days on days.date = exposed.date
    join weeks on weeks.week = days.week and weeks.is_whole
    left join arrived
        on arrived.date = exposed.date
        and arrived.business_line = exposed.business_line
        and arrived.user_type = exposed.user_type
    group by grouping sets (
        (weeks.week, exposed.business_line, exposed.user_type, exposed.measure),
        (weeks.week, exposed.business_line, exposed.measure),
        (weeks.week, exposed.measure)
    )
)

select
    week,
    business_line,
    user_type,
    measure,
    exposure,
    tickets,
    repeats,
    1000 * tickets / exposure as per_1000,
    1000 * (tickets - repeats) / exposure as per_1000_net
from weekly

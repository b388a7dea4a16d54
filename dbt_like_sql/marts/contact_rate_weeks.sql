-- Tickets per 1,000 of a named denominator (orders, active users, payouts, logins), gross and net of repeats. Whole
-- weeks only, and of them the days of which the tickets are known and no part of the denominator is missing.
-- grain: week, business line, user type and measure
-- owner: team:support-analytics
-- unique: week, business_line, user_type, measure
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, or `all` for all lines that have the measure [not_null]
-- column user_type: whose tickets and orders, logins, ... they are, or `all` for all types that have the measure
--   [not_null]
-- column measure: the denominator [not_null, accepted: orders, active_users, payouts, logins]
-- column days: days of the week that it rests on: 7 unless a denominator came late or is not counted every day
--   [not_null]
-- column exposure: how many there were, summed over the days; of active users, the users of each day [not_null]
-- column tickets: tickets created by these user types [not_null]
-- column repeats: tickets among them within 7 days after one by the same requester on the same theme; empty where no
--   requester is known
-- column per_1000: tickets created in the week for each 1,000 of the measure, such as orders, in the same days [not_null]
-- metric per_1000: Contact rate, per 1,000 of the named denominator
-- trap per_1000: a week that rests on fewer than 7 days has other weekdays than the others
-- trap per_1000: rates on different denominators cannot be compared or added
-- trap per_1000: active users are added up over days and lines, so one person counts on each day and in each line
-- zendesk per_1000: not in Explore, which knows no orders, users or payouts
-- column per_1000_net: the same without repeats: tickets within 7 days after one of the same requester on the theme
-- metric per_1000_net: Contact rate net of repeats, per 1,000 of the named denominator
-- trap per_1000_net: it falls when more requesters write a second time, and so does not show that they have to
-- zendesk per_1000_net: not in Explore, which knows no orders, users or payouts
with asked as (
    select
        repeats.created_on as date,
        repeats.business_line,
        repeats.region,
        repeats.user_type,
        count(repeats.is_repeat) as tickets_of_known_requesters,
        count(*) filter (where repeats.is_repeat) as repeats
    from ticket_repeats as repeats
    join source_coverage as coverage
        on coverage.source = repeats.source
        and repeats.created_on between coverage.volume_from and coverage.volume_until
    group by repeats.created_on, repeats.business_line, repeats.region, repeats.user_type
),

cells as (
    select
        weeks.week,
        contact_cells.date,
        contact_cells.business_line,
        contact_cells.user_type,
        contact_cells.measure,
        contact_cells.exposure,
        contact_cells.tickets,
        coalesce(asked.tickets_of_known_requesters, 0) as tickets_of_known_requesters,
        coalesce(asked.repeats, 0) as repeats,
        contact_cells.is_whole_of_type,
        contact_cells.is_whole_of_line,
        contact_cells.is_whole_of_all
    from contact_cells
    join days on days.date = contact_cells.date
    join weeks on weeks.week = days.week and weeks.is_whole
    left join asked
        on asked.date = contact_cells.date
        and asked.business_line = contact_cells.business_line
        and asked.region = contact_cells.region
        and asked.user_type = contact_cells.user_type
),

levels as (
    select
        week,
        date,
        business_line,
        user_type,
        measure,
        exposure,
        tickets,
        tickets_of_known_requesters,
        repeats
    from cells
    where is_whole_of_type
    union all
    select
        week,
        date,
        business_line,
        'all',
        measure,
        exposure,
        tickets,
        tickets_of_known_requesters,
        repeats
    from cells
    where is_whole_of_line
    union all
    select
        week,
        date,
        'all',
        'all',
        measure,
        exposure,
        tickets,
        tickets_of_known_requesters,
        repeats
    from cells
    where is_whole_of_all
),

weekly as (
    select
        week,
        business_line,
        user_type,
        measure,
        count(distinct date) as days,
        sum(exposure) as exposure,
        cast(sum(tickets) as bigint) as tickets,
        case
            when sum(tickets_of_known_requesters) > 0 or sum(tickets) = 0 then cast(sum(repeats) as bigint)
        end as repeats
    from levels
    group by week, business_line, user_type, measure
    having sum(exposure) > 0
)

select
    week,
    business_line,
    user_type,
    measure,
    days,
    exposure,
    tickets,
    repeats,
    1000 * tickets / exposure as per_1000,
    1000 * (tickets - repeats) / exposure as per_1000_net
from weekly

-- Tickets of each theme by week, with what would be usual. Whole weeks only, every one of them, also those without a
-- ticket of the theme; only days for which a ticket's source has all its new tickets.
-- grain: theme and week
-- owner: team:support-analytics
-- unique: week, theme_id
-- column week: Monday of the week in the account's zone [not_null]
-- column theme_id: the theme [not_null, references: themes.theme_id]
-- column tickets: tickets of the theme created in the week, copies included [not_null]
-- column distinct_tickets: tickets of the theme without copies: nearly the same text counts once, on its first ticket, so
--   that one writer moves no theme. Range and verdict are about these [not_null]
-- metric distinct_tickets: Tickets of a theme, copies counted once
-- trap distinct_tickets: what one person sends many times counts once, so it is below the number of tickets in the
--   queue
-- zendesk distinct_tickets: Explore has no themes; tags and fields are only what agents filled in
-- column usual_middle: mean distinct tickets of the up to 26 weeks before; empty for the first week
-- column usual_low: lower end of their usual range, not below 0; empty before the third week
-- column usual_high: upper end: the mean plus 2.66 times the mean change from week to week (XmR), but no nearer to the
--   mean than three standard deviations of a pure chance count, sqrt(mean), and at least 3 tickets above it
-- column verdict: distinct tickets above or below the usual range, or usual within it; too early with fewer than 8 weeks
--   before [not_null, accepted: above, below, usual, too early]
with weekly as (
    select
        ticket_themes.theme_id,
        cast(date_trunc('week', times.created_on) as date) as week,
        count(*) as tickets,
        count(*) filter (where not ticket_themes.is_near_duplicate) as distinct_tickets
    from ticket_themes
    join ticket_times as times
        on times.source = ticket_themes.source and times.ticket_id = ticket_themes.ticket_id
    join source_coverage as coverage
        on coverage.source = times.source
        and times.created_on between coverage.volume_from and coverage.volume_until
    group by ticket_themes.theme_id, date_trunc('week', times.created_on)
),

dense as (
    select
        weeks.week,
        themes.theme_id,
        coalesce(weekly.tickets, 0) as tickets,
        coalesce(weekly.distinct_tickets, 0) as distinct_tickets
    from themes
    join weeks on weeks.is_whole
    left join weekly on weekly.theme_id = themes.theme_id and weekly.week = weeks.week
),

steps as (
    select
        week,
        theme_id,
        tickets,
        distinct_tickets,
        abs(distinct_tickets - lag(distinct_tickets) over (partition by theme_id order by week)) as moving_range
    from dense
),

history as (
    select
        week,
        theme_id,
        tickets,
        distinct_tickets,
        avg(distinct_tickets) over weeks_before as usual_middle,
        count(*) over weeks_before as weeks_used,
        avg(moving_range) over (
            partition by theme_id
            order by week
            rows between 25 preceding and 1 preceding
        ) as mean_moving_range
    from steps
    window weeks_before as (
        partition by theme_id
        order by week
        rows between 26 preceding and 1 preceding
    )
),

-- Small themes have long runs of equal weeks, whose moving range is near 0; chance alone moves a count by its root.
ranges as (
    select
        week,
        theme_id,
        tickets,
        distinct_tickets,
        usual_middle,
        weeks_used,
        case
            when mean_moving_range is not null
                then greatest(2.66 * mean_moving_range, 3 * sqrt(greatest(usual_middle, 1)))
        end as half_width
    from history
)

select
    week,
    theme_id,
    tickets,
    distinct_tickets,
    usual_middle,
    case when half_width is not null then greatest(0, usual_middle - half_width) end as usual_low,
    usual_middle + half_width as usual_high,
    case
        when weeks_used < 8 then 'too early'
        when distinct_tickets > usual_middle + half_width then 'above'
        when distinct_tickets < usual_middle - half_width then 'below'
        else 'usual'
    end as verdict
from ranges

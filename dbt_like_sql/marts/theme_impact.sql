-- Which themes matter now: the last whole week against its usual range, and what the theme cost in the 28 days up to that
-- week's Sunday. Ranked: first the themes above their range, by excess, then the others by tickets; the rest theme and
-- copies of one text come last.
-- grain: theme
-- owner: team:support-analytics
-- column theme_id: the theme [not_null, unique, references: themes.theme_id]
-- column week: Monday of the last whole week [not_null]
-- column tickets: tickets of the theme created in that week, copies included [not_null]
-- column distinct_tickets: the same, nearly equal texts counted once; excess and verdict are about these [not_null]
-- column usual_middle: mean distinct tickets of the weeks before, as in theme_trends
-- column usual_low: lower end of the usual range
-- column usual_high: upper end of the usual range
-- column excess: tickets above the mean of the weeks before: distinct_tickets - usual_middle
-- metric excess: Excess tickets of a theme
-- trap excess: against the mean of the weeks before, which a long rise drags along
-- zendesk excess: Explore has no themes
-- column verdict: above, below or usual; too early with fewer than 8 weeks before
--   [not_null, accepted: above, below, usual, too early]
-- column tickets_28d: tickets created in the 28 days up to that week's Sunday, copies included [not_null]
-- column unsolved_28d: how many of them are still open at the run's date [not_null]
-- column handle_hours_28d: hours agents spent on them; empty where the source does not say
-- metric handle_hours_28d: Handle time of a theme (hours, 28 days)
-- trap handle_hours_28d: empty where the source does not say how long agents worked
-- zendesk handle_hours_28d: Explore knows it only with the Time Tracking app
-- column csat_28d: share of good ratings among them
-- column csat_low_28d: lower end of its 95 % interval (Wilson 1927)
-- column csat_high_28d: upper end of its 95 % interval
-- column csat_rated_28d: how many of them were rated [not_null]
-- column sla_breached_28d: how many of them broke a service target, by sla_instances; by the source's own word where its
--   history or the policies do not let us measure
-- column sla_known_28d: of how many that is known [not_null]
-- column sla_breach_minutes_28d: minutes by which they have passed their targets; empty where we cannot measure it
-- column impact_rank: 1 is the first to look at [not_null, unique]
with last_week as (
    select max(week) as week
    from theme_trends
),

-- Before anything of other tickets is added up.
recent_tickets as (
    select
        ticket_themes.theme_id,
        ticket_themes.source,
        ticket_themes.ticket_id,
        times.is_open,
        times.handle_minutes
    from ticket_themes
    join ticket_times as times
        on times.source = ticket_themes.source and times.ticket_id = ticket_themes.ticket_id
    join source_coverage as coverage
        on coverage.source = times.source
        and times.created_on between coverage.volume_from and coverage.volume_until
    cross join last_week
    where times.created_on > last_week.week - interval 22 day
        and times.created_on < last_week.week + interval 7 day
),

targets as (
    select
        instances.source,
        instances.ticket_id,
        bool_or(instances.is_breached) as is_breached,
        sum(coalesce(instances.breach_minutes, 0)) as breach_minutes
    from sla_instances as instances
    semi join recent_tickets as recent
        on recent.source = instances.source and recent.ticket_id = instances.ticket_id
    where instances.is_breached or instances.state = 'achieved'
    group by instances.source, instances.ticket_id
),

measured_sources as (
    select source
    from sla_instances
    group by source
),

recent as (
    select
        tickets.theme_id,
        count(*) as tickets_28d,
        count(*) filter (where tickets.is_open) as unsolved_28d,
        sum(tickets.handle_minutes) / 60 as handle_hours_28d,
        count(ratings.score) as csat_rated_28d,
        count(*) filter (where ratings.score = 'good') as csat_good_28d,
        count(*) filter (
            where coalesce(targets.is_breached, measured_sources.source is null and not reported.reported_sla_met)
        ) as sla_breached_28d,
        count(*) filter (
            where targets.is_breached is not null
                or (measured_sources.source is null and reported.reported_sla_met is not null)
        ) as sla_known_28d,
        sum(targets.breach_minutes) as sla_breach_minutes_28d
    from recent_tickets as tickets
    join stg_tickets as reported
        on reported.source = tickets.source and reported.ticket_id = tickets.ticket_id
    left join ticket_ratings as ratings
        on ratings.source = tickets.source and ratings.ticket_id = tickets.ticket_id
    left join measured_sources on measured_sources.source = tickets.source
    left join targets on targets.source = tickets.source and targets.ticket_id = tickets.ticket_id
    group by tickets.theme_id
),

figures as (
    select
        trends.theme_id,
        trends.week,
        trends.tickets,
        trends.distinct_tickets,
        trends.usual_middle,
        trends.usual_low,
        trends.usual_high,
        trends.distinct_tickets - trends.usual_middle as excess,
        trends.verdict,
        coalesce(recent.tickets_28d, 0) as tickets_28d,
        coalesce(recent.unsolved_28d, 0) as unsolved_28d,
        recent.handle_hours_28d,
        coalesce(recent.csat_rated_28d, 0) as csat_rated_28d,
        case when recent.sla_known_28d > 0 then recent.sla_breached_28d end as sla_breached_28d,
        coalesce(recent.sla_known_28d, 0) as sla_known_28d,
        recent.sla_breach_minutes_28d,
        cast(recent.csat_good_28d as double) / nullif(recent.csat_rated_28d, 0) as csat_28d,
        themes.is_other or themes.is_template as is_set_apart
    from theme_trends as trends
    join last_week on last_week.week = trends.week
    join themes on themes.theme_id = trends.theme_id
    left join recent on recent.theme_id = trends.theme_id
)

select
    theme_id,
    week,
    tickets,
    distinct_tickets,
    usual_middle,
    usual_low,
    usual_high,
    excess,
    verdict,
    tickets_28d,
    unsolved_28d,
    handle_hours_28d,
    csat_28d,
    wilson_low(csat_28d, csat_rated_28d) as csat_low_28d,
    wilson_high(csat_28d, csat_rated_28d) as csat_high_28d,
    csat_rated_28d,
    sla_breached_28d,
    sla_known_28d,
    sla_breach_minutes_28d,
    row_number() over (
        order by
            case when is_set_apart then 1 else 0 end,
            case when verdict = 'above' then 0 else 1 end,
            case when verdict = 'above' then excess end desc nulls last,
            tickets_28d desc,
            theme_id
    ) as impact_rank
from figures

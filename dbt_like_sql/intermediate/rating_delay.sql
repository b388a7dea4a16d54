-- How late ratings come: a day's CSAT and response rate are whole only when most of its ratings are here.
-- grain: source
-- owner: team:support-analytics
-- column source: a source with ratings [not_null, unique]
-- column settles_after: of 100 rated tickets 95 had their first rating within so many days of the day they count; 7,
--   as long as first contact waits, where the source has no history of ratings [not_null]
with first_ratings as (
    select
        events.source,
        events.ticket_id,
        min(cast(events.occurred_at at time zone 'UTC' at time zone account.time_zone as date)) as rated_on
    from stg_ticket_events as events
    cross join stg_account as account
    where events.kind = 'rated' and events.to_value in ('good', 'bad')
    group by events.source, events.ticket_id
),

delays as (
    select
        first_ratings.source,
        -- Rated before the last solving, as a ticket that is solved again: no rating of it is to come.
        greatest(date_diff('day', ratings.counted_on, first_ratings.rated_on), 0) as days_later
    from first_ratings
    join ticket_ratings as ratings
        on ratings.source = first_ratings.source and ratings.ticket_id = first_ratings.ticket_id
),

by_source as (
    select
        source,
        quantile_disc(days_later, 0.95) as settles_after
    from delays
    group by source
)

select
    coverage.source,
    cast(coalesce(by_source.settles_after, 7) as integer) as settles_after
from source_coverage as coverage
left join by_source on by_source.source = coverage.source
where coverage.has_ratings

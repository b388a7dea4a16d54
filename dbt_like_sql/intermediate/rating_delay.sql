-- How late ratings come: a day's CSAT and response rate are whole only when most of its ratings are here.
-- grain: source
-- owner: team:support-analytics
-- column source: a source with ratings [not_null, unique]
-- column settles_after: of 100 rated tickets 95 had their first rating within so many days of the day they count; 7,
--   as long as first contact waits, where the source has no history of ratings [not_null]
with by_source as (
    select
        source,
        -- Rated before the last solving, as a ticket that is solved again: no rating of it is to come.
        quantile_disc(greatest(date_diff('day', counted_on, first_rated_on), 0), 0.95) as settles_after
    from ticket_ratings
    where first_rated_on is not null
    group by source
)

select
    coverage.source,
    cast(coalesce(by_source.settles_after, 7) as integer) as settles_after
from source_coverage as coverage
left join by_source on by_source.source = coverage.source
where coverage.has_ratings

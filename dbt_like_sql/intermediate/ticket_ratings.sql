-- What the requester of each ticket said of the service, on the day it counts: the day the ticket was last solved; its
-- creation where the source never says when it solves, and for a ticket rated without being solved. Tickets of a source
-- without ratings, and tickets neither solved nor rated, have no row. A rating belongs to whoever owned the ticket when
-- it was last solved. Ratings given after the run's date do not count; a source without a history of ratings does not
-- say when they were given, so those of its tickets solved by that date are the ratings of now.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column counted_on: the day it counts, in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column channel: the channel it came in by [not_null]
-- column priority: its priority at the run's date; empty where the source has none [accepted: low, normal, high, urgent]
-- column is_escalated: it was escalated; empty where neither its history nor the source says
-- column tier: tier of its owner then; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: vendor of its owner then; empty where the groups table does not say
-- column is_offered: the requester was asked for a rating; empty where the source does not say. Where no history says
--   when, a ticket solved by the run's date counts as asked if it is by now
-- column score: their last word; empty while unrated [accepted: good, bad]
-- column first_rated_on: the day they first rated it, in the account's zone; empty where no history says
-- column reason: why they rated so; empty where no reason is given, or none by the run's date
-- column good_to_bad: times they changed a good rating to a bad one; empty where the source has no history of ratings
-- column bad_to_good: times they changed a bad rating to a good one; empty where the source has no history of ratings
with last_solves as (
    select
        source,
        ticket_id,
        max(left_at) as solved_at,
        max(left_on) as solved_on
    from ticket_open_spans
    where left_as = 'solved'
    group by source, ticket_id
),

-- What it was changed from, by the history itself, else by what the event says. Those of after the run's date are here,
-- too: they tell that the ticket's own columns are of later.
ratings as (
    select
        events.source,
        events.ticket_id,
        events.to_value as rating,
        coalesce(lag(events.to_value) over words, events.from_value) as rating_before,
        row_number() over words as position,
        events.occurred_at,
        events.occurred_at <= account.as_of as is_known
    from raw.ticket_events as events
    cross join stg_account as account
    where events.kind = 'rated'
    window words as (
        partition by events.source, events.ticket_id, events.to_value = 'offered'
        order by events.occurred_at, length(events.event_id), events.event_id
    )
),

last_words as (
    select
        source,
        ticket_id,
        bool_and(is_known) as is_of_now,
        bool_or(is_known) as is_asked,
        bool_or(rating = 'offered' and not is_known) as is_asked_later,
        max_by(rating, position) filter (where rating <> 'offered' and is_known) as score,
        min(occurred_at) filter (where rating <> 'offered' and is_known) as first_rated_at,
        count(*) filter (where rating_before = 'good' and rating = 'bad' and is_known) as good_to_bad,
        count(*) filter (where rating_before = 'bad' and rating = 'good' and is_known) as bad_to_good
    from ratings
    group by source, ticket_id
),

told as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_on,
        tickets.business_line,
        tickets.channel,
        tickets.priority,
        tickets.status,
        tickets.csat_offered,
        tickets.csat_score,
        tickets.csat_reason,
        coverage.has_resolution,
        coverage.has_rating_changes,
        last_solves.solved_at,
        last_solves.solved_on,
        case
            when last_words.is_of_now is not null then last_words.is_of_now
            when tickets.updated_at > account.as_of
                then not coverage.has_rating_changes
                    and (last_solves.solved_at is not null or not coverage.has_resolution)
            else true
        end as is_of_now,
        coalesce(last_words.is_asked, false) as is_asked,
        coalesce(last_words.is_asked_later, false) as is_asked_later,
        last_words.score,
        cast(last_words.first_rated_at at time zone 'UTC' at time zone account.time_zone as date) as first_rated_on,
        coalesce(last_words.good_to_bad, 0) as good_to_bad,
        coalesce(last_words.bad_to_good, 0) as bad_to_good
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source and coverage.has_ratings
    cross join stg_account as account
    left join last_solves on last_solves.source = tickets.source and last_solves.ticket_id = tickets.ticket_id
    left join last_words on last_words.source = tickets.source and last_words.ticket_id = tickets.ticket_id
),

known as (
    select
        source,
        ticket_id,
        business_line,
        channel,
        priority,
        solved_at,
        coalesce(solved_on, created_on) as counted_on,
        has_resolution,
        status,
        case
            -- Who answered was asked, whatever the flag says.
            when is_of_now then csat_offered or (csat_offered is not null and csat_score is not null)
            when csat_offered is not null
                then is_asked or (csat_offered and solved_at is not null and not is_asked_later)
        end as is_offered,
        case when is_of_now then csat_score else score end as score,
        first_rated_on,
        case when is_of_now then csat_reason end as reason,
        case when has_rating_changes then good_to_bad end as good_to_bad,
        case when has_rating_changes then bad_to_good end as bad_to_good
    from told
),

counted as (
    select
        source,
        ticket_id,
        business_line,
        channel,
        priority,
        solved_at,
        counted_on,
        is_offered,
        score,
        first_rated_on,
        reason,
        good_to_bad,
        bad_to_good
    from known
    where solved_at is not null
        or is_offered
        or score is not null
        or (not has_resolution and status <> 'deleted')
),

owners as (
    select
        counted.source,
        counted.ticket_id,
        max_by(groups.tier, groups.position) as tier,
        max_by(groups.vendor, groups.position) as vendor
    from counted
    join ticket_groups as groups
        on groups.source = counted.source
        and groups.ticket_id = counted.ticket_id
        and (counted.solved_at is null or groups.owned_from <= counted.solved_at)
    group by counted.source, counted.ticket_id
)

select
    counted.source,
    counted.ticket_id,
    counted.counted_on,
    counted.business_line,
    counted.channel,
    counted.priority,
    times.is_escalated,
    owners.tier,
    owners.vendor,
    counted.is_offered,
    counted.score,
    counted.first_rated_on,
    counted.reason,
    counted.good_to_bad,
    counted.bad_to_good
from counted
join ticket_times as times on times.source = counted.source and times.ticket_id = counted.ticket_id
left join owners on owners.source = counted.source and owners.ticket_id = counted.ticket_id

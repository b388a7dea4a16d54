-- What the requester of each ticket said of the service, on the day it counts: the day the ticket was last solved; its
-- creation where the source never says when it solves, and for a ticket rated without being solved. Tickets of a source
-- without ratings, and tickets neither solved nor rated, have no row. A rating belongs to whoever owned the ticket when
-- it was last solved.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column counted_on: the day it counts, in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column tier: tier of its owner then; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: vendor of its owner then; empty where the groups table does not say
-- column is_offered: the requester was asked for a rating; empty where the source does not say
-- column score: their last word; empty while unrated [accepted: good, bad]
-- column reason: why they rated so; empty where no reason is given
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

-- What it was changed from, by the history itself, else by what the event says.
ratings as (
    select
        source,
        ticket_id,
        to_value as rating,
        coalesce(
            lag(to_value) over (
                partition by source, ticket_id
                order by occurred_at, length(event_id), event_id
            ),
            from_value
        ) as rating_before
    from stg_ticket_events
    where kind = 'rated' and to_value in ('good', 'bad')
),

changes_of_mind as (
    select
        source,
        ticket_id,
        count(*) filter (where rating_before = 'good' and rating = 'bad') as good_to_bad,
        count(*) filter (where rating_before = 'bad' and rating = 'good') as bad_to_good
    from ratings
    group by source, ticket_id
),

counted as (
    select
        tickets.source,
        tickets.ticket_id,
        last_solves.solved_at,
        coalesce(last_solves.solved_on, tickets.created_on) as counted_on,
        tickets.business_line,
        -- Who answered was asked, whatever the flag says.
        tickets.csat_offered or (tickets.csat_offered is not null and tickets.csat_score is not null) as is_offered,
        tickets.csat_score,
        tickets.csat_reason,
        coverage.has_rating_changes
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source and coverage.has_ratings
    left join last_solves on last_solves.source = tickets.source and last_solves.ticket_id = tickets.ticket_id
    where last_solves.solved_at is not null
        or tickets.csat_offered
        or tickets.csat_score is not null
        or (not coverage.has_resolution and tickets.status <> 'deleted')
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
    owners.tier,
    owners.vendor,
    counted.is_offered,
    counted.csat_score as score,
    counted.csat_reason as reason,
    case when counted.has_rating_changes then coalesce(changes_of_mind.good_to_bad, 0) end as good_to_bad,
    case when counted.has_rating_changes then coalesce(changes_of_mind.bad_to_good, 0) end as bad_to_good
from counted
left join owners on owners.source = counted.source and owners.ticket_id = counted.ticket_id
left join changes_of_mind
    on changes_of_mind.source = counted.source and changes_of_mind.ticket_id = counted.ticket_id

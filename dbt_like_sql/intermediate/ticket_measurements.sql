-- Everything of each ticket that is counted or timed, on the day it belongs to: what the KPIs of days and weeks sum up.
-- grain: ticket and measurement
-- owner: team:support-analytics
-- incremental: ticket
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column measured_on: the day it belongs to, in the account's zone [not_null]
-- column measured_week: the Monday of that day's week [not_null]
-- column measure: what is counted [not_null, accepted: created, solved, solved again, first reply, next reply,
--   full resolution, one touch, more touches, asked, not asked, rated good, rated bad, asked and rated good, asked and
--   rated bad, escalatable, escalated, escalatable and escalated]
-- column minutes: how long it took, calendar minutes; empty for what is only counted
with solves as (
    select
        source,
        ticket_id,
        business_line,
        occurred_on,
        row_number() over (partition by source, ticket_id order by position) as solve
    from ticket_status_changes
    where change = 'solved'
),

measurements as (
    select
        source,
        ticket_id,
        business_line,
        created_on as measured_on,
        'created' as measure,
        cast(null as double) as minutes
    from ticket_times
    union all
    select
        source,
        ticket_id,
        business_line,
        occurred_on,
        case when solve = 1 then 'solved' else 'solved again' end,
        null
    from solves
    union all
    select
        times.source,
        times.ticket_id,
        times.business_line,
        cast(times.first_reply_at at time zone 'UTC' at time zone account.time_zone as date),
        'first reply',
        times.first_reply_minutes
    from ticket_times as times
    cross join stg_account as account
    where times.first_reply_at is not null
    union all
    select
        times.source,
        times.ticket_id,
        times.business_line,
        cast(times.solved_at at time zone 'UTC' at time zone account.time_zone as date),
        'full resolution',
        times.full_resolution_minutes
    from ticket_times as times
    cross join stg_account as account
    where times.solved_at is not null
    union all
    select
        replies.source,
        replies.ticket_id,
        times.business_line,
        cast(replies.replied_at at time zone 'UTC' at time zone account.time_zone as date),
        'next reply',
        replies.minutes
    from next_replies as replies
    join ticket_times as times on times.source = replies.source and times.ticket_id = replies.ticket_id
    cross join stg_account as account
    where replies.replied_at is not null
    union all
    select
        metrics.source,
        metrics.ticket_id,
        metrics.business_line,
        cast(metrics.solved_at at time zone 'UTC' at time zone account.time_zone as date),
        case when metrics.is_one_touch then 'one touch' else 'more touches' end,
        null
    from ticket_metrics as metrics
    cross join stg_account as account
    where metrics.is_one_touch is not null and metrics.solved_at is not null
    union all
    select
        source,
        ticket_id,
        business_line,
        counted_on,
        case
            when is_offered and score is not null then 'asked and rated ' || score
            when is_offered then 'asked'
            when score is not null then 'rated ' || score
            else 'not asked'
        end,
        null
    from ticket_ratings
    union all
    select
        times.source,
        times.ticket_id,
        times.business_line,
        times.created_on,
        case
            when times.first_tier = 1 or not times.is_escalated then 'escalatable'
            else 'escalatable and escalated'
        end,
        null
    from ticket_times as times
    join source_escalations as told on told.source = times.source
    where times.first_tier = 1
        or (not told.has_tiers and times.is_escalated is not null)
    union all
    select
        times.source,
        times.ticket_id,
        times.business_line,
        cast(times.moved_to_tier_2_at at time zone 'UTC' at time zone account.time_zone as date),
        'escalated',
        null
    from ticket_times as times
    cross join stg_account as account
    where times.moved_to_tier_2_at is not null and times.first_tier = 1
)

select
    source,
    ticket_id,
    business_line,
    measured_on,
    cast(date_trunc('week', measured_on) as date) as measured_week,
    measure,
    minutes
from measurements

-- Every time metric of every ticket, in calendar minutes, in the business minutes of each schedule while it applied, and
-- in those of the ticket's last schedule only, which is how Zendesk counts them. All of it comes from the ticket's
-- history; a metric is empty where the source's history cannot tell it. Time that still runs is counted up to the run's
-- date. A deleted ticket keeps its metrics and is marked.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column user_type: who wrote: buyer, merchant, creator, ..., or `unknown` [not_null]
-- column channel: the channel it came in by [not_null]
-- column region: its region, or `unknown` [not_null]
-- column priority: its priority at the run's date; empty where the source has none [accepted: low, normal, high, urgent]
-- column created_at: when it was created, UTC [not_null]
-- column created_on: that day in the account's zone [not_null]
-- column status: its status at the run's date [not_null, accepted: new, open, pending, hold, solved, closed, deleted]
-- column first_tier: tier of the group that owned it first; empty where the groups table does not say [accepted: 1, 2]
-- column first_vendor: vendor of that group, or `inhouse`
-- column solved_tier: tier of the group that owned it when it was last solved; empty while it is unsolved [accepted: 1, 2]
-- column solved_vendor: vendor of that group, or `inhouse`
-- column is_agent_created: an agent created it; empty where the history does not say who did
-- column is_deleted: it has been deleted [not_null]
-- column first_reply_at: first public reply of an agent, UTC, as in ticket_times
-- column first_solved_at: when it was first solved, UTC
-- column solved_at: when it was last solved, UTC; empty while it is open again
-- column first_reply_minutes: creation to first_reply_at
-- column first_reply_business_minutes: the same in business minutes
-- column first_reply_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column first_resolution_minutes: creation to first_solved_at
-- column first_resolution_business_minutes: the same in business minutes
-- column first_resolution_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column full_resolution_minutes: creation to solved_at, the time it was solved in between included
-- column full_resolution_business_minutes: the same in business minutes
-- column full_resolution_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column requester_wait_minutes: time as new, open or on hold
-- column requester_wait_business_minutes: the same in business minutes
-- column requester_wait_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column agent_wait_minutes: time as pending, in which agents wait for the requester
-- column agent_wait_business_minutes: the same in business minutes
-- column agent_wait_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column on_hold_minutes: time on hold, in which agents wait for others
-- column on_hold_business_minutes: the same in business minutes
-- column on_hold_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column agent_work_minutes: time as new or open
-- column agent_work_business_minutes: the same in business minutes
-- column agent_work_business_minutes_last_schedule: the same in business minutes of the last schedule
-- column next_replies: answers of agents to what the requester wrote after the first reply; empty where the source has
--   no replies
-- column next_reply_minutes_mean: mean time from the requester's reply to such an answer; empty without one
-- column next_reply_business_minutes_mean: the same in business minutes
-- column next_reply_business_minutes_last_schedule_mean: the same in business minutes of the last schedule
-- column agent_replies: public replies of agents, the first comment of a ticket they created included; empty where the
--   source has no replies
-- column is_unreplied: it has no public reply of an agent
-- column reopens: times it was solved less one, never below 0; solved and reopened in one update does not count
-- column is_one_touch: it is solved, with fewer than two agent replies; empty where the source has no replies or no
--   history of the status
-- column is_one_touch_strict: it is solved, with exactly one agent reply; empty as is_one_touch
-- column agent_stations: times it was assigned to an agent; empty where the source does not say
-- column is_reassigned: it was assigned to agents more than once
-- column group_stations: times a group took it over, the first one included; empty where no group is known
with answers as (
    select
        source,
        ticket_id,
        count(minutes) as next_replies,
        avg(minutes) as next_reply_minutes_mean,
        avg(business_minutes) as next_reply_business_minutes_mean,
        avg(business_minutes_last) as next_reply_business_minutes_last_schedule_mean
    from next_replies
    group by source, ticket_id
),

stations as (
    select
        source,
        ticket_id,
        count(*) as group_stations
    from ticket_groups
    group by source, ticket_id
),

-- Segments are cut at every reply and solving, so a time is a sum of whole ones. What is not known is neither in it nor
-- not in it, and so is no sum of it.
segments_in as (
    select
        segments.source,
        segments.ticket_id,
        segments.is_current,
        segments.status,
        segments.priority,
        segments.tier,
        segments.vendor,
        segments.minutes,
        segments.business_minutes,
        segments.business_minutes_last,
        cast(segments.started_at < times.first_reply_at as integer) as first_reply,
        cast(segments.started_at < times.first_solved_at as integer) as first_resolution,
        cast(segments.started_at < times.solved_at as integer) as full_resolution,
        segments.started_at < times.solved_at and segments.ended_at = times.solved_at as ends_solved,
        case when coverage.has_status_history then cast(segments.status in ('new', 'open', 'hold') as integer) end
            as requester_wait,
        case when coverage.has_status_history then cast(segments.status = 'pending' as integer) end as agent_wait,
        case when coverage.has_status_history then cast(segments.status = 'hold' as integer) end as on_hold,
        case when coverage.has_status_history then cast(segments.status in ('new', 'open') as integer) end
            as agent_work
    from ticket_segments as segments
    join ticket_times as times
        on times.source = segments.source and times.ticket_id = segments.ticket_id
    join source_coverage as coverage on coverage.source = segments.source
),

sums as (
    select
        source,
        ticket_id,
        max(status) filter (where is_current) as status,
        max(priority) filter (where is_current) as priority,
        max(tier) filter (where ends_solved) as solved_tier,
        max(vendor) filter (where ends_solved) as solved_vendor,
        sum(business_minutes * first_reply) as first_reply_business_minutes,
        sum(business_minutes_last * first_reply) as first_reply_business_minutes_last_schedule,
        sum(business_minutes * first_resolution) as first_resolution_business_minutes,
        sum(business_minutes_last * first_resolution) as first_resolution_business_minutes_last_schedule,
        sum(business_minutes * full_resolution) as full_resolution_business_minutes,
        sum(business_minutes_last * full_resolution) as full_resolution_business_minutes_last_schedule,
        sum(minutes * requester_wait) as requester_wait_minutes,
        sum(business_minutes * requester_wait) as requester_wait_business_minutes,
        sum(business_minutes_last * requester_wait) as requester_wait_business_minutes_last_schedule,
        sum(minutes * agent_wait) as agent_wait_minutes,
        sum(business_minutes * agent_wait) as agent_wait_business_minutes,
        sum(business_minutes_last * agent_wait) as agent_wait_business_minutes_last_schedule,
        sum(minutes * on_hold) as on_hold_minutes,
        sum(business_minutes * on_hold) as on_hold_business_minutes,
        sum(business_minutes_last * on_hold) as on_hold_business_minutes_last_schedule,
        sum(minutes * agent_work) as agent_work_minutes,
        sum(business_minutes * agent_work) as agent_work_business_minutes,
        sum(business_minutes_last * agent_work) as agent_work_business_minutes_last_schedule
    from segments_in
    group by source, ticket_id
),

known_tickets as (
    select
        tickets.source,
        tickets.ticket_id,
        -- The ticket's own columns may be of a time after the run's date.
        case when tickets.updated_at <= account.as_of then tickets.status end as status,
        case when tickets.updated_at <= account.as_of then tickets.priority end as priority
    from stg_tickets as tickets
    cross join stg_account as account
)

select
    times.source,
    times.ticket_id,
    times.business_line,
    times.user_type,
    times.channel,
    times.region,
    coalesce(known_tickets.priority, sums.priority) as priority,
    times.created_at,
    times.created_on,
    coalesce(known_tickets.status, sums.status, 'open') as status,
    times.first_tier,
    times.first_vendor,
    sums.solved_tier,
    sums.solved_vendor,
    times.is_agent_created,
    coalesce(known_tickets.status, sums.status, 'open') = 'deleted' as is_deleted,
    times.first_reply_at,
    times.first_solved_at,
    times.solved_at,
    times.first_reply_minutes,
    sums.first_reply_business_minutes,
    sums.first_reply_business_minutes_last_schedule,
    times.first_resolution_minutes,
    sums.first_resolution_business_minutes,
    sums.first_resolution_business_minutes_last_schedule,
    times.full_resolution_minutes,
    sums.full_resolution_business_minutes,
    sums.full_resolution_business_minutes_last_schedule,
    sums.requester_wait_minutes,
    sums.requester_wait_business_minutes,
    sums.requester_wait_business_minutes_last_schedule,
    sums.agent_wait_minutes,
    sums.agent_wait_business_minutes,
    sums.agent_wait_business_minutes_last_schedule,
    sums.on_hold_minutes,
    sums.on_hold_business_minutes,
    sums.on_hold_business_minutes_last_schedule,
    sums.agent_work_minutes,
    sums.agent_work_business_minutes,
    sums.agent_work_business_minutes_last_schedule,
    case when coverage.has_replies then coalesce(answers.next_replies, 0) end as next_replies,
    answers.next_reply_minutes_mean,
    answers.next_reply_business_minutes_mean,
    answers.next_reply_business_minutes_last_schedule_mean,
    times.touches as agent_replies,
    times.touches = 0 as is_unreplied,
    times.reopens,
    case when coverage.has_status_history then times.solved_at is not null and times.touches < 2 end as is_one_touch,
    case when coverage.has_status_history then times.solved_at is not null and times.touches = 1 end
        as is_one_touch_strict,
    times.assignments as agent_stations,
    times.assignments > 1 as is_reassigned,
    stations.group_stations
from ticket_times as times
join known_tickets
    on known_tickets.source = times.source and known_tickets.ticket_id = times.ticket_id
join source_coverage as coverage on coverage.source = times.source
join sums
    on sums.source = times.source and sums.ticket_id = times.ticket_id
left join answers
    on answers.source = times.source and answers.ticket_id = times.ticket_id
left join stations
    on stations.source = times.source and stations.ticket_id = times.ticket_id

-- Every time metric of every ticket, in calendar minutes, in the business minutes of each schedule while it applied,
-- and in those of the ticket's last schedule only, which is how Zendesk counts them. All of it comes from the ticket's
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
-- column priority: its priority at the run's date; empty where the source has none [accepted: low, normal, high,
--   urgent]
-- column created_at: when it was created, UTC [not_null]
-- column created_on: that day in the account's zone [not_null]
-- column status: its status at the run's date [not_null, accepted: new, open, pending, hold, solved, closed, deleted]
-- column first_tier: tier of the group that owned it first; empty where the groups table does not say [accepted: 1, 2]
-- column first_vendor: vendor of that group, or `inhouse`
-- column solved_tier: tier of the group that owned it when it was last solved; empty while it is unsolved [accepted:
--   1, 2]
-- column solved_vendor: vendor of that group, or `inhouse`
-- column is_agent_created: an agent created it; empty where the history does not say who did
-- column is_deleted: it has been deleted [not_null]
-- column first_reply_at: first public reply of an agent, UTC, as in ticket_times
-- column first_solved_at: when it was first solved, UTC
-- column solved_at: when it was last solved, UTC; empty while it is open again
-- column first_reply_minutes: from the creation to the first public reply of an agent, first_reply_at
-- metric first_reply_minutes: First reply time
-- trap first_reply_minutes: automatic replies do not count; a ticket nobody replied to has none, so read it beside
--   the unreplied tickets
-- trap first_reply_minutes: where an agent created the ticket with a public comment, the second comment counts
-- zendesk first_reply_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the
--   ticket's last schedule, which is the third column here; the second counts each schedule while it applied
-- column first_reply_business_minutes: the same in business minutes
-- metric first_reply_business_minutes: First reply time
-- column first_reply_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric first_reply_business_minutes_last_schedule: First reply time
-- column first_resolution_minutes: from the creation to the first time it was solved, first_solved_at
-- metric first_resolution_minutes: First resolution time
-- trap first_resolution_minutes: a ticket solved without being finished is fast here: read it beside the reopens
-- zendesk first_resolution_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the
--   ticket's last schedule, which is the third column here; the second counts each schedule while it applied
-- column first_resolution_business_minutes: the same in business minutes
-- metric first_resolution_business_minutes: First resolution time
-- column first_resolution_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric first_resolution_business_minutes_last_schedule: First resolution time
-- column full_resolution_minutes: creation to solved_at, the time it was solved in between included
-- metric full_resolution_minutes: Full resolution time
-- trap full_resolution_minutes: it changes when a ticket is reopened and solved again, also in weeks long over
-- trap full_resolution_minutes: the time between a solving and the reopening is in it
-- zendesk full_resolution_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the
--   ticket's last schedule, which is the third column here; the second counts each schedule while it applied
-- column full_resolution_business_minutes: the same in business minutes
-- metric full_resolution_business_minutes: Full resolution time
-- column full_resolution_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric full_resolution_business_minutes_last_schedule: Full resolution time
-- column requester_wait_minutes: time as new, open or on hold
-- metric requester_wait_minutes: Requester wait time
-- trap requester_wait_minutes: time on hold is in it: the requester waits, whoever has the ticket
-- zendesk requester_wait_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the
--   ticket's last schedule, which is the third column here; the second counts each schedule while it applied
-- column requester_wait_business_minutes: the same in business minutes
-- metric requester_wait_business_minutes: Requester wait time
-- column requester_wait_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric requester_wait_business_minutes_last_schedule: Requester wait time
-- column agent_wait_minutes: time as pending, in which agents wait for the requester
-- metric agent_wait_minutes: Agent wait time
-- trap agent_wait_minutes: a ticket left pending on purpose looks like one whose requester is slow
-- zendesk agent_wait_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the
--   ticket's last schedule, which is the third column here; the second counts each schedule while it applied
-- column agent_wait_business_minutes: the same in business minutes
-- metric agent_wait_business_minutes: Agent wait time
-- column agent_wait_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric agent_wait_business_minutes_last_schedule: Agent wait time
-- column on_hold_minutes: time on hold, in which agents wait for others
-- metric on_hold_minutes: On-hold time
-- trap on_hold_minutes: teams that never set tickets on hold have none, though they wait for others, too
-- zendesk on_hold_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the ticket's
--   last schedule, which is the third column here; the second counts each schedule while it applied
-- column on_hold_business_minutes: the same in business minutes
-- metric on_hold_business_minutes: On-hold time
-- column on_hold_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric on_hold_business_minutes_last_schedule: On-hold time
-- column agent_work_minutes: time as new or open, in which agents have it to work on
-- metric agent_work_minutes: Agent work time
-- trap agent_work_minutes: time in the queue is in it, not only time in hand
-- zendesk agent_work_minutes: calendar minutes: the same. Business minutes: Explore counts all of them by the
--   ticket's last schedule, which is the third column here; the second counts each schedule while it applied
-- column agent_work_business_minutes: the same in business minutes
-- metric agent_work_business_minutes: Agent work time
-- column agent_work_business_minutes_last_schedule: the same in business minutes of the last schedule
-- metric agent_work_business_minutes_last_schedule: Agent work time
-- column next_replies: answers of agents to what the requester wrote after the first reply; empty where the source has
--   no replies
-- column next_reply_minutes_mean: mean time from the requester's reply to such an answer; empty without one
-- metric next_reply_minutes_mean: Next reply time, mean of a ticket
-- trap next_reply_minutes_mean: a question that is still unanswered has none: sla_open shows those that wait
-- zendesk next_reply_minutes_mean: not in Explore as a time; only as a service target
-- column next_reply_business_minutes_mean: the same in business minutes
-- metric next_reply_business_minutes_mean: Next reply time, mean of a ticket
-- column next_reply_business_minutes_last_schedule_mean: the same in business minutes of the last schedule
-- metric next_reply_business_minutes_last_schedule_mean: Next reply time, mean of a ticket
-- column agent_replies: public replies of agents, the first comment of a ticket they created included; empty where the
--   source has no replies
-- metric agent_replies: Agent replies of a ticket
-- trap agent_replies: one long answer and one short one count alike
-- zendesk agent_replies: the same
-- column is_unreplied: it has no public reply of an agent
-- metric is_unreplied: Unreplied
-- trap is_unreplied: a ticket solved as a duplicate has no reply, either
-- zendesk is_unreplied: the same: tickets with 0 public replies of agents
-- column reopens: times it was solved less one, never below 0; solved and reopened in one update does not count
-- metric reopens: Reopens of a ticket
-- trap reopens: solved and reopened in one update does not count
-- trap reopens: a ticket that is open again counts its last reopening only once it is solved again
-- zendesk reopens: counts a reopening when it happens: one more for every ticket that is reopened now
-- column is_one_touch: it is solved, with fewer than two agent replies; empty where the source has no replies or no
--   history of the status
-- metric is_one_touch: One-touch
-- trap is_one_touch: a ticket solved without any reply counts, too: the strict form leaves it out
-- zendesk is_one_touch: the same: solved with fewer than two agent replies
-- column is_one_touch_strict: it is solved, with exactly one agent reply; empty as is_one_touch
-- metric is_one_touch_strict: One-touch, strict
-- trap is_one_touch_strict: few replies are no aim where a second one would have helped
-- zendesk is_one_touch_strict: Explore has only the other form, fewer than two replies
-- column agent_stations: times it was assigned to an agent; empty where the source does not say
-- metric agent_stations: Agent stations of a ticket
-- trap agent_stations: the same agent twice, with another one between, counts twice
-- zendesk agent_stations: the same
-- column is_reassigned: it was assigned to agents more than once
-- metric is_reassigned: Reassigned
-- trap is_reassigned: a first sorting by hand counts as an assignment
-- zendesk is_reassigned: the same: more than one assignee station
-- column group_stations: times a group took it over, the first one included; empty where no group is known
-- metric group_stations: Group stations of a ticket
-- trap group_stations: the first group counts as one
-- zendesk group_stations: the same
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
    case
        when coverage.has_status_history and coverage.has_replies
            then times.solved_at is not null and times.touches < 2
    end as is_one_touch,
    case
        when coverage.has_status_history and coverage.has_replies
            then times.solved_at is not null and times.touches = 1
    end as is_one_touch_strict,
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

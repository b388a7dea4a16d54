-- How long requesters waited for each answer after the first: from the first public reply of the requester that no
-- agent has answered yet to the next public reply of an agent. What the requester writes before the first reply is
-- answered by it and is not here. Automatic replies neither ask nor answer.
-- grain: ticket and unanswered question, in order
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, position
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column position: 1 for the first question after the first reply, then counted up [not_null]
-- column asked_at: the requester's first reply since the last one of an agent, UTC [not_null]
-- column replied_at: the next public reply of an agent, UTC; empty while there is none
-- column group_id: the group that owned the ticket until that reply, or owns it now where there is none
-- column tier: that group's tier then; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: that group's vendor then, or `inhouse`
-- column minutes: asked_at to replied_at; empty while there is no reply
-- column business_minutes: the same in minutes in which the schedule that applied was open
-- column business_minutes_last: the same by the ticket's last schedule
with replies as (
    select
        times.source,
        times.ticket_id,
        events.occurred_at as replied_at,
        events.actor_kind = 'requester' as is_question,
        lag(events.actor_kind) over in_order as previous_actor,
        min(events.occurred_at) filter (where events.actor_kind = 'agent') over from_here as answered_at
    from stg_ticket_events as events
    join ticket_times as times
        on times.source = events.source
        and times.ticket_id = events.ticket_id
        and times.first_reply_at < events.occurred_at
    where events.kind = 'public_reply' and events.actor_kind in ('agent', 'requester')
    -- Of one instant the question comes first, so it is answered by the reply.
    window
        in_order as (
            partition by times.source, times.ticket_id
            order by events.occurred_at, events.actor_kind desc
        ),
        from_here as (
            partition by times.source, times.ticket_id
            order by events.occurred_at, events.actor_kind desc
            rows between current row and unbounded following
        )
),

questions as (
    select
        source,
        ticket_id,
        row_number() over (partition by source, ticket_id order by replied_at) as position,
        replied_at as asked_at,
        answered_at as replied_at
    from replies
    where is_question and previous_actor is distinct from 'requester'
)

-- A segment begins and one ends at every reply, so the clock at a reply is what had passed before that segment.
select
    questions.source,
    questions.ticket_id,
    questions.position,
    questions.asked_at,
    questions.replied_at,
    owners.group_id,
    owners.tier,
    owners.vendor,
    date_diff('second', questions.asked_at, questions.replied_at) / 60.0 as minutes,
    answers.business_before - asked.business_before as business_minutes,
    answers.business_before_last - asked.business_before_last as business_minutes_last
from questions
join ticket_segments as asked
    on asked.source = questions.source
    and asked.ticket_id = questions.ticket_id
    and asked.started_at = questions.asked_at
left join ticket_segments as answers
    on answers.source = questions.source
    and answers.ticket_id = questions.ticket_id
    and answers.started_at = questions.replied_at
left join ticket_segments as owners
    on owners.source = questions.source
    and owners.ticket_id = questions.ticket_id
    and (
        (owners.started_at < questions.replied_at and owners.ended_at = questions.replied_at)
        or (questions.replied_at is null and owners.is_current)
    )

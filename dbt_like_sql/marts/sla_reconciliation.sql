-- Our figures of every ticket beside those its source reports, with the reason of each difference. A figure the source
-- does not report has no row. Minutes agree within one minute, since sources round them; counts and sla_met exactly.
-- grain: ticket and measure
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, measure
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column created_week: Monday of the week it was created in, in the account's zone [not_null]
-- column measure: what is compared: a time metric of ticket_metrics in calendar or (`_business`) business minutes,
--   reopens, agent_replies, reassignments, or sla_met, which is 1 where every service target was met and else 0
--   [not_null]
-- column ours: our figure, business minutes by each schedule while it applied; empty where the history cannot tell it,
--   no policy has a target for it, or a target of the ticket still runs unbroken
-- column reported: the source's figure [not_null]
-- column difference: ours - reported
-- column agrees: they are the same; empty without a figure of ours
-- column reason: why they differ; the first that fits. not measured: we have no figure. deleted: the ticket was deleted,
--   and sources stop counting or forget. last schedule: the source counts all its business minutes by the ticket's last
--   schedule, and by that ours is the same. reopened now: it was solved before and is unsolved again, which the source
--   counts at once and we when it is solved. snapshot hour: the source's figure is older than ours, since the ticket
--   changed within the hour before the run's date, or its time has run on since its last update. zero-touch: no agent
--   replied to it, and sources differ in what they count of the replies, and so of the targets, of such tickets
--   [not_null, accepted: same, not measured, deleted, last schedule, reopened now, snapshot hour, zero-touch,
--   unknown]
with measures as (
    select
        measure,
        tolerance
    from (
        values
        ('first_reply_minutes', 1.0),
        ('first_reply_minutes_business', 1.0),
        ('first_resolution_minutes', 1.0),
        ('first_resolution_minutes_business', 1.0),
        ('full_resolution_minutes', 1.0),
        ('full_resolution_minutes_business', 1.0),
        ('requester_wait_minutes', 1.0),
        ('requester_wait_minutes_business', 1.0),
        ('agent_wait_minutes', 1.0),
        ('agent_wait_minutes_business', 1.0),
        ('on_hold_minutes', 1.0),
        ('on_hold_minutes_business', 1.0),
        ('reopens', 0.0),
        ('agent_replies', 0.0),
        ('reassignments', 0.0),
        ('sla_met', 0.0)
    ) as named (measure, tolerance)
),

judged as (
    select
        source,
        ticket_id,
        case
            when bool_or(is_breached) then false
            when not bool_or(state in ('active', 'paused')) and bool_or(state = 'achieved') then true
        end as is_met
    from sla_instances
    group by source, ticket_id
),

compared as (
    select
        tickets.source,
        tickets.ticket_id,
        cast(date_trunc('week', tickets.created_on) as date) as created_week,
        measures.measure,
        measures.tolerance,
        metrics.is_deleted,
        metrics.is_unreplied,
        tickets.updated_at,
        account.as_of,
        measures.measure like 'requester_wait%'
            or measures.measure like 'agent_wait%'
            or measures.measure like 'on_hold%' as is_a_running_sum,
        metrics.status in ('new', 'open', 'pending', 'hold') as is_unsolved,
        metrics.first_resolution_minutes is not null as was_solved,
        case measures.measure
            when 'first_reply_minutes' then metrics.first_reply_minutes
            when 'first_reply_minutes_business' then metrics.first_reply_business_minutes
            when 'first_resolution_minutes' then metrics.first_resolution_minutes
            when 'first_resolution_minutes_business' then metrics.first_resolution_business_minutes
            when 'full_resolution_minutes' then metrics.full_resolution_minutes
            when 'full_resolution_minutes_business' then metrics.full_resolution_business_minutes
            when 'requester_wait_minutes' then metrics.requester_wait_minutes
            when 'requester_wait_minutes_business' then metrics.requester_wait_business_minutes
            when 'agent_wait_minutes' then metrics.agent_wait_minutes
            when 'agent_wait_minutes_business' then metrics.agent_wait_business_minutes
            when 'on_hold_minutes' then metrics.on_hold_minutes
            when 'on_hold_minutes_business' then metrics.on_hold_business_minutes
            when 'reopens' then metrics.reopens
            when 'agent_replies' then metrics.agent_replies
            when 'reassignments' then case
                when metrics.agent_stations is not null then greatest(metrics.agent_stations - 1, 0)
            end
            when 'sla_met' then cast(judged.is_met as integer)
        end as ours,
        case measures.measure
            when 'first_reply_minutes' then tickets.reported_first_reply_minutes
            when 'first_reply_minutes_business' then tickets.reported_first_reply_minutes_business
            when 'first_resolution_minutes' then tickets.reported_first_resolution_minutes
            when 'first_resolution_minutes_business' then tickets.reported_first_resolution_minutes_business
            when 'full_resolution_minutes' then tickets.reported_full_resolution_minutes
            when 'full_resolution_minutes_business' then tickets.reported_full_resolution_minutes_business
            when 'requester_wait_minutes' then tickets.reported_requester_wait_minutes
            when 'requester_wait_minutes_business' then tickets.reported_requester_wait_minutes_business
            when 'agent_wait_minutes' then tickets.reported_agent_wait_minutes
            when 'agent_wait_minutes_business' then tickets.reported_agent_wait_minutes_business
            when 'on_hold_minutes' then tickets.reported_on_hold_minutes
            when 'on_hold_minutes_business' then tickets.reported_on_hold_minutes_business
            when 'reopens' then tickets.reported_reopens
            when 'agent_replies' then tickets.reported_replies
            when 'reassignments' then tickets.reported_reassignments
            when 'sla_met' then cast(tickets.reported_sla_met as integer)
        end as reported,
        case measures.measure
            when 'first_reply_minutes_business' then metrics.first_reply_business_minutes_last_schedule
            when 'first_resolution_minutes_business' then metrics.first_resolution_business_minutes_last_schedule
            when 'full_resolution_minutes_business' then metrics.full_resolution_business_minutes_last_schedule
            when 'requester_wait_minutes_business' then metrics.requester_wait_business_minutes_last_schedule
            when 'agent_wait_minutes_business' then metrics.agent_wait_business_minutes_last_schedule
            when 'on_hold_minutes_business' then metrics.on_hold_business_minutes_last_schedule
        end as ours_by_last_schedule
    from stg_tickets as tickets
    join ticket_metrics as metrics
        on metrics.source = tickets.source and metrics.ticket_id = tickets.ticket_id
    left join judged
        on judged.source = tickets.source and judged.ticket_id = tickets.ticket_id
    cross join measures
    cross join stg_account as account
)

select
    source,
    ticket_id,
    created_week,
    measure,
    ours,
    reported,
    ours - reported as difference,
    abs(ours - reported) <= tolerance as agrees,
    case
        when ours is null then 'not measured'
        when abs(ours - reported) <= tolerance then 'same'
        when is_deleted then 'deleted'
        when abs(ours_by_last_schedule - reported) <= tolerance then 'last schedule'
        when measure = 'reopens' and is_unsolved and was_solved and reported = ours + 1 then 'reopened now'
        when is_unsolved and updated_at > as_of - interval 1 hour then 'snapshot hour'
        when is_unsolved
            and is_a_running_sum
            and ours > reported
            and ours - reported <= date_diff('second', updated_at, as_of) / 60.0 + 60 then 'snapshot hour'
        when is_unreplied
            and measure in ('first_reply_minutes', 'first_reply_minutes_business', 'agent_replies', 'sla_met')
            then 'zero-touch'
        else 'unknown'
    end as reason
from compared
where reported is not null

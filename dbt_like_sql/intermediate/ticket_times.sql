-- When each ticket was first answered, solved and escalated, in calendar minutes, and by whom it was first owned.
-- All of it comes from the ticket's history; a source without one has no times here (what such a source reports itself
-- stays in stg_tickets.reported_*). An event before the creation counts at the creation, so no time is below 0.
-- What the source says of a ticket without its time is taken as known at the run's date where the history does not show
-- that it came later.
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
-- column created_at: when it was created, UTC [not_null]
-- column created_on: that day in the account's zone [not_null]
-- column created_hour: that hour in the account's zone [not_null]
-- column first_group_id: the group that owned it first
-- column first_tier: that group's tier at the time; empty where the groups table does not say [accepted: 1, 2]
-- column first_vendor: that group's vendor at the time, or `inhouse`
-- column is_agent_created: an agent created it; empty where the history does not say who did
-- column first_reply_at: first public reply of an agent, UTC. Where an agent created the ticket, a reply at the
--   moment of creation is its first comment and the next one counts. Automatic replies do not count
-- column first_reply_minutes: creation to first_reply_at; empty while there is none
-- column first_solved_at: when it was first solved, UTC; empty where the source has no history of the status: the
--   solving it tells of is the latest
-- column first_resolution_minutes: creation to first_solved_at; empty while it was never solved
-- column solved_at: when it was last solved, UTC; empty while it is open again
-- column full_resolution_minutes: creation to solved_at
-- column reopens: times solved less one, never below 0; empty where the source has no history of the status
-- column touches: public replies of agents, the first comment of a ticket they created included; empty where the source
--   has no replies
-- column assignments: times it was assigned to an agent; empty where the source does not say
-- column reassignments: the same less one, never below 0; empty as assignments
-- column moved_to_tier_2_at: first move from a group of tier 1 to one of tier 2, UTC
-- column escalated_at: moved_to_tier_2_at; without it, the first escalation the history records as such
-- column escalated_to_group_id: the group it was escalated to
-- column is_escalated: it was escalated, by its group history or by what the source says; empty where neither says. Of
--   a ticket that changed after the run's date the history alone counts, where the source has one of escalations
-- column handle_minutes: minutes agents spent on it; empty where the source does not say, and where they went on with
--   it after the run's date
-- column is_open: it is not solved, closed or deleted at the run's date; by its status alone where the source never
--   says when it solves [not_null]
with histories as (
    select
        tickets.source,
        tickets.ticket_id,
        bool_or(events.actor_kind = 'agent') filter (where events.kind = 'created') as is_agent_created,
        min(events.occurred_at) filter (
            where events.kind = 'public_reply' and events.actor_kind = 'agent'
        ) as first_reply_at,
        min(events.occurred_at) filter (
            where events.kind = 'public_reply'
                and events.actor_kind = 'agent'
                and events.occurred_at > tickets.created_at
        ) as first_later_reply_at,
        count(*) filter (where events.kind = 'public_reply' and events.actor_kind = 'agent') as touches,
        count(*) filter (where events.kind = 'assigned' and events.to_value is not null) as assignments,
        min(greatest(events.occurred_at, tickets.created_at)) filter (where events.kind = 'escalated') as escalated_at,
        arg_min(events.to_value, events.occurred_at) filter (
            where events.kind = 'escalated'
        ) as escalated_to_group_id
    from stg_ticket_events as events
    join stg_tickets as tickets
        on tickets.source = events.source and tickets.ticket_id = events.ticket_id
    where events.kind in ('created', 'public_reply', 'assigned', 'escalated')
    group by tickets.source, tickets.ticket_id
),

resolutions as (
    select
        source,
        ticket_id,
        min(left_at) filter (where left_as = 'solved' and left_by_event) as first_solved_at,
        max(left_at) filter (where left_as = 'solved' and left_by_event) as last_solved_at,
        max(left_at) as last_left_at,
        count(*) filter (where left_as = 'solved' and left_by_event) as solves,
        bool_or(left_at is null) as is_open
    from ticket_open_spans
    group by source, ticket_id
),

first_owners as (
    select source, ticket_id, group_id, tier, vendor
    from ticket_groups
    where position = 1
),

moves_to_tier_2 as (
    select
        source,
        ticket_id,
        min(owned_from) as moved_to_tier_2_at,
        arg_min(group_id, position) as group_id
    from ticket_groups
    where is_escalation
    group by source, ticket_id
),

-- Only of a past date is there anything to come.
worked_on_since as (
    select distinct events.source, events.ticket_id
    from raw.ticket_events as events
    cross join stg_account as account
    where events.occurred_at > account.as_of and events.actor_kind = 'agent'
),

joined as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.business_line,
        tickets.user_type,
        tickets.channel,
        tickets.region,
        tickets.created_at,
        tickets.created_on,
        tickets.created_hour,
        tickets.is_escalated,
        tickets.handle_minutes,
        tickets.status,
        coalesce(tickets.updated_at > account.as_of, false) as is_changed_since,
        worked_on_since.ticket_id is not null as is_worked_on_since,
        coverage.has_status_history,
        coverage.has_resolution,
        coverage.has_replies,
        coverage.has_escalations,
        first_owners.group_id as first_group_id,
        first_owners.tier as first_tier,
        first_owners.vendor as first_vendor,
        case
            when histories.is_agent_created then histories.first_later_reply_at
            when histories.first_reply_at < tickets.created_at then tickets.created_at
            else histories.first_reply_at
        end as first_reply_at,
        case when coverage.has_status_history then resolutions.first_solved_at end as first_solved_at,
        case
            when not resolutions.is_open and resolutions.last_solved_at = resolutions.last_left_at
                then resolutions.last_solved_at
        end as solved_at,
        resolutions.solves,
        resolutions.is_open,
        histories.is_agent_created,
        histories.touches,
        case when coverage.has_assignments then coalesce(histories.assignments, 0) end as assignments,
        moves_to_tier_2.moved_to_tier_2_at,
        coalesce(moves_to_tier_2.moved_to_tier_2_at, histories.escalated_at) as escalated_at,
        coalesce(moves_to_tier_2.group_id, histories.escalated_to_group_id) as escalated_to_group_id
    from stg_tickets as tickets
    join source_coverage as coverage on coverage.source = tickets.source
    cross join stg_account as account
    left join worked_on_since
        on worked_on_since.source = tickets.source and worked_on_since.ticket_id = tickets.ticket_id
    left join histories
        on histories.source = tickets.source and histories.ticket_id = tickets.ticket_id
    left join resolutions
        on resolutions.source = tickets.source and resolutions.ticket_id = tickets.ticket_id
    left join first_owners
        on first_owners.source = tickets.source and first_owners.ticket_id = tickets.ticket_id
    left join moves_to_tier_2
        on moves_to_tier_2.source = tickets.source and moves_to_tier_2.ticket_id = tickets.ticket_id
)

select
    source,
    ticket_id,
    business_line,
    user_type,
    channel,
    region,
    created_at,
    created_on,
    created_hour,
    first_group_id,
    first_tier,
    first_vendor,
    is_agent_created,
    first_reply_at,
    date_diff('second', created_at, first_reply_at) / 60.0 as first_reply_minutes,
    first_solved_at,
    date_diff('second', created_at, first_solved_at) / 60.0 as first_resolution_minutes,
    solved_at,
    date_diff('second', created_at, solved_at) / 60.0 as full_resolution_minutes,
    case when has_status_history then greatest(solves - 1, 0) end as reopens,
    case when has_replies then coalesce(touches, 0) end as touches,
    assignments,
    -- greatest passes over what is not known.
    case when assignments is not null then greatest(assignments - 1, 0) end as reassignments,
    moved_to_tier_2_at,
    escalated_at,
    escalated_to_group_id,
    case
        when escalated_at is not null then true
        when is_changed_since and (first_tier = 1 or has_escalations) then false
        when is_escalated is not null then is_escalated
        when first_tier is not null or has_escalations then false
    end as is_escalated,
    case
        when not is_changed_since or (has_replies and not is_worked_on_since) then handle_minutes
    end as handle_minutes,
    case
        when has_resolution then is_open
        else status not in ('solved', 'closed', 'deleted')
    end as is_open
from joined

-- The price of a bug: what the tickets linked to each issue of a partner team cost. An issue that no ticket is linked to
-- has no row; one that is linked but was not loaded has one without its team and status.
-- grain: issue
-- owner: team:support-analytics
-- column issue_id: the issue [not_null, unique]
-- column issue_key: its readable key
-- column team: the team that owns it
-- column summary: its title, redacted
-- column status: where it stands, in the tracker's words
-- column status_category: where it stands, in three steps [accepted: to_do, in_progress, done]
-- column created_at: when it was created, UTC
-- column resolved_at: when it was resolved, UTC; empty while it is not
-- column tickets: tickets that somebody linked to the issue [not_null]
-- metric tickets: Tickets linked to an issue
-- trap tickets: only the tickets somebody linked: a bug has more than its links
-- zendesk tickets: the same, by the Jira integration's links
-- column handle_minutes: minutes agents spent on them; empty where the source does not say
-- metric handle_minutes: Agents' time on the tickets of an issue (minutes)
-- trap handle_minutes: only of the linked tickets, and only handling: not the waiting
-- zendesk handle_minutes: the Time Tracking app's total time spent, if it is installed
-- column csat_good: good ratings among them [not_null]
-- column csat_rated: good and bad ratings among them [not_null]
-- column csat_matched: how many of the rated ones can be compared: there are rated tickets without an issue that are of
--   the same business line, channel and priority, and escalated or not like them [not_null]
-- column csat_points: CSAT of these, in percentage points above (below 0: under) that of such tickets
-- metric csat_points: CSAT of an issue's tickets against tickets like them (percentage points)
-- trap csat_points: few ratings, so a wide interval: an issue without an effect is within it 19 times in 20
-- zendesk csat_points: not in Zendesk
-- column csat_points_low: lower end of its 95 % interval (Wilson 1927; the other tickets' share taken as known)
-- column csat_points_high: upper end of its 95 % interval
-- column sla_breaches: service targets these tickets missed; empty where they have no targets
-- metric sla_breaches: Service targets missed by an issue's tickets
-- trap sla_breaches: a ticket can miss several targets, also before it was linked
-- zendesk sla_breaches: not in Explore by issue
-- column breach_minutes: minutes past the target, summed; empty where none was missed
-- column waiting_now: tickets linked to it that are open: requesters who still wait [not_null]
-- metric waiting_now: Requesters still waiting for a fix
-- trap waiting_now: a ticket solved with "we are working on it" waits no more by this count
-- zendesk waiting_now: the same: unsolved tickets with a link
-- column tickets_after_resolved: tickets linked to it after it was resolved; empty while it is not
-- metric tickets_after_resolved: Tickets linked after the fix
-- trap tickets_after_resolved: tickets of people who had the fault before the fix come after it, too
-- zendesk tickets_after_resolved: not in Zendesk
-- column is_reopened_after_fix: the team took it up again after it was done; empty where the tracker's history is not
--   known
with linked as (
    select
        links.issue_id,
        links.source,
        links.ticket_id,
        max(links.issue_key) as issue_key,
        min(links.linked_at) as linked_at
    from stg_issue_links as links
    group by links.issue_id, links.source, links.ticket_id
),

linked_tickets as (
    select source, ticket_id
    from linked
    group by source, ticket_id
),

-- Links name an issue by its id alone; where two trackers have the id, the issue that changed last is meant.
issues as (
    select
        issues.source,
        issues.issue_id,
        issues.issue_key,
        issues.team,
        issues.summary,
        issues.status,
        issues.status_category,
        issues.created_at,
        issues.resolved_at
    from stg_issues as issues
    qualify row_number() over (partition by issues.issue_id order by issues.updated_at desc, issues.source) = 1
),

rated as (
    select
        ratings.source,
        ratings.ticket_id,
        ratings.score = 'good' as is_good,
        ratings.business_line,
        ratings.channel,
        coalesce(ratings.priority, 'none') as priority,
        coalesce(ratings.is_escalated, false) as is_escalated
    from ticket_ratings as ratings
    join linked_tickets
        on linked_tickets.source = ratings.source and linked_tickets.ticket_id = ratings.ticket_id
    where ratings.score is not null
),

rated_like as (
    select
        business_line,
        channel,
        priority,
        is_escalated,
        count(*) filter (where is_good) as good,
        count(*) as rated
    from rated
    group by business_line, channel, priority, is_escalated
),

all_rated as (
    select
        business_line,
        channel,
        coalesce(priority, 'none') as priority,
        coalesce(is_escalated, false) as is_escalated,
        count(*) filter (where score = 'good') as good,
        count(*) as rated
    from ticket_ratings
    where score is not null
    group by business_line, channel, coalesce(priority, 'none'), coalesce(is_escalated, false)
),

usual as (
    select
        all_rated.business_line,
        all_rated.channel,
        all_rated.priority,
        all_rated.is_escalated,
        (all_rated.good - rated_like.good) / cast(all_rated.rated - rated_like.rated as double) as csat
    from all_rated
    join rated_like
        on rated_like.business_line = all_rated.business_line
        and rated_like.channel = all_rated.channel
        and rated_like.priority = all_rated.priority
        and rated_like.is_escalated = all_rated.is_escalated
    where all_rated.rated > rated_like.rated
),

satisfaction as (
    select
        linked.issue_id,
        count(*) filter (where rated.is_good) as csat_good,
        count(*) as csat_rated,
        count(usual.csat) as csat_matched,
        avg(case when usual.csat is not null then case when rated.is_good then 1.0 else 0.0 end end) as csat,
        avg(usual.csat) as csat_expected
    from linked
    join rated on rated.source = linked.source and rated.ticket_id = linked.ticket_id
    left join usual
        on usual.business_line = rated.business_line
        and usual.channel = rated.channel
        and usual.priority = rated.priority
        and usual.is_escalated = rated.is_escalated
    group by linked.issue_id
),

targets as (
    select
        linked.issue_id,
        count(*) filter (where instances.is_breached) as sla_breaches,
        sum(instances.breach_minutes) as breach_minutes
    from linked
    join sla_instances as instances
        on instances.source = linked.source and instances.ticket_id = linked.ticket_id
    group by linked.issue_id
),

costs as (
    select
        linked.issue_id,
        max(linked.issue_key) as issue_key,
        count(*) as tickets,
        sum(times.handle_minutes) as handle_minutes,
        count(*) filter (where times.is_open) as waiting_now,
        count(*) filter (
            where coalesce(linked.linked_at, tickets.created_at) > issues.resolved_at
        ) as tickets_after_resolved
    from linked
    join stg_tickets as tickets on tickets.source = linked.source and tickets.ticket_id = linked.ticket_id
    join ticket_times as times on times.source = linked.source and times.ticket_id = linked.ticket_id
    left join issues on issues.issue_id = linked.issue_id
    group by linked.issue_id
),

taken_up_again as (
    select
        transitions.source,
        transitions.issue_id,
        bool_or(
            transitions.field = 'status'
            and before.status_category = 'done'
            and coalesce(after.status_category, 'in_progress') <> 'done'
            or transitions.field = 'resolution' and transitions.from_value is not null and transitions.to_value is null
        ) as is_reopened
    from stg_issue_transitions as transitions
    left join issue_statuses as before
        on before.source = transitions.source and before.status = transitions.from_value
    left join issue_statuses as after
        on after.source = transitions.source and after.status = transitions.to_value
    group by transitions.source, transitions.issue_id
),

trackers_with_history as (
    select source
    from stg_issue_transitions
    group by source
)

select
    costs.issue_id,
    coalesce(issues.issue_key, costs.issue_key) as issue_key,
    issues.team,
    issues.summary,
    issues.status,
    issues.status_category,
    issues.created_at,
    issues.resolved_at,
    costs.tickets,
    costs.handle_minutes,
    coalesce(satisfaction.csat_good, 0) as csat_good,
    coalesce(satisfaction.csat_rated, 0) as csat_rated,
    coalesce(satisfaction.csat_matched, 0) as csat_matched,
    100 * (satisfaction.csat - satisfaction.csat_expected) as csat_points,
    100 * (wilson_low(satisfaction.csat, satisfaction.csat_matched) - satisfaction.csat_expected) as csat_points_low,
    100 * (wilson_high(satisfaction.csat, satisfaction.csat_matched) - satisfaction.csat_expected) as csat_points_high,
    targets.sla_breaches,
    targets.breach_minutes,
    costs.waiting_now,
    case when issues.resolved_at is not null then costs.tickets_after_resolved end as tickets_after_resolved,
    case when trackers_with_history.source is not null then coalesce(taken_up_again.is_reopened, false) end
        as is_reopened_after_fix
from costs
left join issues on issues.issue_id = costs.issue_id
left join satisfaction on satisfaction.issue_id = costs.issue_id
left join targets on targets.issue_id = costs.issue_id
left join taken_up_again on taken_up_again.source = issues.source and taken_up_again.issue_id = issues.issue_id
left join trackers_with_history on trackers_with_history.source = issues.source

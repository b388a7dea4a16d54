-- How long each issue of a partner team has been in each status, from its creation to the run's date. Several stays in
-- one status are added up. An issue without a history has been in its present status all the time.
-- grain: issue and status
-- owner: team:support-analytics
-- unique: source, issue_id, status
-- column source: the tracker [not_null]
-- column issue_id: the issue, unique within its tracker [not_null]
-- column issue_key: its readable key [not_null]
-- column team: the team that owns it
-- column status: the status, in the tracker's words [not_null]
-- column status_category: where that stands, in three steps; empty for a status no issue is in any more
--   [accepted: to_do, in_progress, done]
-- column stays: how often it came into the status [not_null]
-- column minutes: calendar minutes in it so far; in a status that means done they only say how long ago that was
--   [not_null]
-- metric minutes: A partner team's time in a status (calendar minutes)
-- trap minutes: nights and weekends are in it, and a team that does not move its issues looks slow or quick at random
-- zendesk minutes: not in Zendesk; Jira's own time in status counts the same
-- column is_now: it is in the status now [not_null]
with transitions as (
    select
        issues.source,
        issues.issue_id,
        greatest(transitions.occurred_at, issues.created_at) as occurred_at,
        transitions.transition_id,
        transitions.from_value,
        transitions.to_value,
        row_number() over (
            partition by issues.source, issues.issue_id
            order by transitions.occurred_at, length(transitions.transition_id), transitions.transition_id
        ) as position
    from stg_issue_transitions as transitions
    join stg_issues as issues
        on issues.source = transitions.source and issues.issue_id = transitions.issue_id
    where transitions.field = 'status' and transitions.to_value is not null
),

stays as (
    select
        issues.source,
        issues.issue_id,
        0 as position,
        issues.created_at as from_at,
        case when first_moves.issue_id is null then issues.status else coalesce(first_moves.from_value, 'unknown') end
            as status
    from stg_issues as issues
    left join transitions as first_moves
        on first_moves.source = issues.source
        and first_moves.issue_id = issues.issue_id
        and first_moves.position = 1
    union all
    select
        source,
        issue_id,
        position,
        occurred_at,
        to_value
    from transitions
),

timed as (
    select
        stays.source,
        stays.issue_id,
        stays.status,
        stays.from_at,
        lead(stays.from_at) over (
            partition by stays.source, stays.issue_id
            order by stays.position
        ) as until_at
    from stays
)

select
    timed.source,
    timed.issue_id,
    issues.issue_key,
    issues.team,
    timed.status,
    any_value(statuses.status_category) as status_category,
    count(*) as stays,
    sum(date_diff('second', timed.from_at, coalesce(timed.until_at, account.as_of)) / 60.0) as minutes,
    bool_or(timed.until_at is null) as is_now
from timed
join stg_issues as issues on issues.source = timed.source and issues.issue_id = timed.issue_id
cross join stg_account as account
left join issue_statuses as statuses on statuses.source = timed.source and statuses.status = timed.status
group by timed.source, timed.issue_id, issues.issue_key, issues.team, timed.status

-- Partner teams' issues as they stood at the account's as-of time; those created after it are left out.
-- grain: issue
-- owner: team:support-analytics
-- materialized: view
-- unique: source, issue_id
-- column source: the source it came from [not_null]
-- column issue_id: the issue, unique within its source [not_null]
-- column issue_key: its readable key, which can change
-- column project: the project it is in
-- column team: the team that owns it
-- column summary: its title, redacted
-- column description: what it says, redacted
-- column priority: how urgent its team says it is, in the source's words
-- column status: where it stood, in the source's words: what it was before its next change of status
-- column status_category: where it stood, in three steps [accepted: to_do, in_progress, done]
-- column created_at: when it was created (UTC) [not_null]
-- column updated_at: when the source last changed it (UTC)
-- column resolved_at: when it was resolved (UTC); null while it was not
with later_changes as (
    select
        transitions.source,
        transitions.issue_id,
        arg_min(transitions.from_value, transitions.occurred_at) as status_then
    from raw.issue_transitions as transitions
    cross join raw.account as account
    where transitions.field = 'status' and transitions.occurred_at > account.as_of
    group by transitions.source, transitions.issue_id
)

select
    issues.source,
    issues.issue_id,
    issues.issue_key,
    issues.project,
    issues.team,
    issues.summary,
    issues.description,
    issues.priority,
    coalesce(later_changes.status_then, issues.status) as status,
    case
        when issues.status_category = 'done' and issues.resolved_at > account.as_of then 'in_progress'
        else issues.status_category
    end as status_category,
    issues.created_at,
    issues.updated_at,
    case when issues.resolved_at <= account.as_of then issues.resolved_at end as resolved_at
from raw.issues as issues
cross join raw.account as account
left join later_changes on later_changes.source = issues.source and later_changes.issue_id = issues.issue_id
where issues.created_at <= account.as_of

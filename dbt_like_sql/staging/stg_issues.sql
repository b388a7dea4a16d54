-- Partner teams' issues at their latest known state; those created after the account's as-of time are left out.
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
-- column status: where it stands, in the source's words
-- column status_category: where it stands, in three steps [accepted: to_do, in_progress, done]
-- column created_at: when it was created (UTC) [not_null]
-- column updated_at: when the source last changed it (UTC)
-- column resolved_at: when it was resolved (UTC); null while it is not
select
    issues.source,
    issues.issue_id,
    issues.issue_key,
    issues.project,
    issues.team,
    issues.summary,
    issues.description,
    issues.priority,
    issues.status,
    issues.status_category,
    issues.created_at,
    issues.updated_at,
    issues.resolved_at
from raw.issues as issues
cross join raw.account as account
where issues.created_at <= account.as_of

-- What was decided against a theme: who does what until when, and what it should change. What began after the
-- account's as-of time was planned then.
-- grain: action
-- owner: team:support-analytics
-- materialized: view
-- column action_id: the action [not_null, unique]
-- column theme_id: the theme it is against; null where it is against none in particular
-- column business_line: the only line it reaches; null: all
-- column region: the only region it reaches; null: all
-- column team: the team that does it
-- column kind: what sort of action it is [accepted: fix, sop, training, tooling]
-- column name: what is done
-- column started_at: when it began (UTC); null while it has not
-- column due_at: when it should be done (UTC)
-- column status: where it stands [accepted: planned, running, done, dropped]
-- column metric: the measure it should move: tickets, handle_minutes, first_reply_minutes, csat or reopen_rate; another
--   one is kept, but not measured
-- column expected_effect: by how much, as a share of the measure (-0.2: a fifth less)
select
    action_id,
    theme_id,
    business_line,
    region,
    team,
    kind,
    name,
    case when started_at <= account.as_of then started_at end as started_at,
    due_at,
    case when started_at > account.as_of then 'planned' else status end as status,
    metric,
    expected_effect
from raw.actions
cross join raw.account as account

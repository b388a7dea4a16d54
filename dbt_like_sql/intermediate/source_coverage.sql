-- What each source tells us, so that a figure it cannot give is left empty and not shown as zero.
-- grain: source
-- owner: team:support-analytics
-- unique: source
-- column source: where the tickets come from [not_null]
-- column volume_from: first day on which every new ticket of the source is here
-- column volume_until: last day on which every new ticket of the source is here; later tickets are leftovers
-- column has_status_history: the history of its tickets has changes of status, not just their creation and the latest
--   solving: of a source that tells nothing in between, no waiting and no reopening is known [not_null]
-- column has_resolution: the source says when tickets are solved, by their history or by a solved or closed time
--   [not_null]
-- column has_replies: the history has public replies of agents [not_null]
-- column has_assignments: the history says which agent had the ticket [not_null]
-- column has_escalations: the history has escalations as such [not_null]
-- column has_ratings: some requester was asked for a rating or gave one [not_null]
-- column has_rating_reasons: some rating says why [not_null]
-- column has_rating_changes: the history says when ratings were given and changed [not_null]
-- What a source tells does not hang on the run's date, so this reads all its events, also those still to come by then.
with kinds as (
    select
        source,
        kind,
        actor_kind,
        count(to_value) > 0 as has_value
    from raw.ticket_events
    group by source, kind, actor_kind
),

histories as (
    select
        source,
        bool_or(kind in ('reopened', 'status_changed')) as has_status_history,
        bool_or(kind = 'solved') as has_solvings,
        bool_or(kind = 'public_reply' and actor_kind = 'agent') as has_replies,
        bool_or(kind = 'assigned' and has_value) as has_assignments,
        bool_or(kind = 'escalated') as has_escalations,
        bool_or(kind = 'rated') as has_rating_changes
    from kinds
    group by source
),

claims as (
    select
        source,
        bool_or(reported_solved_at is not null or reported_closed_at is not null) as has_reported_times,
        coalesce(bool_or(csat_score is not null or csat_offered), false) as has_ratings,
        bool_or(csat_reason is not null) as has_rating_reasons
    from stg_tickets
    group by source
)

select
    claims.source,
    sources.volume_from,
    sources.volume_until,
    coalesce(histories.has_status_history, false) as has_status_history,
    coalesce(histories.has_status_history or histories.has_solvings, false) or claims.has_reported_times
        as has_resolution,
    coalesce(histories.has_replies, false) as has_replies,
    coalesce(histories.has_assignments, false) as has_assignments,
    coalesce(histories.has_escalations, false) as has_escalations,
    claims.has_ratings,
    claims.has_rating_reasons,
    coalesce(histories.has_rating_changes, false) as has_rating_changes
from claims
left join histories on histories.source = claims.source
left join stg_sources as sources on sources.source = claims.source

-- Every day at whose end a ticket was open, with where it stood then: not solved, closed or deleted, in the account's
-- zone. For the day of the run's date: open at that moment. Tickets of a source that never says when it solves are left
-- out.
-- grain: ticket and day
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, date
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column date: the day in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column status: its status at the end of the day; empty where the source has no history of the status
--   [accepted: new, open, pending, hold]
-- column group_id: the group that owned it then; empty while none did
-- column tier: that group's tier; empty where the groups table does not say [accepted: 1, 2]
-- column vendor: that group's vendor, or `inhouse`; empty where the groups table does not say
-- column age_days: whole days since its creation [not_null]
-- column not_updated_days: whole days since its last change of status, priority or group, reply, note or assignment
--   [not_null]
with midnights as (
    select
        min(date_diff('minute', at_utc, at_local)) as least_offset,
        max(date_diff('minute', at_utc, at_local)) as greatest_offset
    from (
        select
            cast(days.date as timestamp) as at_local,
            cast(days.date as timestamp) at time zone account.time_zone at time zone 'UTC' as at_utc
        from days
        cross join stg_account as account
    ) as zone
),

version_changes as (
    select group_id, valid_from as changed_at
    from group_versions
    union
    select group_id, valid_until
    from group_versions
    where valid_until is not null
),

-- Segments that begin only because the group's row in the groups table changes: nobody touched the ticket.
version_cuts as (
    select
        segments.source,
        segments.ticket_id,
        segments.position
    from ticket_segments as segments
    join version_changes as versions
        on versions.group_id = segments.group_id and versions.changed_at = segments.started_at
    join ticket_segments as before
        on before.source = segments.source
        and before.ticket_id = segments.ticket_id
        and before.position = segments.position - 1
        and before.group_id = segments.group_id
        and before.status is not distinct from segments.status
        and before.priority is not distinct from segments.priority
),

updates_before as (
    select
        cuts.source,
        cuts.ticket_id,
        cuts.position,
        max(segments.started_at) as updated_at
    from version_cuts as cuts
    join ticket_segments as segments
        on segments.source = cuts.source
        and segments.ticket_id = cuts.ticket_id
        and segments.position < cuts.position
    left join version_cuts as other_cuts
        on other_cuts.source = segments.source
        and other_cuts.ticket_id = segments.ticket_id
        and other_cuts.position = segments.position
    where other_cuts.ticket_id is null
    group by cuts.source, cuts.ticket_id, cuts.position
),

segments as (
    select
        segments.source,
        segments.ticket_id,
        segments.status,
        segments.group_id,
        segments.tier,
        segments.vendor,
        cast(segments.started_at at time zone 'UTC' at time zone account.time_zone as date) as started_on,
        -- The day of the run's date is not over, so it counts as if it ended now.
        cast(segments.ended_at at time zone 'UTC' at time zone account.time_zone as date)
        + case when segments.is_current then 1 else 0 end as ended_on,
        cast(
            coalesce(updates_before.updated_at, segments.started_at)
                at time zone 'UTC' at time zone account.time_zone as date
        ) as updated_on
    from ticket_segments as segments
    cross join stg_account as account
    cross join midnights
    join source_coverage as coverage on coverage.source = segments.source and coverage.has_resolution
    left join updates_before
        on updates_before.source = segments.source
        and updates_before.ticket_id = segments.ticket_id
        and updates_before.position = segments.position
    where (segments.status is null or segments.status in ('new', 'open', 'pending', 'hold'))
        -- Most segments end on the day they began: those that do so by any offset of the zone need no conversion.
        and (
            segments.is_current
            or cast(segments.started_at + midnights.least_offset * interval 1 minute as date)
            < cast(segments.ended_at + midnights.greatest_offset * interval 1 minute as date)
        )
),

-- The other place where days are made, beside `days`: joining the days in would compare every segment with every day.
open_days as (
    select
        source,
        ticket_id,
        status,
        group_id,
        tier,
        vendor,
        updated_on,
        cast(unnest(range(started_on, ended_on, interval 1 day)) as date) as date
    from segments
    where ended_on > started_on
),

-- What a segment is not cut at.
touches as (
    select
        source,
        ticket_id,
        occurred_on
    from stg_ticket_events
    where kind in ('internal_note', 'assigned')
),

touched as (
    select
        open_days.source,
        open_days.ticket_id,
        open_days.date,
        max(touches.occurred_on) as touched_on
    from open_days
    join touches
        on touches.source = open_days.source
        and touches.ticket_id = open_days.ticket_id
        and touches.occurred_on > open_days.updated_on
        and touches.occurred_on <= open_days.date
    group by open_days.source, open_days.ticket_id, open_days.date
)

select
    open_days.source,
    open_days.ticket_id,
    open_days.date,
    tickets.business_line,
    open_days.status,
    open_days.group_id,
    open_days.tier,
    open_days.vendor,
    date_diff('day', tickets.created_on, open_days.date) as age_days,
    date_diff('day', coalesce(touched.touched_on, open_days.updated_on), open_days.date) as not_updated_days
from open_days
join stg_tickets as tickets on tickets.source = open_days.source and tickets.ticket_id = open_days.ticket_id
left join touched
    on touched.source = open_days.source
    and touched.ticket_id = open_days.ticket_id
    and touched.date = open_days.date

-- Tickets that enter the backlog while they are in it, or leave it while they are not.
with changes as (
    select
        source,
        ticket_id,
        count(*) filter (where change = 'created') as creations,
        count(*) filter (where change in ('created', 'reopened')) as entries,
        count(*) filter (where change in ('solved', 'deleted')) as exits
    from ticket_status_changes
    group by source, ticket_id
)

select source, ticket_id, creations, entries, exits
from changes
where creations <> 1 or entries - exits not in (0, 1)

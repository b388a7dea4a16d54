-- Owners who begin before the owner ahead of them has ended, or end before they begin.
with owners as (
    select
        source,
        ticket_id,
        position,
        owned_from,
        owned_until,
        lead(owned_from) over (partition by source, ticket_id order by position) as next_owned_from
    from ticket_groups
)

select source, ticket_id, position, owned_from, owned_until, next_owned_from
from owners
where owned_until < owned_from
    or next_owned_from < owned_until
    or (owned_until is null and next_owned_from is not null)

-- Tickets moved from tier 1 to tier 2 for which no group of tier 2 is known as owner from that moment.
select times.source, times.ticket_id, times.moved_to_tier_2_at, times.escalated_to_group_id
from ticket_times as times
left join ticket_groups as owners
    on owners.source = times.source
    and owners.ticket_id = times.ticket_id
    and owners.group_id = times.escalated_to_group_id
    and owners.owned_from = times.moved_to_tier_2_at
    and owners.tier = 2
where times.moved_to_tier_2_at is not null and owners.ticket_id is null

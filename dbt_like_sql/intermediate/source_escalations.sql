-- What the tickets of each source tell of tiers and escalations.
-- grain: source
-- owner: team:support-analytics
-- column source: where the tickets come from [not_null, unique]
-- column has_tiers: the tier of at least one ticket's first owner is known [not_null]
-- column says_escalated: of at least one ticket it is known whether it was escalated [not_null]
select
    source,
    coalesce(bool_or(first_tier is not null), false) as has_tiers,
    coalesce(bool_or(is_escalated is not null), false) as says_escalated
from ticket_times
group by source

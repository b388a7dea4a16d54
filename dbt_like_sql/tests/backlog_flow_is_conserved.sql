-- Days on which the tickets open with a tier and vendor at the start, plus what came, less what went, are not those
-- open there at the end.
select
    date,
    business_line,
    tier,
    vendor,
    open_at_start,
    created,
    reopened,
    moved_in,
    moved_out,
    solved,
    deleted,
    open_at_end
from backlog_flow_days
where open_at_start + created + reopened + moved_in - moved_out - solved - deleted <> open_at_end

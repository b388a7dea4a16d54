-- Days whose tiers and vendors together do not have the open tickets and movements of daily_backlog, or hand on other
-- tickets than they take over.
with flow as (
    select
        date,
        business_line,
        sum(open_at_start) as open_at_start,
        sum(created) as created,
        sum(reopened) as reopened,
        sum(solved) as solved,
        sum(deleted) as deleted,
        sum(open_at_end) as open_at_end,
        sum(moved_in - moved_out) as moved
    from backlog_flow_days
    group by date, business_line
)

select
    coalesce(flow.date, backlog.date) as date,
    coalesce(flow.business_line, backlog.business_line) as business_line,
    flow.open_at_end,
    backlog.open_at_end as open_at_end_daily,
    flow.moved
from flow
full join daily_backlog as backlog on backlog.date = flow.date and backlog.business_line = flow.business_line
where coalesce(flow.open_at_start, 0) <> coalesce(backlog.open_at_start, 0)
    or coalesce(flow.created, 0) <> coalesce(backlog.created, 0)
    or coalesce(flow.reopened, 0) <> coalesce(backlog.reopened, 0)
    or coalesce(flow.solved, 0) <> coalesce(backlog.solved, 0)
    or coalesce(flow.deleted, 0) <> coalesce(backlog.deleted, 0)
    or coalesce(flow.open_at_end, 0) <> coalesce(backlog.open_at_end, 0)
    or flow.moved <> 0

-- Open tickets at the start and end of each day, and what moved them:
-- start + created + reopened - solved - deleted = end.
-- The movements are counted from the tickets' changes, the open tickets from the spans in which each ticket was open.
-- Tickets of a source that never says when it solves are left out: their number could only grow. A line with no other
-- source has no rows.
-- grain: day and business line
-- owner: team:support-analytics
-- unique: date, business_line
-- column date: the day in the account's zone; every day from the line's first ticket on [not_null]
-- column business_line: business line, or `unknown` [not_null]
-- column open_at_start: tickets open at the end of the day before [not_null]
-- column created: tickets created [not_null]
-- column reopened: reopenings; a ticket counts each time [not_null]
-- column solved: solvings; a ticket counts each time, and once when it is solved and later closed [not_null]
-- column deleted: tickets deleted while they were open [not_null]
-- column open_at_end: tickets not solved, closed or deleted at the end of the day; for the last day, at the run's date
--   [not_null]
-- metric open_at_end: Backlog, open tickets
-- trap open_at_end: a source that never says when it solves is left out: its number could only grow
with movements as (
    select
        changes.business_line,
        changes.occurred_on,
        count(*) filter (where changes.change = 'created') as created,
        count(*) filter (where changes.change = 'reopened') as reopened,
        count(*) filter (where changes.change = 'solved') as solved,
        count(*) filter (where changes.change = 'deleted') as deleted
    from ticket_status_changes as changes
    join source_coverage as coverage on coverage.source = changes.source and coverage.has_resolution
    group by changes.business_line, changes.occurred_on
),

counted_spans as (
    select spans.business_line, spans.opened_on, spans.left_on
    from ticket_open_spans as spans
    join source_coverage as coverage on coverage.source = spans.source and coverage.has_resolution
    where spans.left_on is null or spans.left_on > spans.opened_on
),

-- A span adds a ticket on its first day and takes it away on its last, so summing up gives who is open at each day's end.
steps as (
    select business_line, opened_on as step_on, count(*) as step
    from counted_spans
    group by business_line, opened_on
    union all
    select business_line, left_on, -count(*)
    from counted_spans
    where left_on is not null
    group by business_line, left_on
),

daily_steps as (
    select business_line, step_on, sum(step) as step
    from steps
    group by business_line, step_on
),

line_days as (
    select
        days.date,
        lines.business_line,
        coalesce(movements.created, 0) as created,
        coalesce(movements.reopened, 0) as reopened,
        coalesce(movements.solved, 0) as solved,
        coalesce(movements.deleted, 0) as deleted,
        sum(coalesce(daily_steps.step, 0)) over (
            partition by lines.business_line
            order by days.date
        ) as open_at_end
    from days
    join business_lines as lines
        on lines.first_created_on <= days.date and lines.has_resolution and lines.business_line <> 'all'
    left join movements on movements.business_line = lines.business_line and movements.occurred_on = days.date
    left join daily_steps on daily_steps.business_line = lines.business_line and daily_steps.step_on = days.date
)

select
    date,
    business_line,
    cast(coalesce(lag(open_at_end) over (partition by business_line order by date), 0) as bigint) as open_at_start,
    created,
    reopened,
    solved,
    deleted,
    cast(open_at_end as bigint) as open_at_end
from line_days

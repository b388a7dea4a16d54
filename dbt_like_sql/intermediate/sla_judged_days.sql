-- The tickets of sla_judged_tickets counted by the day on which the last of their service targets was decided.
-- grain: day, business line and metric, or `all`
-- owner: team:support-analytics
-- incremental: ended_on
-- unique: ended_on, business_line, metric
-- column ended_on: the day their last target was decided, in the account's zone [not_null]
-- column business_line: the line, or `unknown` [not_null]
-- column metric: what is measured, or `all` for every target of the ticket together [not_null]
-- column judged: tickets none of whose targets is still running [not_null]
-- column achieved: how many of them kept every one [not_null]
select
    ended_on,
    business_line,
    metric,
    count(*) as judged,
    count(*) filter (where is_achieved) as achieved
from sla_judged_tickets
group by ended_on, business_line, metric

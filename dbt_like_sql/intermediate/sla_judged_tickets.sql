-- The tickets none of whose service targets is still running, with whether they kept every one: by metric and for all
-- metrics together. Targets of deleted tickets count only where broken before.
-- grain: ticket and metric, or `all`
-- owner: team:support-analytics
-- incremental: ticket
-- unique: source, ticket_id, metric
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column metric: what is measured, as in sla_instances, or `all` [not_null]
-- column business_line: the ticket's business line, or `unknown` [not_null]
-- column ended_on: the day its last clock ended, in the account's zone [not_null]
-- column is_achieved: it kept every one of its targets [not_null]
select
    source,
    ticket_id,
    coalesce(metric, 'all') as metric,
    business_line,
    max(ended_on) as ended_on,
    not bool_or(is_breached) as is_achieved
from sla_instances
group by grouping sets ((source, ticket_id, business_line, metric), (source, ticket_id, business_line))
having bool_and(ended_on is not null) and bool_or(is_breached or state = 'achieved')

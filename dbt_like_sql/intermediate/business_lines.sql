-- The business lines there are, and one row `all` for everything together.
-- grain: business_line
-- owner: team:support-analytics
-- column business_line: the line as the tickets name it, `unknown`, or `all` [not_null, unique]
-- column tickets: tickets of the line [not_null]
-- column first_created_on: day of its first ticket, in the account's zone; tables by day begin there [not_null]
-- column volume_from: first day on which a source of the line has all its new tickets
-- column volume_until: last such day
-- column has_resolution: at least one source of the line says when tickets are solved [not_null]
-- column has_status_history: at least one tells of more changes of status than that, and so of reopenings [not_null]
select
    coalesce(tickets.business_line, 'all') as business_line,
    count(*) as tickets,
    min(tickets.created_on) as first_created_on,
    min(source_coverage.volume_from) as volume_from,
    max(source_coverage.volume_until) as volume_until,
    bool_or(source_coverage.has_resolution) as has_resolution,
    bool_or(source_coverage.has_status_history) as has_status_history
from ticket_times as tickets
join source_coverage on source_coverage.source = tickets.source
group by grouping sets ((tickets.business_line), ())
having count(*) > 0

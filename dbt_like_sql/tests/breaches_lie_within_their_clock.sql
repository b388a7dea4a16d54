-- Broken service targets without the moment at which they broke, or with one before the clock began or after it ended.
select source, ticket_id, metric, instance, activated_at, breached_at, ended_at
from sla_instances
where is_breached <> (breached_at is not null)
    or breached_at < activated_at
    or breached_at > ended_at

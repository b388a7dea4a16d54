-- In which statuses of a ticket each service clock runs. In the other unsolved statuses it is paused; a solved ticket
-- has no running clock. A ticket whose status is not known runs as an open one. As in Zendesk.
-- grain: metric and status
-- owner: team:support-analytics
-- materialized: view
-- unique: metric, status
-- column metric: what the clock measures, as in stg_sla_policies [not_null]
-- column status: a status in which it runs [not_null, accepted: new, open, pending, hold]
select
    metrics.metric,
    statuses.status
from (
    values
        ('first_reply'),
        ('next_reply'),
        ('requester_wait'),
        ('agent_work'),
        ('resolution'),
        ('pausable_update'),
        ('periodic_update')
) as metrics (metric)
cross join (values ('new'), ('open'), ('pending'), ('hold')) as statuses (status)
where statuses.status in ('new', 'open')
    or (statuses.status = 'hold' and metrics.metric <> 'agent_work')
    or (statuses.status = 'pending' and metrics.metric not in ('requester_wait', 'agent_work', 'pausable_update'))

-- What a service target can be set for, and in which statuses its clock runs, as in Zendesk. Every clock runs while the
-- ticket is new or open, or its status is not known, and none once it is solved; where it does not run it is paused.
-- grain: metric
-- owner: team:support-analytics
-- materialized: view
-- unique: metric
-- column metric: the metric, as in stg_sla_policies [not_null]
-- column runs_while_pending: its clock runs while the requester has to answer [not_null]
-- column runs_on_hold: its clock runs while the ticket is on hold [not_null]
select
    metric,
    metric not in ('requester_wait', 'agent_work', 'pausable_update') as runs_while_pending,
    metric <> 'agent_work' as runs_on_hold
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

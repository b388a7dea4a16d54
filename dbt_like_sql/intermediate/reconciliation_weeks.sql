-- sla_reconciliation counted by the week the tickets were created in: since when figures differ, and why.
-- grain: week, source, measure and reason
-- owner: team:support-analytics
-- incremental: created_week
-- unique: created_week, source, measure, reason
-- column created_week: Monday of the week the tickets were created in, in the account's zone [not_null]
-- column source: where the tickets come from [not_null]
-- column measure: what is compared, as in sla_reconciliation [not_null]
-- column reason: why the figures differ, or `same` [not_null]
-- column tickets: tickets of which the source reports the figure [not_null]
-- column tickets_of_ours: those of which we have it, too [not_null]
-- column ours_sum: our figures of these tickets, summed; empty where there are none
-- column reported_sum: the source's figures of these tickets, summed [not_null]
select
    created_week,
    source,
    measure,
    reason,
    count(*) as tickets,
    count(ours) as tickets_of_ours,
    sum(ours) as ours_sum,
    sum(reported) as reported_sum
from sla_reconciliation
group by created_week, source, measure, reason

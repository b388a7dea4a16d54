-- How far our figures and the sources' own agree, and why they do not: sla_reconciliation counted.
-- grain: source, measure and reason
-- owner: team:support-analytics
-- unique: source, measure, reason
-- column source: where the tickets come from [not_null]
-- column measure: what is compared, as in sla_reconciliation [not_null]
-- column reason: why the figures differ, or `same` [not_null]
-- column tickets: tickets of which the source reports the figure [not_null]
-- column share: tickets / all tickets of which the source reports the figure [not_null]
-- metric share: Share of the source's figures that agree, or differ for this reason
-- trap share: `not measured` is no disagreement: there the history is missing, or the policies
-- zendesk share: not in Explore
-- column ours_mean: mean of our figures of these tickets; empty where there are none
-- column reported_mean: mean of the source's figures of these tickets [not_null]
with reasons as (
    select
        source,
        measure,
        reason,
        cast(sum(tickets) as bigint) as tickets,
        sum(ours_sum) / sum(tickets_of_ours) as ours_mean,
        sum(reported_sum) / sum(tickets) as reported_mean
    from reconciliation_weeks
    group by source, measure, reason
)

select
    source,
    measure,
    reason,
    tickets,
    tickets / cast(sum(tickets) over (partition by source, measure) as double) as share,
    ours_mean,
    reported_mean
from reasons

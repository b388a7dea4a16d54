-- Who had the tickets whose service targets were broken, by the week of the breach: sla_attribution added up.
-- grain: week, business line, metric and owner
-- owner: team:support-analytics
-- unique: week, business_line, metric, owner
-- column week: Monday of the week in which the targets were broken, in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column metric: what is measured, as in sla_instances [not_null]
-- column owner: who had the minutes, as in sla_attribution [not_null]
-- column minutes: how many of all minutes of the clocks broken in the week, those before the target included, this owner
--   had [not_null]
-- metric minutes: Minutes of broken clocks by who had the ticket
-- trap minutes: all minutes of the clock, not only those after the breach: who has many did not always cause it
-- zendesk minutes: not in Explore
-- column share: minutes / the minutes of all owners in the same week, line and metric [not_null]
-- column breaches: broken targets of whose minutes this owner had the most [not_null]
with sums as (
    select
        cast(date_trunc('week', breached_on) as date) as week,
        coalesce(business_line, 'all') as business_line,
        metric,
        owner,
        sum(minutes) as minutes,
        count(*) filter (where is_largest) as breaches
    from sla_attribution
    group by grouping sets (
        (date_trunc('week', breached_on), business_line, metric, owner),
        (date_trunc('week', breached_on), metric, owner)
    )
)

select
    week,
    business_line,
    metric,
    owner,
    minutes,
    minutes / sum(minutes) over (partition by week, business_line, metric) as share,
    breaches
from sums

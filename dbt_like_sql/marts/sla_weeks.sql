-- Service targets by week, Monday to Sunday, with intervals: by target, by ticket, and how far the broken ones ran over.
-- Targets count as in sla_days. A ticket counts in the week its last target was decided, once none of its targets is
-- still running; a week without either has no row.
-- grain: week, business line and metric
-- owner: team:support-analytics
-- unique: week, business_line, metric
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column metric: what is measured, as in sla_instances, or `all` for all metrics together [not_null]
-- column achieved: targets kept [not_null]
-- column breached: targets broken [not_null]
-- column target_share: achieved / (achieved + breached); empty where no target was decided
-- metric target_share: SLA target %
-- trap target_share: never read it without the interval: a line with few tickets swings by chance
-- zendesk target_share: the same share, without an interval; Explore leaves deleted tickets out and counts business hours
--   by the ticket's last schedule
-- column target_low: lower end of its 95 % interval (Wilson 1927)
-- column target_high: upper end of its 95 % interval
-- column tickets_judged: tickets with at least one target of the metric, none of them running any more [not_null]
-- column tickets_achieved: those that kept every one of them [not_null]
-- column ticket_share: tickets_achieved / tickets_judged; empty where no ticket was judged
-- metric ticket_share: SLA ticket %
-- trap ticket_share: lower than the target % of the same week: one broken target is enough
-- zendesk ticket_share: the same, but that a ticket's policy is its present one
-- column ticket_low: lower end of its 95 % interval (Wilson 1927)
-- column ticket_high: upper end of its 95 % interval
-- column breach_minutes_median: median breach size of the week's breaches, in minutes of their clocks; those that still
--   run as far as they are
-- metric breach_minutes_median: Median breach size (minutes)
-- trap breach_minutes_median: of `all` metrics it mixes business and calendar minutes
-- zendesk breach_minutes_median: the same, of completed targets only
-- column breach_minutes_sum: the sum of them
with targets as (
    select
        date_trunc('week', date) as week,
        coalesce(business_line, 'all') as business_line,
        coalesce(metric, 'all') as metric,
        sum(achieved) as achieved,
        sum(breached) as breached
    from sla_days
    group by grouping sets (
        (date_trunc('week', date), business_line, metric),
        (date_trunc('week', date), business_line),
        (date_trunc('week', date), metric),
        (date_trunc('week', date))
    )
),

breaches as (
    select
        date_trunc('week', breached_on) as week,
        coalesce(business_line, 'all') as business_line,
        coalesce(metric, 'all') as metric,
        median(breach_minutes) as breach_minutes_median,
        sum(breach_minutes) as breach_minutes_sum
    from sla_instances
    where is_breached
    group by grouping sets (
        (date_trunc('week', breached_on), business_line, metric),
        (date_trunc('week', breached_on), business_line),
        (date_trunc('week', breached_on), metric),
        (date_trunc('week', breached_on))
    )
),

tickets as (
    select
        date_trunc('week', ended_on) as week,
        coalesce(business_line, 'all') as business_line,
        metric,
        cast(sum(judged) as bigint) as tickets_judged,
        cast(sum(achieved) as bigint) as tickets_achieved
    from sla_judged_days
    group by grouping sets (
        (date_trunc('week', ended_on), business_line, metric),
        (date_trunc('week', ended_on), metric)
    )
),

shares as (
    select
        coalesce(targets.week, tickets.week) as week,
        coalesce(targets.business_line, tickets.business_line) as business_line,
        coalesce(targets.metric, tickets.metric) as metric,
        cast(coalesce(targets.achieved, 0) as bigint) as achieved,
        cast(coalesce(targets.breached, 0) as bigint) as breached,
        targets.achieved / cast(targets.achieved + targets.breached as double) as target_share,
        coalesce(tickets.tickets_judged, 0) as tickets_judged,
        coalesce(tickets.tickets_achieved, 0) as tickets_achieved,
        tickets.tickets_achieved / cast(tickets.tickets_judged as double) as ticket_share,
        breaches.breach_minutes_median,
        breaches.breach_minutes_sum
    from targets
    left join breaches
        on breaches.week = targets.week
        and breaches.business_line = targets.business_line
        and breaches.metric = targets.metric
    full join tickets
        on tickets.week = targets.week
        and tickets.business_line = targets.business_line
        and tickets.metric = targets.metric
)

select
    cast(week as date) as week,
    business_line,
    metric,
    achieved,
    breached,
    target_share,
    wilson_low(target_share, achieved + breached) as target_low,
    wilson_high(target_share, achieved + breached) as target_high,
    tickets_judged,
    tickets_achieved,
    ticket_share,
    wilson_low(ticket_share, tickets_judged) as ticket_low,
    wilson_high(ticket_share, tickets_judged) as ticket_high,
    breach_minutes_median,
    breach_minutes_sum
from shares

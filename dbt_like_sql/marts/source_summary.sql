-- Each source as a whole: our own times and counts beside those the source reports, so that the two can be compared.
-- Ours come from the ticket histories; where they differ, the histories are incomplete or the source counts differently.
-- grain: source
-- owner: team:support-analytics
-- column source: the source [not_null, unique]
-- column tickets: its tickets, deleted ones included [not_null]
-- column groups: groups that own a ticket of it now [not_null]
-- column reported_sla_met: tickets that met their target by the source's word [not_null]
-- column reported_sla_known: tickets of which the source says whether they met it [not_null]
-- column reported_sla_share: reported_sla_met / reported_sla_known
-- column resolved_tickets: tickets with a full resolution time by their history [not_null]
-- column full_resolution_hours_mean: mean hours from creation to the latest solving
-- column full_resolution_hours_median: their median
-- column full_resolution_hours_p90: nine of ten were not slower
-- column reported_resolved_tickets: tickets with a resolution time by the source's word [not_null]
-- column reported_full_resolution_hours_mean: mean hours to solving as the source reports it
-- column reported_full_resolution_hours_median: their median
-- column reported_full_resolution_hours_p90: nine of ten were not slower
-- column reported_closed_tickets: tickets with a closing time by the source's word [not_null]
-- column reported_closed_hours_mean: mean hours from creation to closing as the source reports it
-- column reported_closed_hours_median: their median
-- column reopened_share: share of the tickets that were reopened, by their history
-- column reported_reopened_share: share of the tickets that were reopened, by the source's word
-- column reassigned_share: share of the tickets that had more than one agent, by their history
-- column mean_reassignments: changes of agent a ticket, by its history
-- column reported_reassigned_share: share of the tickets reassigned at least once, by the source's word
-- column reported_mean_reassignments: reassignments a ticket, by the source's word
with ours as (
    select
        source,
        count(full_resolution_minutes) as resolved_tickets,
        avg(full_resolution_minutes / 60) as full_resolution_hours_mean,
        quantile_cont(full_resolution_minutes / 60, [0.5, 0.9]) as full_resolution_hours,
        avg(case when reopens > 0 then 1.0 when reopens = 0 then 0.0 end) as reopened_share,
        avg(case when reassignments > 0 then 1.0 when reassignments = 0 then 0.0 end) as reassigned_share,
        avg(reassignments) as mean_reassignments
    from ticket_times
    group by source
),

tickets as (
    select
        tickets.source,
        tickets.group_id,
        tickets.reported_sla_met,
        coalesce(
            tickets.reported_full_resolution_minutes / 60,
            case
                when tickets.reported_solved_at <= account.as_of
                    then date_diff('second', tickets.created_at, tickets.reported_solved_at) / 3600.0
            end
        ) as full_resolution_hours,
        case
            when tickets.reported_closed_at <= account.as_of
                then date_diff('second', tickets.created_at, tickets.reported_closed_at) / 3600.0
        end as closed_hours,
        tickets.reported_reopens,
        tickets.reported_reassignments
    from stg_tickets as tickets
    cross join stg_account as account
),

reported as (
    select
        source,
        count(*) as tickets,
        count(distinct group_id) as groups,
        count(*) filter (where reported_sla_met) as sla_met,
        count(reported_sla_met) as sla_known,
        avg(case when reported_sla_met then 1.0 when not reported_sla_met then 0.0 end) as sla_share,
        count(full_resolution_hours) as resolved_tickets,
        avg(full_resolution_hours) as full_resolution_hours_mean,
        quantile_cont(full_resolution_hours, [0.5, 0.9]) as full_resolution_hours,
        count(closed_hours) as closed_tickets,
        avg(closed_hours) as closed_hours_mean,
        quantile_cont(closed_hours, 0.5) as closed_hours_median,
        avg(case when reported_reopens > 0 then 1.0 when reported_reopens = 0 then 0.0 end) as reopened_share,
        avg(
            case when reported_reassignments > 0 then 1.0 when reported_reassignments = 0 then 0.0 end
        ) as reassigned_share,
        avg(reported_reassignments) as mean_reassignments
    from tickets
    group by source
)

select
    reported.source,
    reported.tickets,
    reported.groups,
    reported.sla_met as reported_sla_met,
    reported.sla_known as reported_sla_known,
    reported.sla_share as reported_sla_share,
    ours.resolved_tickets,
    ours.full_resolution_hours_mean,
    ours.full_resolution_hours[1] as full_resolution_hours_median,
    ours.full_resolution_hours[2] as full_resolution_hours_p90,
    reported.resolved_tickets as reported_resolved_tickets,
    reported.full_resolution_hours_mean as reported_full_resolution_hours_mean,
    reported.full_resolution_hours[1] as reported_full_resolution_hours_median,
    reported.full_resolution_hours[2] as reported_full_resolution_hours_p90,
    reported.closed_tickets as reported_closed_tickets,
    reported.closed_hours_mean as reported_closed_hours_mean,
    reported.closed_hours_median as reported_closed_hours_median,
    ours.reopened_share,
    reported.reopened_share as reported_reopened_share,
    ours.reassigned_share,
    ours.mean_reassignments,
    reported.reassigned_share as reported_reassigned_share,
    reported.mean_reassignments as reported_mean_reassignments
from reported
join ours on ours.source = reported.source

-- The backlog at the end of each day, by who had it and where it stood, with how old it was and how long untouched.
-- Combinations without an open ticket have no row; sources that never say when they solve are left out.
-- grain: day, business line, tier, vendor and status
-- owner: team:support-analytics
-- incremental: date
-- unique: date, business_line, tier, vendor, status
-- column date: the day in the account's zone; the day of the run's date as of that moment [not_null]
-- column business_line: the line, or `unknown` [not_null]
-- column tier: tier of the group that had the ticket; `unknown` without a group or where the groups table does not say
--   [not_null, accepted: 1, 2, unknown]
-- column vendor: vendor of that group, `inhouse`, or `unknown` [not_null]
-- column status: the tickets' status; `unknown` where the source has no history of the status
--   [not_null, accepted: new, open, pending, hold, unknown]
-- column tickets: tickets not solved, closed or deleted at the end of the day [not_null]
-- metric tickets: Backlog by owner and status, open tickets
-- trap tickets: pending tickets wait for the requester: work not done is what is new, open or on hold
-- zendesk tickets: the same count, from a snapshot of each ticket within the hour after midnight
-- column under_1_day: created less than a day before the end of the day [not_null]
-- column days_1_to_3: 1 to less than 3 days before [not_null]
-- column days_3_to_7: 3 to less than 7 days before [not_null]
-- column days_7_to_30: 7 to less than 30 days before [not_null]
-- column over_30_days: open tickets created 30 days or more before the end of the day [not_null]
-- metric over_30_days: Open tickets of 30 days or more
-- trap over_30_days: counted from the creation, also for a ticket that was solved and reopened
-- zendesk over_30_days: Explore's ticket age, now; it has none for past days
-- column not_updated_under_1_day: last change of status, priority or group, reply, note or assignment less than a day
--   before the end of the day [not_null]
-- column not_updated_1_to_3_days: 1 to less than 3 days before [not_null]
-- column not_updated_3_to_7_days: 3 to less than 7 days before [not_null]
-- column not_updated_7_to_30_days: open tickets whose last change of status, priority or group, reply, note or
--   assignment was 7 to less than 30 days before the end of the day [not_null]
-- metric not_updated_7_to_30_days: Open tickets not updated for a week or more (to 30 days)
-- trap not_updated_7_to_30_days: an automatic reply or a change by a trigger is an update, too
-- zendesk not_updated_7_to_30_days: Explore's time since the last update, which any change of any field resets
-- column not_updated_over_30_days: 30 days before or more [not_null]
select
    date,
    business_line,
    coalesce(cast(tier as varchar), 'unknown') as tier,
    coalesce(vendor, 'unknown') as vendor,
    coalesce(status, 'unknown') as status,
    count(*) as tickets,
    count(*) filter (where age_days < 1) as under_1_day,
    count(*) filter (where age_days >= 1 and age_days < 3) as days_1_to_3,
    count(*) filter (where age_days >= 3 and age_days < 7) as days_3_to_7,
    count(*) filter (where age_days >= 7 and age_days < 30) as days_7_to_30,
    count(*) filter (where age_days >= 30) as over_30_days,
    count(*) filter (where not_updated_days < 1) as not_updated_under_1_day,
    count(*) filter (where not_updated_days >= 1 and not_updated_days < 3) as not_updated_1_to_3_days,
    count(*) filter (where not_updated_days >= 3 and not_updated_days < 7) as not_updated_3_to_7_days,
    count(*) filter (where not_updated_days >= 7 and not_updated_days < 30) as not_updated_7_to_30_days,
    count(*) filter (where not_updated_days >= 30) as not_updated_over_30_days
from backlog_ticket_days
group by all

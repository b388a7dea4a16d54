-- The queues that own tickets, slowly changing: a row holds from valid_from until before valid_to.
-- grain: group and period
-- owner: team:support-analytics
-- materialized: view
-- unique: group_id, valid_from
-- column group_id: the group, as tickets name it [not_null]
-- column name: what people call it
-- column tier: the line of support it is: 1 answers first, 2 takes escalations [accepted: 1, 2]
-- column vendor: the outsourcer that staffs it, or inhouse
-- column business_line: the line of business it serves; null: any
-- column region: the region it serves; null: any
-- column time_zone: the time zone it works in
-- column schedule_id: its business hours [references: stg_schedules.schedule_id]
-- column valid_from: since when this row holds (UTC) [not_null]
-- column valid_to: until when it held (UTC); null: it still does
select
    group_id,
    name,
    tier,
    vendor,
    business_line,
    region,
    time_zone,
    schedule_id,
    valid_from,
    valid_to
from raw.groups

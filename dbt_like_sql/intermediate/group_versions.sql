-- The versions of every group, each with the time in which it holds. A version ends where the next one begins, even
-- if its own end was left empty.
-- grain: group and version
-- owner: team:support-analytics
-- unique: group_id, version
-- column group_id: the group, as tickets name it [not_null]
-- column version: 1 for the first version, then counted up [not_null]
-- column tier: its line of support in that time [accepted: 1, 2]
-- column vendor: the outsourcer that staffs it in that time, or `inhouse`
-- column schedule_id: its business hours in that time; empty for a group without any, and where no schedule of that
--   name is there: such a group is always open, as in Zendesk
-- column valid_from: since when the version holds, UTC [not_null]
-- column valid_until: until when it holds, UTC; empty for the present version
with schedules as (
    select schedule_id
    from stg_schedules
    group by schedule_id
)

select
    groups.group_id,
    row_number() over in_order as version,
    groups.tier,
    groups.vendor,
    schedules.schedule_id,
    groups.valid_from,
    least(groups.valid_to, lead(groups.valid_from) over in_order) as valid_until
from stg_groups as groups
left join schedules on schedules.schedule_id = groups.schedule_id
window in_order as (
    partition by groups.group_id
    order by groups.valid_from
)

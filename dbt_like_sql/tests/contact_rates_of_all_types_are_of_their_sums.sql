-- Weeks whose tickets or exposure of all lines and user types together are not the sums over them, where all rest on
-- every day of the week.
select
    week,
    measure,
    sum(case when business_line = 'all' then tickets else -tickets end) as tickets_missing,
    sum(case when business_line = 'all' then exposure else -exposure end) as exposure_missing
from contact_rate_weeks
where user_type <> 'all' or business_line = 'all'
group by week, measure
having bool_or(business_line = 'all')
    and min(days) = 7
    and (tickets_missing <> 0 or abs(exposure_missing) > 1e-6 * sum(exposure))

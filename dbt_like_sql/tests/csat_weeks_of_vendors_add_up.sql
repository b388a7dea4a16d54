-- Weeks whose vendors' tickets or ratings do not add up to those of all, or whose CSAT is outside its interval.
select
    week,
    business_line,
    sum(case when vendor = 'all' then tickets else -tickets end) as tickets_missing,
    sum(case when vendor = 'all' then good else -good end) as good_missing,
    sum(case when vendor = 'all' then bad else -bad end) as bad_missing
from csat_weeks
group by week, business_line
having tickets_missing <> 0
    or good_missing <> 0
    or bad_missing <> 0
    or bool_or(good + bad <> answered or answered > tickets or (csat is null) <> (answered = 0))
    or bool_or(csat < low - 1e-9 or csat > high + 1e-9 or response_rate > 1)

-- Issues whose minutes in all statuses are not the time since their creation, or that are in several statuses now.
select
    times.source,
    times.issue_id,
    sum(times.minutes) as minutes,
    count(*) filter (where times.is_now) as statuses_now
from issue_status_minutes as times
join stg_issues as issues on issues.source = times.source and issues.issue_id = times.issue_id
cross join stg_account as account
group by times.source, times.issue_id, issues.created_at, account.as_of
having statuses_now <> 1
    -- Seconds are counted in whole ones, once for each stay.
    or abs(minutes - date_diff('second', issues.created_at, account.as_of) / 60.0) > sum(times.stays) / 60.0 + 0.001

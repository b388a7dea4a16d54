-- How much there was to go wrong on a day: the denominators of contact rates.
-- grain: day, business line, region, user type and measure
-- owner: team:support-analytics
-- materialized: view
-- unique: date, business_line, region, user_type, measure
-- column date: the day, in the account's time zone [not_null]
-- column business_line: the line of business [not_null]
-- column region: the region [not_null]
-- column user_type: whose orders, logins, ... they are [not_null]
-- column measure: what is counted [not_null, accepted: orders, active_users, payouts, logins]
-- column value: how many there were
select
    date,
    business_line,
    region,
    user_type,
    measure,
    value
from raw.exposure

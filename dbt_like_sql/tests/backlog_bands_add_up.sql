-- Rows of the backlog whose bands of age, or of the time since the last update, are not all its tickets; or whose
-- tickets were updated before they were created.
select
    date,
    business_line,
    tier,
    vendor,
    status,
    tickets
from backlog_days
where under_1_day + days_1_to_3 + days_3_to_7 + days_7_to_30 + over_30_days <> tickets
    or not_updated_under_1_day + not_updated_1_to_3_days + not_updated_3_to_7_days + not_updated_7_to_30_days
    + not_updated_over_30_days <> tickets
    or not_updated_over_30_days > over_30_days

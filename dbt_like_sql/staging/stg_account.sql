-- The one row everything is computed as of, and in which time zone a day is a day.
-- grain: account, one row
-- owner: team:support-analytics
-- materialized: view
-- column as_of: the moment everything is computed for (UTC): nothing later counts [not_null]
-- column as_of_on: its day, in the account's time zone; the last whole day is the one before [not_null]
-- column time_zone: the account's time zone, by its IANA name [not_null]
select
    as_of,
    cast(as_of at time zone 'UTC' at time zone time_zone as date) as as_of_on,
    time_zone
from raw.account

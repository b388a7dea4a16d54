-- Every day from the first ticket to the day of the run's date, in the account's zone.
-- grain: day
-- owner: team:support-analytics
-- incremental: time
-- column date: the day in the account's zone [not_null, unique]
-- column week: Monday of its week [not_null]
-- column is_whole: the day is over; false only for the last day when the run's date falls within it [not_null]
with first_ticket as (
    select min(created_at) as created_at
    from stg_tickets
),

span as (
    select
        cast(first_ticket.created_at at time zone 'UTC' at time zone account.time_zone as date) as first_day,
        account.as_of at time zone 'UTC' at time zone account.time_zone as as_of_local
    from stg_account as account
    cross join first_ticket
),

spine as (
    select
        cast(
            unnest(range(first_day, cast(as_of_local as date) + interval 1 day, interval 1 day)) as date
        ) as date,
        as_of_local
    from span
)

select
    date,
    cast(date_trunc('week', date) as date) as week,
    -- A run dated 23:59:59 means the whole day.
    date + interval 1 day <= as_of_local + interval 1 second as is_whole
from spine

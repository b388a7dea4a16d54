-- Days and tiers whose hours do not add up to the day.
with hours as (
    select
        cast(hour as date) as date,
        tier,
        sum(tickets_created) as tickets_created,
        sum(tickets_arrived) as tickets_arrived
    from hourly_volume
    group by cast(hour as date), tier
),

daily as (
    select date, tier, sum(tickets_created) as tickets_created, sum(tickets_arrived) as tickets_arrived
    from daily_volume
    group by date, tier
)

select coalesce(daily.date, hours.date) as date, coalesce(daily.tier, hours.tier) as tier
from daily
full join hours on hours.date = daily.date and hours.tier = daily.tier
where daily.tickets_created is distinct from hours.tickets_created
    or daily.tickets_arrived is distinct from hours.tickets_arrived

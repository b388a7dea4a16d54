-- Stations that are not an owner of the ticket, or the reverse, and stays longer than the time between coming and going.
select
    owners.source,
    owners.ticket_id,
    owners.position,
    stations.minutes,
    stations.business_minutes,
    stations.hold_minutes
from ticket_groups as owners
full join ticket_stations as stations
    on stations.source = owners.source
    and stations.ticket_id = owners.ticket_id
    and stations.position = owners.position
cross join stg_account as account
where owners.group_id is distinct from stations.group_id
    or stations.minutes
    > date_diff('second', stations.owned_from, coalesce(stations.owned_until, account.as_of)) / 60.0 + 0.05
    or stations.business_minutes > stations.minutes + 0.05
    or stations.hold_minutes > stations.minutes + 0.05

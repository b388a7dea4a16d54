-- The tickets of the same requester on the same theme before and after each ticket. Themes are known of escalated
-- tickets with text; where one of two tickets has no theme (or is in the rest), the same business line takes its place.
-- grain: ticket
-- owner: team:support-analytics
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column created_on: the day it was created, in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column region: its region, or `unknown` [not_null]
-- column previous_at: when the requester's ticket before it on the same theme was created, UTC
-- column next_at: when their next ticket on the same theme was created, UTC; one that was deleted is no next one
-- column is_repeat: previous_at is within 7 days before its creation; empty where the requester is not known
with deletions as (
    select source, ticket_id
    from ticket_open_spans
    where left_as = 'deleted'
    group by source, ticket_id
),

tickets as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.created_at,
        case when deletions.ticket_id is null then tickets.created_at end as kept_at,
        tickets.created_on,
        tickets.business_line,
        tickets.user_type,
        tickets.region,
        tickets.requester_key,
        themes.theme_id
    from stg_tickets as tickets
    left join ticket_themes
        on ticket_themes.source = tickets.source and ticket_themes.ticket_id = tickets.ticket_id
    left join themes on themes.theme_id = ticket_themes.theme_id and not themes.is_other
    left join deletions on deletions.source = tickets.source and deletions.ticket_id = tickets.ticket_id
),

neighbours as (
    select
        source,
        ticket_id,
        theme_id,
        lag(created_at) over in_line as previous_in_line,
        first_value(kept_at ignore nulls) over (
            partition by source, requester_key, business_line
            order by created_at, ticket_id
            rows between 1 following and unbounded following
        ) as next_in_line,
        lag(created_at) over in_theme as previous_in_theme,
        first_value(kept_at ignore nulls) over (
            partition by source, requester_key, theme_id
            order by created_at, ticket_id
            rows between 1 following and unbounded following
        ) as next_in_theme,
        last_value(case when theme_id is null then created_at end ignore nulls) over (
            partition by source, requester_key, business_line
            order by created_at, ticket_id
            rows between unbounded preceding and 1 preceding
        ) as previous_without_theme,
        first_value(case when theme_id is null then kept_at end ignore nulls) over (
            partition by source, requester_key, business_line
            order by created_at, ticket_id
            rows between 1 following and unbounded following
        ) as next_without_theme
    from tickets
    where requester_key is not null
    window
        in_line as (partition by source, requester_key, business_line order by created_at, ticket_id),
        in_theme as (partition by source, requester_key, theme_id order by created_at, ticket_id)
),

repeats as (
    select
        source,
        ticket_id,
        case
            when theme_id is null then previous_in_line
            else greatest(previous_in_theme, previous_without_theme)
        end as previous_at,
        case
            when theme_id is null then next_in_line
            else least(next_in_theme, next_without_theme)
        end as next_at
    from neighbours
)

select
    tickets.source,
    tickets.ticket_id,
    tickets.created_on,
    tickets.business_line,
    tickets.user_type,
    tickets.region,
    repeats.previous_at,
    repeats.next_at,
    case
        when tickets.requester_key is not null
            then coalesce(repeats.previous_at >= tickets.created_at - interval 7 day, false)
    end as is_repeat
from tickets
left join repeats on repeats.source = tickets.source and repeats.ticket_id = tickets.ticket_id

-- The tickets of the same requester on the same theme before and after each ticket. Themes are known of escalated
-- tickets with text; where one of two tickets has no theme (or is in the rest), the same business line takes its place.
-- grain: ticket
-- owner: team:support-analytics
-- incremental: requester_key
-- unique: source, ticket_id
-- column source: where the ticket comes from [not_null]
-- column ticket_id: the ticket, unique within its source [not_null]
-- column requester_key: who wrote, a salted hash; empty where the source does not say
-- column created_on: the day it was created, in the account's zone [not_null]
-- column business_line: its business line, or `unknown` [not_null]
-- column user_type: who wrote, or `unknown` [not_null]
-- column region: its region, or `unknown` [not_null]
-- column first_solved_at: when it was first solved, UTC; empty where no event says so, and for a deleted ticket
-- column first_solved_on: that day in the account's zone
-- column is_solved_once: it was never reopened after that; empty as first_solved_at
-- column previous_at: when the requester's ticket before it on the same theme was created, UTC
-- column next_at: when their next ticket on the same theme was created, UTC; one that was deleted is no next one
-- column is_repeat: previous_at is within 7 days before its creation; empty where the requester is not known
with tickets as (
    select
        outcomes.source,
        outcomes.ticket_id,
        outcomes.requester_key,
        case when outcomes.requester_key is null then outcomes.ticket_id end as nobody,
        outcomes.created_at,
        case when not outcomes.is_deleted then outcomes.created_at end as kept_at,
        outcomes.created_on,
        outcomes.business_line,
        outcomes.user_type,
        outcomes.region,
        outcomes.first_solved_at,
        outcomes.first_solved_on,
        outcomes.is_solved_once,
        themes.theme_id
    from ticket_outcomes as outcomes
    left join ticket_themes
        on ticket_themes.source = outcomes.source and ticket_themes.ticket_id = outcomes.ticket_id
    left join themes on themes.theme_id = ticket_themes.theme_id and not themes.is_other
),

-- A ticket whose requester is not known stands alone.
in_line as (
    select
        source,
        ticket_id,
        requester_key,
        created_at,
        created_on,
        business_line,
        user_type,
        region,
        first_solved_at,
        first_solved_on,
        is_solved_once,
        theme_id,
        lag(created_at) over of_line as previous_in_line,
        first_value(kept_at ignore nulls) over after_it as next_in_line,
        last_value(case when theme_id is null then created_at end ignore nulls) over before_it
            as previous_without_theme,
        first_value(case when theme_id is null then kept_at end ignore nulls) over after_it as next_without_theme
    from tickets
    window
        of_line as (partition by source, requester_key, nobody, business_line order by created_at, ticket_id),
        before_it as (
            partition by source, requester_key, nobody, business_line
            order by created_at, ticket_id
            rows between unbounded preceding and 1 preceding
        ),
        after_it as (
            partition by source, requester_key, nobody, business_line
            order by created_at, ticket_id
            rows between 1 following and unbounded following
        )
),

-- Few tickets have a theme: these alone are sorted a second time.
in_theme as (
    select
        source,
        ticket_id,
        lag(created_at) over of_theme as previous_in_theme,
        first_value(kept_at ignore nulls) over (
            partition by source, requester_key, theme_id
            order by created_at, ticket_id
            rows between 1 following and unbounded following
        ) as next_in_theme
    from tickets
    where requester_key is not null and theme_id is not null
    window of_theme as (partition by source, requester_key, theme_id order by created_at, ticket_id)
)

select
    in_line.source,
    in_line.ticket_id,
    in_line.requester_key,
    in_line.created_on,
    in_line.business_line,
    in_line.user_type,
    in_line.region,
    in_line.first_solved_at,
    in_line.first_solved_on,
    in_line.is_solved_once,
    case
        when in_line.theme_id is null then in_line.previous_in_line
        else greatest(in_theme.previous_in_theme, in_line.previous_without_theme)
    end as previous_at,
    case
        when in_line.theme_id is null then in_line.next_in_line
        else least(in_theme.next_in_theme, in_line.next_without_theme)
    end as next_at,
    case
        when in_line.requester_key is not null
            then coalesce(previous_at >= in_line.created_at - interval 7 day, false)
    end as is_repeat
from in_line
left join in_theme on in_theme.source = in_line.source and in_theme.ticket_id = in_line.ticket_id

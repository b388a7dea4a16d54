-- Why requesters were not content: the reasons they chose for their bad ratings, in the week the ticket was last solved.
-- Sources whose ratings never have a reason are left out; so are reasons that nobody gave in the week.
-- grain: week, business line and reason
-- owner: team:support-analytics
-- unique: week, business_line, reason
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column reason: the reason in the helpdesk's words, or `none given` [not_null]
-- column bad: bad ratings with that reason [not_null]
-- column share: bad ratings with the reason out of all bad ratings of tickets last solved in the week [not_null]
-- metric share: Share of bad ratings by reason
-- trap share: requesters choose one reason from a list somebody wrote; what is not on it goes under another
-- zendesk share: the same, where a reason is asked for after a bad rating
with counts as (
    select
        cast(date_trunc('week', ratings.counted_on) as date) as week,
        coalesce(ratings.business_line, 'all') as business_line,
        coalesce(ratings.reason, 'none given') as reason,
        count(*) as bad
    from ticket_ratings as ratings
    join source_coverage as coverage on coverage.source = ratings.source and coverage.has_rating_reasons
    where ratings.score = 'bad'
    group by grouping sets (
        (date_trunc('week', ratings.counted_on), ratings.business_line, coalesce(ratings.reason, 'none given')),
        (date_trunc('week', ratings.counted_on), coalesce(ratings.reason, 'none given'))
    )
)

select
    week,
    business_line,
    reason,
    bad,
    cast(bad as double) / sum(bad) over (partition by week, business_line) as share
from counts

-- How many tickets were resolved at first contact, by the week they were first solved. A week whose Sunday is not 7 days
-- ago is left out: whether all its requesters come back is not known yet, and a part of a week is not compared with whole
-- ones. A week and line without a judged ticket has no row.
-- grain: week and business line
-- owner: team:support-analytics
-- unique: week, business_line
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column tickets: tickets first solved in the week of which it is known [not_null]
-- column resolved_first: how many of them were resolved at first contact [not_null]
-- column rate: out of the tickets first solved in the week, those not reopened and without a new ticket of their
--   requester on the same theme in the 7 days after; weeks that ended less than 7 days ago are left out [not_null]
-- metric rate: First-contact resolution
-- trap rate: a requester who gives up, or writes from another account, counts as resolved
-- trap rate: themes are known of escalated tickets only; for others a new ticket in the same business line counts as the
--   same theme, which makes the rate a little low
-- zendesk rate: not in Explore; its one-touch tickets count agent replies, and do not see a new ticket on the same theme
-- column low: lower end of its 95 % interval (Wilson 1927) [not_null]
-- column high: upper end of its 95 % interval [not_null]
with counts as (
    select
        cast(date_trunc('week', first_solved_on) as date) as week,
        coalesce(business_line, 'all') as business_line,
        cast(sum(judged) as bigint) as tickets,
        cast(sum(resolved_first) as bigint) as resolved_first,
        cast(sum(resolved_first) as double) / sum(judged) as rate
    from first_contact_days as contacts
    join source_coverage as coverage on coverage.source = contacts.source
    where date_trunc('week', first_solved_on) + interval 13 day <= coverage.volume_until
    group by grouping sets (
        (date_trunc('week', first_solved_on), business_line), (date_trunc('week', first_solved_on))
    )
)

select
    week,
    business_line,
    tickets,
    resolved_first,
    rate,
    wilson_low(rate, tickets) as low,
    wilson_high(rate, tickets) as high
from counts

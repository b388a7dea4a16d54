-- Customer satisfaction by week, business line and vendor, always with its interval, its response rate and its coverage.
-- A ticket counts in the week it was last solved, for the vendor that owned it then. A week, line or vendor without such
-- a ticket has no row; sources without ratings are left out.
-- grain: week, business line and vendor
-- owner: team:support-analytics
-- unique: week, business_line, vendor
-- column week: Monday of the week in the account's zone [not_null]
-- column business_line: the line, `unknown`, or `all` for all lines together [not_null]
-- column vendor: the vendor, `inhouse`, `unknown`, or `all` for all vendors together [not_null]
-- column tickets: tickets last solved in the week; created in it, where no solving is known [not_null]
-- column offered: how many of their requesters were asked for a rating; empty where the source does not say
-- column answered: how many rated [not_null]
-- column good: good ratings [not_null]
-- column bad: bad ratings [not_null]
-- column csat: good ratings out of all ratings, good and bad, of the tickets last solved in the week; empty without a
--   rating
-- metric csat: CSAT
-- trap csat: who does not answer is in neither part: never read it without the interval and the response rate
-- trap csat: it changes afterwards, when a requester thinks again or a ticket is reopened and solved in a later week
-- zendesk csat: the same share, without an interval; Explore puts a rating at the day it was given, and at the
--   ticket's present group
-- column low: lower end of its 95 % interval (Wilson 1927)
-- column high: upper end of its 95 % interval
-- column response_rate: requesters who rated out of those asked to, of the tickets last solved in the week; tickets of
--   which it is not known whether their requester was asked are left out
-- metric response_rate: CSAT response rate
-- trap response_rate: when it moves, CSAT can move although nobody thinks differently
-- zendesk response_rate: the same: rated out of surveys offered
-- column coverage: rated tickets out of all tickets last solved in the week, whether their requester was asked or not
-- metric coverage: CSAT coverage
-- trap coverage: most requesters say nothing, and those who do are not like the others
-- zendesk coverage: not in Explore; it shows the rated share of surveys only
-- column good_to_bad: times a requester of these tickets changed a good rating to a bad one; empty where the source has
--   no history of ratings
-- metric good_to_bad: Ratings turned from good to bad
-- trap good_to_bad: counted in the week the ticket was last solved, not in that of the change
-- zendesk good_to_bad: the same changes, at the day of the change
-- column bad_to_good: times a requester of these tickets changed a bad rating to a good one; empty where the source has
--   no history of ratings
-- metric bad_to_good: Ratings turned from bad to good
-- trap bad_to_good: a rating won over is often one that was asked for a second time
-- zendesk bad_to_good: the same changes, at the day of the change
with counts as (
    select
        cast(date_trunc('week', counted_on) as date) as week,
        coalesce(business_line, 'all') as business_line,
        coalesce(vendor, 'all') as vendor,
        count(*) as tickets,
        case when count(is_offered) > 0 then count(*) filter (where is_offered) end as offered,
        count(*) filter (where is_offered and score is not null) as offered_and_answered,
        count(score) as answered,
        count(*) filter (where score = 'good') as good,
        count(*) filter (where score = 'bad') as bad,
        sum(good_to_bad) as good_to_bad,
        sum(bad_to_good) as bad_to_good
    from (
        select
            counted_on,
            business_line,
            coalesce(vendor, 'unknown') as vendor,
            is_offered,
            score,
            good_to_bad,
            bad_to_good
        from ticket_ratings
    ) as named
    group by grouping sets (
        (date_trunc('week', counted_on), business_line, vendor),
        (date_trunc('week', counted_on), business_line),
        (date_trunc('week', counted_on), vendor),
        (date_trunc('week', counted_on))
    )
),

shares as (
    select
        week,
        business_line,
        vendor,
        tickets,
        offered,
        answered,
        good,
        bad,
        cast(good as double) / nullif(answered, 0) as csat,
        cast(offered_and_answered as double) / nullif(offered, 0) as response_rate,
        cast(answered as double) / tickets as coverage,
        good_to_bad,
        bad_to_good
    from counts
)

select
    week,
    business_line,
    vendor,
    tickets,
    offered,
    answered,
    good,
    bad,
    csat,
    wilson_low(csat, answered) as low,
    wilson_high(csat, answered) as high,
    response_rate,
    coverage,
    cast(good_to_bad as bigint) as good_to_bad,
    cast(bad_to_good as bigint) as bad_to_good
from shares

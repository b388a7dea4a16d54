-- Every audit of a ticket up to the account's as-of time.
-- grain: review
-- owner: team:support-analytics
-- materialized: view
-- unique: source, review_id
-- column source: the source it came from [not_null]
-- column review_id: the review, unique within its source [not_null]
-- column ticket_id: the ticket that was reviewed [not_null]
-- column reviewed_at: when it was reviewed (UTC)
-- column reviewed_on: the day it was reviewed, in the account's time zone
-- column reviewer_kind: who reviewed it [accepted: tier1, tier2, qa]
-- column scores: a score for each category, with its range, its weight and whether failing it fails the review
-- column disposition: what the reviewer concluded
select
    reviews.source,
    reviews.review_id,
    reviews.ticket_id,
    reviews.reviewed_at,
    cast(reviews.reviewed_at at time zone 'UTC' at time zone account.time_zone as date) as reviewed_on,
    reviews.reviewer_kind,
    reviews.scores,
    reviews.disposition
from raw.qa_reviews as reviews
cross join raw.account as account
where reviews.reviewed_at <= account.as_of

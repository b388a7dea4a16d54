-- The day with which every business clock begins. A table of its own: where it moves, since tickets older than all before
-- are loaded, clocks read before and after do not go together, and whatever is made from them is made anew.
-- grain: account
-- owner: team:support-analytics
-- column first_day: the day before the first ticket's, in the account's zone [not_null]
select cast(min(date) - interval 1 day as date) as first_day
from days
having count(*) > 0

-- What each status of a tracker means, as its issues tell: names are the tracker's own.
-- grain: source and status
-- owner: team:support-analytics
-- unique: source, status
-- column source: the tracker [not_null]
-- column status: the status in its words [not_null]
-- column status_category: where it stands, in three steps [not_null, accepted: to_do, in_progress, done]
-- It reads the issues as they stand today, whatever the run's date: what a status means does not hang on it.
select
    source,
    status,
    arg_max(status_category, updated_at) as status_category
from raw.issues
group by source, status

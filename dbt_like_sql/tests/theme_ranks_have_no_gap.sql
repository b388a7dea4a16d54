-- The themes' ranks, if they do not run from 1 to the number of themes.
select min(impact_rank) as first_rank, max(impact_rank) as last_rank, count(*) as themes
from theme_impact
having count(*) > 0 and (min(impact_rank) <> 1 or max(impact_rank) <> count(*))

-- Weeks in which a theme has more distinct tickets than tickets, or a range that is upside down.
select week, theme_id, tickets, distinct_tickets, usual_low, usual_high
from theme_trends
where distinct_tickets > tickets or usual_low > usual_high

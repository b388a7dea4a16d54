-- Days with fewer than no open tickets.
select date, business_line, open_at_end
from daily_backlog
where open_at_end < 0

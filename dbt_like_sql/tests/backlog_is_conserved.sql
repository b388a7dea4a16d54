-- Days on which the open tickets at the start, plus what came, less what went, are not the open tickets at the end.
select date, business_line, open_at_start, created, reopened, solved, deleted, open_at_end
from daily_backlog
where open_at_start + created + reopened - solved - deleted <> open_at_end

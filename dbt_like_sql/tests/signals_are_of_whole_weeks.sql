-- Signals of a week that is not over, or in which no source has all its new tickets.
select signals.week, signals.business_line, signals.metric
from kpi_signals as signals
left join weeks on weeks.week = signals.week
where weeks.is_whole is not true

-- Signals whose verdict is not what their value, range and number of weeks say, or whose range is upside down.
select week, business_line, metric, value, usual_low, usual_middle, usual_high, weeks_used, verdict
from kpi_signals
where usual_low > usual_high
    or usual_middle not between usual_low - 1e-9 and usual_high + 1e-9
    or weeks_used > 26
    or (verdict = 'too early' and weeks_used >= 8)
    or (verdict not in ('too early', 'not all in yet') and weeks_used < 8)
    or (verdict = 'above' and value <= usual_high)
    or (verdict = 'below' and value >= usual_low)
    or (verdict = 'usual' and value not between usual_low and usual_high)

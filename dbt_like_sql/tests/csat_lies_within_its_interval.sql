-- Rows whose CSAT is outside its interval or not a share, or whose ratings do not add up.
select date, business_line, csat_good, csat_rated, csat, csat_low, csat_high, csat_response_rate
from daily_kpis
where csat_good > csat_rated
    or (csat is null) <> (csat_rated = 0)
    or csat < csat_low - 1e-9
    or csat > csat_high + 1e-9
    or csat_low < 0
    or csat_high > 1
    or csat_response_rate not between 0 and 1

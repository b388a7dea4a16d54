-- Daily shares below 0 or above 1, and figures that rest on nothing.
select date, business_line, metric, value, denominator
from kpi_days
where (
        metric in (
            'csat',
            'csat_response_rate',
            'reopen_rate',
            'sla_target_share',
            'sla_ticket_share',
            'first_contact_rate',
            'one_touch_rate',
            'csat_coverage'
        )
        and value not between 0 and 1
    )
    or denominator = 0

"""The daily figures that are watched: on which scale each is compared, and which way is worse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.statistics.scales import Scale

_PER_THOUSAND = 1000.0


@dataclass(frozen=True)
class Kpi:
    """rising: what more of it means. Volume by itself is neither good nor bad."""

    scale: Scale
    rising: Literal["worse", "better", "changed"]


_COUNT, _SHARE, _MINUTES = Scale("count"), Scale("share"), Scale("minutes")
# The slowest tenth of fifty tickets is five of them; of fewer it jumps from day to day with the slowest one.
_SLOWEST_TENTH = Scale("minutes", least=50)

KPIS = {
    "tickets_created": Kpi(_COUNT, "changed"),
    "tickets_solved": Kpi(_COUNT, "changed"),
    "backlog": Kpi(_COUNT, "worse"),
    "first_reply_minutes_median": Kpi(_MINUTES, "worse"),
    "first_reply_minutes_p90": Kpi(_SLOWEST_TENTH, "worse"),
    "full_resolution_minutes_median": Kpi(_MINUTES, "worse"),
    "full_resolution_minutes_p90": Kpi(_SLOWEST_TENTH, "worse"),
    "csat": Kpi(_SHARE, "better"),
    "csat_response_rate": Kpi(_SHARE, "changed"),
    "csat_coverage": Kpi(_SHARE, "changed"),
    "reopen_rate": Kpi(_SHARE, "worse"),
    # More tickets can be escalated on a day than come in.
    "escalation_rate": Kpi(Scale("rate"), "worse"),
    "sla_target_share": Kpi(_SHARE, "better"),
    "sla_ticket_share": Kpi(_SHARE, "better"),
    "first_contact_rate": Kpi(_SHARE, "better"),
    "next_reply_minutes_median": Kpi(_MINUTES, "worse"),
    "one_touch_rate": Kpi(_SHARE, "better"),
    "iqs": Kpi(_SHARE, "better"),
    **{
        f"contact_rate_{measure}": Kpi(Scale("rate", _PER_THOUSAND), "worse")
        for measure in ("orders", "active_users", "payouts", "logins")
    },
}


def meaning(metric: str, is_more: bool) -> str:
    """Whether a rise, or a fall, of a figure is worse, better, or just a change."""
    rising = KPIS[metric].rising
    if is_more or rising == "changed":
        return rising
    return "better" if rising == "worse" else "worse"

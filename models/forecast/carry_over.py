"""What a wave that is on, or has just ended, still brings in the coming days."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from models.forecast.calendar_features import SURGE_AFTERMATH_DAYS, SURGE_KINDS
from models.forecast.panel import Bools, Floats
from models.forecast.scopes import ScopedPanel

LOOKED_AT_DAYS = 3
HALF_LIFE_DAYS = 3.0
FIRST_DAY_SHARE = 0.6  # of the peak: a wave begins in the middle of a day


def surge_carry_over(scoped: ScopedPanel, days: int, usual: Floats, usual_ahead: Floats) -> dict[str, Floats]:
    """Tickets ahead by name of the wave or incident, shape (horizon, segments) each.

    usual: what the last LOOKED_AT_DAYS of the first `days` days would have brought without it, shape (days
    looked at, segments); usual_ahead: the coming days without it. The excess over the usual, taken over all
    segments of a business line, halves every HALF_LIFE_DAYS; its segments share it by their volume. Nothing
    for a line whose counts are not above the usual. Where waves overlap, the newest one is meant.
    """
    carried: dict[str, Floats] = {}
    claimed = np.zeros(scoped.panel.segments.height, dtype=bool)
    today = scoped.panel.first + timedelta(days=days - 1)
    lines = scoped.panel.segments["business_line"].to_numpy()
    ahead = np.arange(1, scoped.horizon + 1)
    for at, event in sorted(enumerate(scoped.events), key=lambda item: item[1].first, reverse=True):
        past = event.kind not in SURGE_KINDS or event.last < today - timedelta(days=SURGE_AFTERMATH_DAYS)
        if past or event.first > today:
            continue
        reached: Bools = np.array([scoped.reached[scope][at] for scope in scoped.scope]) & ~claimed
        claimed |= reached
        age = (today - event.first).days
        seen = min(LOOKED_AT_DAYS, age + 1, len(usual))
        total = np.zeros(usual_ahead.shape)
        for line in np.unique(lines[reached]):
            here = np.flatnonzero(reached & (lines == line))
            share = usual[-seen:, here].sum(axis=0)
            if not share.sum():
                continue
            excess = (scoped.panel.counts[days - seen : days, here] - usual[-seen:, here]).sum(axis=1)
            now = _excess_now(excess, age)
            total[:, here] = now * 0.5 ** (ahead / HALF_LIFE_DAYS)[:, None] * share / share.sum()
        if total.any():
            carried[event.name] = carried.get(event.name, 0.0) + total * (usual_ahead > 0)
    return carried


def _excess_now(excess: Floats, age: int) -> float:
    """The excess of the last day, from the last days' excess brought forward to it; the peak on the first."""
    if age == 0:
        return max(float(excess[-1]), 0.0) / FIRST_DAY_SHARE * 2 ** (1 / HALF_LIFE_DAYS)
    after_onset = excess[-age:] if age < len(excess) else excess
    brought = after_onset * 0.5 ** (np.arange(len(after_onset) - 1, -1, -1) / HALF_LIFE_DAYS)
    return max(float(np.median(brought)), 0.0)

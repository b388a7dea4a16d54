"""What a wave that is on, or has just ended, still brings in the coming days."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from models.forecast.aftermath import fit_aftermath
from models.forecast.calendar_features import SURGE_AFTERMATH_DAYS, SURGE_KINDS
from models.forecast.panel import Bools, Floats
from models.forecast.scopes import ScopedPanel

LOOKED_AT_DAYS = 21  # a wave that began earlier has faded


def surge_carry_over(scoped: ScopedPanel, days: int, usual: Floats, usual_ahead: Floats) -> dict[str, Floats]:
    """Tickets ahead by name of the wave or incident, shape (horizon, segments) each.

    usual: what the last LOOKED_AT_DAYS of the first `days` days would have brought without it, shape (days
    looked at, segments); usual_ahead: the coming days without it. The excess over the usual, taken over all
    segments of a business line, fades as the aftermath of a surge does; the segments share it by their volume.
    Nothing for a line whose counts are not above the usual. Where waves overlap, the newest one is meant.
    """
    carried: dict[str, Floats] = {}
    claimed = np.zeros(scoped.panel.segments.height, dtype=bool)
    today = scoped.panel.first + timedelta(days=days - 1)
    lines = scoped.panel.segments["business_line"].to_numpy()
    for at, event in sorted(enumerate(scoped.events), key=lambda item: item[1].first, reverse=True):
        past = event.kind not in SURGE_KINDS or event.last < today - timedelta(days=SURGE_AFTERMATH_DAYS)
        if past or event.first > today:
            continue
        reached: Bools = np.array([scoped.reached[scope][at] for scope in scoped.scope]) & ~claimed
        claimed |= reached
        seen = (today - event.first).days + 1
        if seen > len(usual):
            continue
        total = np.zeros(usual_ahead.shape)
        for line in np.unique(lines[reached]):
            here = np.flatnonzero(reached & (lines == line))
            share = usual[-seen:, here].sum(axis=0)
            if not share.sum():
                continue
            excess = (scoped.panel.counts[days - seen : days, here] - usual[-seen:, here]).sum(axis=1)
            if excess.sum() <= 0:
                continue
            noise = np.sqrt(usual[-seen:, here].sum(axis=1) + 1)
            course = fit_aftermath(excess, noise, seen + scoped.horizon).excess.mean(axis=0)[seen:]
            total[:, here] = course[:, None] * share / share.sum()
        if total.any():
            carried[event.name] = carried.get(event.name, 0.0) + total * (usual_ahead > 0)
    return carried

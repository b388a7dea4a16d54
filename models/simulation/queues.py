"""How many people the simulated company has: planned for ordinary volume, with overtime for the rest."""

from __future__ import annotations

import numpy as np

from models.simulation.world import Floats

# How full the agents' time is planned; chat needs slack to answer at once.
TIER1_LOAD = 0.84
CHAT_LOAD = 0.62
TIER2_LOAD = 0.86


def staffing(ordinary: Floats, expected: Floats, open_minutes: Floats, load: float) -> Floats:
    """Capacity per hour of a team that plans for ordinary volume and reacts to the rest.

    ordinary, expected: work per hour as planned for and as it will come; open_minutes: per hour, at least as
    many hours as work. Planned is the four-week mean and six tenths of what a day lies well above it. Overtime
    makes up for an unplanned excess, beginning after two days and over the eight days that follow.
    """
    days = len(ordinary) // 24
    usual = _rolling_mean(ordinary.reshape(days, 24).sum(axis=1), 28)
    planned_days = ordinary.reshape(days, 24).sum(axis=1)
    planned = usual + 0.6 * np.maximum(planned_days - 1.25 * usual, 0)
    excess = np.maximum(expected.reshape(days, 24).sum(axis=1) - planned_days, 0)
    overtime = np.convolve(excess, [0, 0, *[1 / 8] * 8])[:days]
    per_day = np.concatenate(
        [planned / load + overtime, np.full(len(open_minutes) // 24 - days, usual[-1] / load)]
    )
    open_days = open_minutes.reshape(-1, 24).sum(axis=1)
    # The same number of people in every open hour: a short day gives less, a week gives what it must.
    usual_open = np.maximum(_rolling_mean(open_days, 28), 1.0)
    return np.repeat(per_day / usual_open, 24) * open_minutes


def _rolling_mean(values: Floats, window: int) -> Floats:
    """Centred mean over a window, shorter at the ends."""
    window = min(window, len(values))
    ones = np.ones(window)
    counts = np.convolve(np.ones(len(values)), ones, mode="same")
    mean: Floats = np.convolve(values, ones, mode="same") / counts
    return mean

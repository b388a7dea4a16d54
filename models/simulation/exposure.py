"""What tickets are counted against: a day's orders, active users, payouts and logins."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.simulation.volume import Volume
from models.simulation.world import ASKERS, REGION_NAMES

# Measure by (business line, user type), and how much of it there is per ticket.
_MEASURES = {
    ("ecommerce", "buyer"): ("orders", 140.0),
    ("ecommerce", "merchant"): ("payouts", 12.0),
    ("live", "buyer"): ("active_users", 900.0),
    ("live", "merchant"): ("payouts", 14.0),
    ("live", "creator"): ("active_users", 90.0),
    ("creator", "creator"): ("payouts", 25.0),
    ("account_security", "buyer"): ("logins", 4000.0),
    ("account_security", "merchant"): ("logins", 900.0),
    ("account_security", "creator"): ("logins", 1500.0),
}


def exposure(volume: Volume, rng: np.random.Generator) -> pl.DataFrame:
    """Daily denominators that move with the ordinary volume, give or take two percent.

    Days are UTC days. What is planted does not move them, so it shows as a higher contact rate.
    """
    days = volume.ordinary.shape[2] // 24
    daily = volume.ordinary.reshape(len(ASKERS), len(REGION_NAMES), days, 24).sum(axis=3)
    dates = pl.date_range(volume.start.date(), volume.start.date() + pl.duration(days=days - 1), eager=True)
    frames = []
    for asker, (line, user_type) in enumerate(ASKERS):
        measure, per_ticket = _MEASURES[line, user_type]
        for place, region in enumerate(REGION_NAMES):
            value = daily[asker, place] * per_ticket * rng.normal(1, 0.02, days)
            frames.append(
                pl.DataFrame({"date": dates, "value": np.round(np.maximum(value, 0))}).select(
                    "date",
                    pl.lit(line).alias("business_line"),
                    pl.lit(region).alias("region"),
                    pl.lit(user_type).alias("user_type"),
                    pl.lit(measure).alias("measure"),
                    "value",
                )
            )
    return pl.concat(frames).sort("date", "business_line", "region", "user_type")

"""From people needed by hour to the fewest shifts that cover them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from models.staffing.capacity_curve import Floats

Ints = npt.NDArray[np.int64]
SHIFT_HOURS = 8


def fewest_shifts(
    needed: Floats, hours_of_day: Floats, may_start: npt.NDArray[np.bool_], shift_hours: int = SHIFT_HOURS
) -> Ints:
    """People beginning a shift in each hour: the fewest that cover every hour and give every day its hours.

    needed: people who must be there, by hour; hours_of_day: hours of people that the shifts begun on a day must give,
    messages included. A shift is worked in one piece, by a person who has one a day; breaks are part of shrinkage.
    Where no shift may cover a needed hour, the nearest starts are used. Raises ValueError for a shift that is no
    whole number of hours from 1 to 24.
    """
    if not 1 <= shift_hours <= 24:
        raise ValueError(f"a shift of {shift_hours} hours: expected 1 to 24")
    hours = len(needed)
    starts = np.arange(hours)
    is_on = (starts[:, None] >= starts) & (starts[:, None] < starts + shift_hours)
    in_day = np.repeat(np.eye(hours // 24), 24, axis=1) * shift_hours
    unreached = (is_on @ may_start.astype(float) == 0) & (needed > 0)
    allowed = may_start | unreached
    allowed |= (in_day @ may_start.astype(float) == 0)[starts // 24] & (hours_of_day > 0)[starts // 24]
    covering = LinearConstraint(
        vstack([csr_array(is_on.astype(float)), csr_array(in_day)]),
        lb=np.concatenate([np.ceil(needed - 1e-6), hours_of_day - 1e-6]),
    )
    # Of equally few, those that begin earlier in the day: somebody must be first.
    cost = 1 + 1e-5 * (starts % 24)
    found = milp(
        cost,
        constraints=covering,
        integrality=np.ones(hours, dtype=np.int64),
        bounds=Bounds(0, np.where(allowed, np.inf, 0)),
        options={"time_limit": 1.0, "mip_rel_gap": 0.02},
    )
    if found.x is None:
        raise ValueError(f"no shifts of {shift_hours} hours cover what is needed: {found.message}")
    return np.round(found.x).astype(np.int64)

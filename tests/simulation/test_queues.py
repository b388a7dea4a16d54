"""The simulated company's people follow its work."""

import numpy as np
import pytest

from models.simulation.queues import staffing


def test_staff_for_steady_work_is_the_work_over_the_load() -> None:
    hours_open = np.tile([60.0] * 12 + [0.0] * 12, 35)
    work = np.full(28 * 24, 2.0)
    capacity = staffing(work, work, hours_open, load=0.8)
    # 48 of work a day over 12 open hours at a load of 0.8: 5 an hour, also in the run-on days.
    assert capacity[hours_open > 0] == pytest.approx(5.0)
    assert np.all(capacity[hours_open == 0] == 0)


def test_overtime_makes_up_for_a_surprise_after_two_days() -> None:
    hours_open = np.full(40 * 24, 60.0)
    usual = np.full(40 * 24, 1.0)
    surprise = usual.copy()
    surprise[20 * 24 : 21 * 24] += 10.0
    extra = (
        (staffing(usual, surprise, hours_open, 0.8) - staffing(usual, usual, hours_open, 0.8))
        .reshape(40, 24)
        .sum(axis=1)
    )
    assert np.all(extra[:22] == 0)
    assert extra.sum() == pytest.approx(240.0)
    assert np.all(extra[30:] == pytest.approx(0.0))

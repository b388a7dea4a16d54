"""Columns known ahead enter the forecast."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.forecast.forecast import forecast_daily
from tests.forecast.test_forecast import FIRST, NO_EVENTS, history_of, last_day, noisy, rows


def columns_of(first: date, days: int, **columns: np.ndarray) -> pl.DataFrame:
    """Columns known ahead of the one segment of `history_of`."""
    return pl.DataFrame(
        {
            "date": [first + timedelta(days=day) for day in range(days)],
            "business_line": "a",
            "channel": "chat",
            "tier": "1",
            "region": "eu",
        }
        | columns
    )


def test_a_column_known_ahead_lifts_its_days():
    rng = np.random.default_rng(3)
    promo = (rng.random(760) < 0.3).astype(float)
    history = history_of(noisy(60 * (1 + promo[:700]), 700))
    known = columns_of(FIRST, 760, promo=promo)
    made = forecast_daily(history, NO_EVENTS, cutoff=last_day(700), horizon=60, origins=2, regressors=known)
    expected = rows(made, "total")
    assert expected[promo[700:] == 1] == pytest.approx(np.full(int(promo[700:].sum()), 120), rel=0.15)
    assert expected[promo[700:] == 0].mean() == pytest.approx(60, rel=0.1)


def test_a_column_that_tells_closed_days_closes_them():
    shut = np.random.default_rng(4).random(430) < 0.1
    history = history_of(noisy(60, 400) * ~shut[:400])
    known = columns_of(FIRST, 430, open=(~shut).astype(float))
    made = forecast_daily(history, NO_EVENTS, cutoff=last_day(400), horizon=30, origins=2, regressors=known)
    expected = rows(made, "total")
    assert (expected[shut[400:]] == 0).all()
    assert expected[~shut[400:]] == pytest.approx(np.full(int((~shut[400:]).sum()), 60), rel=0.15)

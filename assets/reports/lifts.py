"""How many times more often than expected, told so that no small count follows from it.

A lift is a ratio of two shares, and the width of its interval says how many tickets they were told from: with all
their digits both counts can be worked out, and with two figures one of a few tickets still can. So a lift is given to
two figures with its interval, and where it rests on fewer than ten tickets only how much it is at least (`lift_over`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from assets.reports.privacy import SMALL_CELL
from models.statistics.over_representation import Z_95

LIFT = ("lift", "lift_low", "lift_high")
# So far apart that one to nine tickets more or less mostly give the same.
_AT_LEAST = (1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0)
_AT_MOST = (0.0001, 0.001, 0.01, 0.05, 1.0)
_FINE = 200  # tickets from which on one of them is no more than half a percent


def rests_on(count: str, share: str, expected: str | None = None) -> pl.Expr:
    """How many tickets the expected share of a lift was told from, by the width of the lift's interval.

    count, share: tickets with the value and their share of all; expected: a share it was told from, too. The variance
    of the logarithm of a share of n tickets is (1 - share) / n; the interval holds that of both shares.
    """
    whole = pl.col(count) / pl.col(share)
    error = (pl.col("lift_high") / pl.col("lift")).log() / Z_95
    rest = (error**2 - (1 / (pl.col(count) + 0.5) - 1 / (whole + 1))).clip(lower_bound=1e-9)
    told_from = [pl.col(share) / pl.col("lift"), *([pl.col(expected)] if expected else [])]
    return (1 - pl.max_horizontal(told_from)) / rest - 0.5


def lifts_told(frame: pl.DataFrame, few: pl.Expr, unknown: pl.Expr) -> pl.DataFrame:
    """The frame with its lifts to two figures, or `lift_over` alone where they are of few; none where unknown.

    few, unknown: of which rows. q_value becomes the smallest of 0.0001, 0.001, 0.01, 0.05 and 1 that it is not above.
    """
    few, unknown = few.fill_null(True), unknown.fill_null(False)
    return frame.with_columns(
        *(pl.when(~few & ~unknown).then(pl.col(name).round_sig_figs(2)).alias(name) for name in LIFT),
        lift_over=pl.when(few & ~unknown).then(_down(pl.col("lift_low"), _AT_LEAST)),
        q_value=pl.when(~unknown).then(_up(pl.col("q_value"), _AT_MOST)),
    )


def few_of(tickets: pl.Expr) -> pl.Expr:
    """Whether a number of tickets, known only nearly, is under ten."""
    return tickets.round() < SMALL_CELL


def coarse_share(share: str, whole: pl.Expr | None = None) -> pl.Expr:
    """A share in steps of 1 %; nearly all is not told as all, and a few not as none.

    whole: the number of tickets it is of, where the reader is not to know it. Of under 200 the steps are 5 %: as wide as
    a ticket or more, so that the whole does not follow from several shares.
    """
    step = pl.lit(0.01) if whole is None else pl.when(whole < _FINE).then(0.05).otherwise(0.01)
    rounded = (pl.col(share) / step).round() * step
    inside = pl.col(share).is_between(0, 1, closed="none")
    return pl.when(inside).then(rounded.clip(step, 1 - step)).otherwise(pl.col(share)).round(2)


def _down(value: pl.Expr, steps: Sequence[float]) -> pl.Expr:
    return pl.max_horizontal(pl.when(value >= step).then(step) for step in steps)


def _up(value: pl.Expr, steps: Sequence[float]) -> pl.Expr:
    return pl.min_horizontal(pl.when(value <= step).then(step) for step in steps)

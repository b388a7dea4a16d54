"""Which attribute values are more frequent inside a theme than in the other themes' tickets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import xlogy
from scipy.stats import chi2, false_discovery_control

DEFAULT_MINIMUM = 10
LARGEST_Q = 0.05
LEAST_LIFT = 1.2  # a lift whose interval starts below this is not worth a reader's time
Z_95 = 1.959964

Counts = npt.NDArray[np.float64]

THEME_DRIVERS_SCHEMA = {
    "theme_id": pl.String,
    "attribute": pl.String,
    "value": pl.String,
    "tickets": pl.Int64,  # of the theme, with this value
    "share_in_theme": pl.Float64,  # of the theme's tickets that have the attribute
    "share_elsewhere": pl.Float64,  # of the other themes' tickets that have the attribute
    "lift": pl.Float64,  # share_in_theme / share_elsewhere
    "lift_low": pl.Float64,
    "lift_high": pl.Float64,
    "q_value": pl.Float64,
}


def over_represented(
    members: pl.DataFrame, attributes: pl.DataFrame, minimum: int = DEFAULT_MINIMUM
) -> pl.DataFrame:
    """The attribute values that a theme has clearly more of than the other themes, the strongest first.

    members: source, ticket_id, theme_id, one row a ticket. attributes: source, ticket_id, attribute, value,
    at most one value a ticket and attribute; tickets without the attribute are left out of its shares.
    minimum: tickets of the theme with the value, below which nothing is said.
    Per value: lift with its 95 % interval (log ratio of two shares, Katz et al. 1978; half a ticket is
    added to each count, so that a value seen nowhere else has a finite lift), a G-test, and
    Benjamini-Hochberg over all tests. Returns THEME_DRIVERS_SCHEMA.
    """
    counts = _counts(members, attributes, minimum)
    if counts.is_empty():
        return pl.DataFrame(schema=THEME_DRIVERS_SCHEMA)
    inside, theme = pl.col("tickets") + 0.5, pl.col("in_theme") + 0.5
    outside, elsewhere = (
        pl.col("with_value") - pl.col("tickets") + 0.5,
        pl.col("with_attribute") - pl.col("in_theme") + 0.5,
    )
    error = (1 / inside - 1 / theme + 1 / outside - 1 / elsewhere).sqrt()
    lift = (inside / theme) / (outside / elsewhere)
    p_values = g_test(
        *(
            counts[name].to_numpy().astype(float)
            for name in ("tickets", "in_theme", "with_value", "with_attribute")
        )
    )
    return (
        counts.with_columns(
            share_in_theme=pl.col("tickets") / pl.col("in_theme"),
            share_elsewhere=(pl.col("with_value") - pl.col("tickets"))
            / (pl.col("with_attribute") - pl.col("in_theme")),
            lift=lift,
            lift_low=lift * (-Z_95 * error).exp(),
            lift_high=lift * (Z_95 * error).exp(),
            q_value=pl.Series(false_discovery_control(p_values)),
        )
        .filter(pl.col("q_value") < LARGEST_Q, pl.col("lift_low") > LEAST_LIFT)
        .sort("theme_id", "lift_low", "attribute", "value", descending=[False, True, False, False])
        .select(pl.col(name).cast(kind) for name, kind in THEME_DRIVERS_SCHEMA.items())
    )


def _counts(members: pl.DataFrame, attributes: pl.DataFrame, minimum: int) -> pl.DataFrame:
    """Tickets by theme and value, with the totals a test needs; only where the theme and the rest both have tickets."""
    rows = (
        members.select("source", "ticket_id", "theme_id")
        .join(attributes.drop_nulls("value"), on=["source", "ticket_id"])
        .group_by("theme_id", "attribute", "value")
        .agg(tickets=pl.len().cast(pl.Int64))
    )
    return rows.with_columns(
        in_theme=pl.col("tickets").sum().over("theme_id", "attribute"),
        with_value=pl.col("tickets").sum().over("attribute", "value"),
        with_attribute=pl.col("tickets").sum().over("attribute"),
    ).filter(
        pl.col("tickets") >= minimum,
        pl.col("in_theme") < pl.col("with_attribute"),  # other themes to compare with
        pl.col("with_value") < pl.col("with_attribute"),  # a value that not every ticket has
    )


def g_test(tickets: Counts, in_theme: Counts, with_value: Counts, with_attribute: Counts) -> Counts:
    """p of the log-likelihood ratio test of independence in each 2 x 2 table (Sokal & Rohlf), without correction.

    Equals scipy.stats.chi2_contingency(lambda_="log-likelihood", correction=False), table by table,
    but for all tables at once.
    """
    cells = (
        (tickets, in_theme * with_value),
        (in_theme - tickets, in_theme * (with_attribute - with_value)),
        (with_value - tickets, (with_attribute - in_theme) * with_value),
        (
            with_attribute - in_theme - with_value + tickets,
            (with_attribute - in_theme) * (with_attribute - with_value),
        ),
    )
    g = 2 * np.sum(
        [xlogy(observed, observed * with_attribute / expected) for observed, expected in cells], axis=0
    )
    return np.asarray(chi2.sf(g, df=1))

"""What others would have made of the same tickets: the expected value behind a fair comparison.

A model of the case mix that knows nothing of who did the work takes part of a vendor's own effect for the effect of
the cases it gets: with two vendors and routing by priority, "urgent" comes to mean "done by the second vendor". So a
unit (a vendor, a group) never takes part in the model that its own tickets are measured by: the model is fitted to the
tickets of all others and says what they would have made of this unit's. Everything it predicts is out of sample.

The model is linear in the attributes and in pairs of those by which tickets are routed, with a normal prior on every
effect (ridge): a kind of ticket that others never had is expected to be like the rest, and the doubt about that is
part of the variance. Being linear, it splits the difference between two mixes into parts that sum to it exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# A value with fewer tickets is taken together with the other rare ones of its attribute.
FEWEST_OF_A_VALUE = 50
# The pull of the prior, in tickets: an effect seen in so many is halved. That of pairs is learnt: in some operations a
# pair is no more than its two values, in others each line and region is a world of its own.
_PULL, _PULLS_OF_PAIRS = 4.0, (10.0, 40.0, 160.0, 640.0, 2560.0)
UNKNOWN, OTHER = "unknown", "other"
# Attributes that the source brings: the best known ones, known of so many tickets of a tier at least.
_MOST_ATTRIBUTES, _LEAST_KNOWN = 12, 0.02
# An attribute that explains more of a result's variance than that, by its values or by being there at all, was filled in
# because of the result: nothing known of a ticket when it comes in tells so much.
_MOST_EXPLAINED, _MOST_EXPLAINED_BY_PRESENCE = 0.5, 0.25
_FEWEST_TOLD = 200
_NAMES_VENDOR = 0.95  # share of tickets whose value only one vendor has


@dataclass(frozen=True)
class Effect:
    """A value of an attribute, or a pair of values, that may change a ticket's result."""

    attribute: str
    value: str
    attribute_2: str | None = None
    value_2: str | None = None


@dataclass(frozen=True)
class Cases:
    """Tickets by their attributes.

    matrix: 1 where an effect is on a ticket, else 0, shape (tickets, 1 + effects); the first column is the mean of
    all. pull: strength of the prior, shape (1 + effects,).
    """

    matrix: csr_array
    pull: Floats
    effects: list[Effect]

    def of(self, rows: Bools) -> Cases:
        """Some of the tickets."""
        return Cases(self.matrix[np.flatnonzero(rows)], self.pull, self.effects)


def with_attributes(tickets: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The tickets with the attributes their source brings as columns, and the names of these columns.

    tickets: source, ticket_id, tier, vendor and attributes, a list of key and value. Attributes that few tickets have
    are left out, and those that in truth name the vendor (a team, a site): within them nobody has like tickets.
    """
    brought = (
        tickets.select("source", "ticket_id", "tier", "vendor", "attributes")
        .explode("attributes")
        .unnest("attributes")
        .rename({"key": "attribute"})
        .drop_nulls(["attribute", "value"])
    )
    known = (
        brought.group_by("attribute", "tier", "value")
        .agg(known=pl.len(), of_one_vendor=pl.col("vendor").unique_counts().max())
        .group_by("attribute", "tier")
        .agg(pl.col("known", "of_one_vendor").sum())
    )
    tiers = tickets.group_by("tier").agg(all=pl.len(), vendors=pl.col("vendor").n_unique())
    names_vendor = (pl.col("vendors") > 1) & (pl.col("of_one_vendor") > _NAMES_VENDOR * pl.col("known"))
    names = (
        known.join(tiers, on="tier")
        .group_by("attribute")
        .agg(share=(pl.col("known") / pl.col("all")).max(), names_vendor=names_vendor.any())
        .filter(
            pl.col("share") >= _LEAST_KNOWN,
            ~pl.col("names_vendor"),
            ~pl.col("attribute").is_in(tickets.columns),
        )
        .sort("share", "attribute", descending=[True, False])["attribute"]
        .head(_MOST_ATTRIBUTES)
        .sort()
        .to_list()
    )
    wide = brought.filter(pl.col("attribute").is_in(names)).pivot(
        "attribute", index=["source", "ticket_id"], values="value", aggregate_function="first"
    )
    joined = tickets.join(wide, on=["source", "ticket_id"], how="left", maintain_order="left")
    return joined.drop("attributes"), names


def told_by_result(tickets: pl.DataFrame, attribute: str, result: pl.Series) -> bool:
    """Whether an attribute was filled in after the result, as a reason of escalation is: it tells too much of it.

    tickets: of one tier, with vendor and the attribute. result: one number a ticket, null where it has none. What the
    attribute explains is measured within vendors, so that what a vendor does worse is none of it. Like tickets to a
    vendor's would else be those with the same result, and every vendor as expected.
    """
    known = tickets.select("vendor", pl.col(attribute).alias("value")).with_columns(result=result)
    known = known.drop_nulls("result")
    if known.height < _FEWEST_TOLD:
        return False
    codes, _ = _common_values(known["value"])
    known = known.with_columns(present=pl.col("value").is_not_null(), value=pl.Series(codes))
    within = known["result"] - known.select(pl.col("result").mean().over("vendor")).to_series()
    everything = float((within**2).sum())
    if everything <= 0:
        return False
    for name, most in (("value", _MOST_EXPLAINED), ("present", _MOST_EXPLAINED_BY_PRESENCE)):
        left = known["result"] - known.select(pl.col("result").mean().over("vendor", name)).to_series()
        cells = known.n_unique(["vendor", name])
        unexplained = float((left**2).sum()) / everything * known.height / max(known.height - cells, 1)
        if 1 - unexplained > most:
            return True
    return False


def describe_cases(tickets: pl.DataFrame, attributes: Sequence[str], routed_by: Sequence[str]) -> Cases:
    """One effect for every common value of the attributes, and for every common pair of values of those routed by.

    tickets: the attributes as text, null where unknown. routed_by: those of the attributes by which tickets find
    their unit, so that their pairs matter most. An attribute with one value only tells nothing and is left out.
    """
    levels = {name: _common_values(tickets[name]) for name in attributes}
    levels = {name: level for name, level in levels.items() if len(level[1]) > 1}
    effects: list[Effect] = []
    places: list[Ints] = []
    for name, (codes, values) in levels.items():
        places.append(codes + len(effects))
        effects += [Effect(name, value) for value in values]
    singles = len(effects)
    for first, second in combinations([name for name in routed_by if name in levels], 2):
        pair, kept = _common_pairs(levels[first], levels[second])
        places.append(np.where(pair >= 0, pair + len(effects), -1))
        effects += [Effect(first, value, second, value_2) for value, value_2 in kept]
    size = tickets.height
    rows = np.concatenate([np.arange(size), *(np.flatnonzero(place >= 0) for place in places)])
    columns = np.concatenate([np.zeros(size, dtype=np.int64), *(place[place >= 0] + 1 for place in places)])
    pull = np.full(len(effects) + 1, _PULLS_OF_PAIRS[0])
    pull[: singles + 1] = _PULL
    pull[0] = 1e-6  # nothing pulls the mean of all
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(size, len(effects) + 1))
    return Cases(matrix, pull, effects)


def _common_values(column: pl.Series) -> tuple[Ints, list[str]]:
    """Places in the list of values, the rare ones as one."""
    column = column.fill_null(UNKNOWN)
    counts = column.value_counts(name="tickets")
    rare = counts.filter(pl.col("tickets") < FEWEST_OF_A_VALUE)[column.name].to_list()
    column = column.replace(dict.fromkeys(rare, OTHER))
    values = column.unique().sort().to_list()
    places = dict(zip(values, range(len(values)), strict=True))
    return column.replace_strict(places, return_dtype=pl.Int64).to_numpy(), values


def _common_pairs(
    first: tuple[Ints, list[str]], second: tuple[Ints, list[str]]
) -> tuple[Ints, list[tuple[str, str]]]:
    """Places in the list of common pairs, -1 for the others."""
    (codes, values), (codes_2, values_2) = first, second
    pair = codes * len(values_2) + codes_2
    counts = np.bincount(pair, minlength=len(values) * len(values_2))
    common = np.flatnonzero(counts >= FEWEST_OF_A_VALUE)
    place = np.full(len(counts), -1)
    place[common] = np.arange(len(common))
    names = [(values[code // len(values_2)], values_2[code % len(values_2)]) for code in common]
    return place[pair], names


def learn_prior(cases: Cases, result: Floats) -> Cases:
    """The cases with the pull on pairs under which the results of all tickets are likeliest (MacKay 1992, evidence)."""
    is_pair = np.array([False, *(effect.attribute_2 is not None for effect in cases.effects)])
    if not is_pair.any():
        return cases
    dense = cases.matrix.toarray()
    gram, moment, squares = dense.T @ dense, dense.T @ result, float(result @ result)
    best, highest = cases, -np.inf
    for strength in _PULLS_OF_PAIRS:
        pull = np.where(is_pair, strength, cases.pull)
        factor = cho_factor(gram + np.diag(pull), check_finite=False)
        left_over = max(squares - float(moment @ cho_solve(factor, moment)), 1e-9 * squares, 1e-300)
        log_determinant = 2 * float(np.log(np.diag(factor[0])).sum())
        evidence = float(np.log(pull).sum()) - log_determinant - len(result) * float(np.log(left_over))
        if evidence > highest:
            best, highest = replace(cases, pull=pull), evidence
    return best


@dataclass(frozen=True)
class Expectation:
    """What each unit's tickets came to and what the others would have made of them; one value per unit.

    observed, expected: means over the unit's tickets; others: mean over all other units' tickets. variance: of
    observed - expected, by chance and by what the model does not know. parts: what each effect adds to
    expected - others, shape (units, effects); the parts of a unit sum to it.
    """

    tickets: Ints
    observed: Floats
    others: Floats
    expected: Floats
    variance: Floats
    parts: Floats


def expected_of_others(cases: Cases, result: Floats, unit: Ints, cluster: Ints) -> Expectation:
    """Fit the case mix to all but a unit's tickets and predict the unit's, for every unit in turn.

    result: one value per ticket, in a unit where differences add up. unit: 0, 1, ..., every number in use, at least
    two of them. cluster: tickets of one cluster share their luck, such as a week's incident or queue.
    Variances are those of Bayesian linear regression with a known prior, times the design effect: how much larger the
    variance is where results of a cluster go together (sandwich estimator, Liang & Zeger 1986), at least 1. What units
    have in common within a cluster cancels out. Raises ValueError for one unit only.
    """
    units = int(unit.max()) + 1
    if units < 2:
        raise ValueError("all tickets are of one unit: there are no others to compare it with")
    x = cases.matrix
    rows = [np.flatnonzero(unit == number) for number in range(units)]
    grams, moments = [], []
    for own in rows:
        dense = x[own].toarray()
        grams.append(dense.T @ dense)
        moments.append(dense.T @ result[own])
    gram, moment = np.sum(grams, axis=0), np.sum(moments, axis=0)
    prior = np.diag(cases.pull)
    tickets = np.bincount(unit, minlength=units)
    observed = np.bincount(unit, result, units) / tickets
    others = (result.sum() - observed * tickets) / (len(result) - tickets)
    expected, alone, together = np.empty(units), np.empty(units), np.empty(units)
    parts = np.empty((units, len(cases.effects)))
    for number, own in enumerate(rows):
        mix = grams[number][0] / len(own)  # the mean of all is on every ticket
        mix_of_others = (gram[0] - grams[number][0]) / (len(result) - len(own))
        factor = cho_factor(gram - grams[number] + prior, check_finite=False)
        effects, reach = cho_solve(factor, np.stack([moment - moments[number], mix], axis=1)).T
        expected[number] = mix @ effects
        parts[number] = ((mix - mix_of_others) * effects)[1:]

        predicted, weight = (x @ np.stack([effects, -reach], axis=1)).T
        residual = result - predicted
        residual[own] -= residual[own].mean()
        noise = float(residual[own] @ residual[own]) / max(len(own) - 1, 1)
        weight[own] = 1 / len(own)
        by_prior = noise * float(reach @ (cases.pull * reach))
        alone[number] = noise * (1 / len(own) + float(mix @ reach))
        together[number] = (np.bincount(cluster, weight * residual) ** 2).sum() + by_prior
    # That of all units is steadier, its own knows whether its kinds of tickets vary more: the larger one is the safer.
    pooled = together.sum() / alone.sum() if alone.sum() > 0 else 1.0
    variance = np.maximum(together, alone * max(1.0, float(pooled)))
    return Expectation(tickets, observed, others, expected, variance, parts)

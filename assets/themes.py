"""Recurring problems found in the texts of escalated tickets, and who is over-represented in each."""

from collections.abc import Callable, Iterator

import dagster as dg
import polars as pl
from pydantic import Field

from assets.curation_file import NAME as CURATION_FILE
from assets.curation_file import read_curation_file
from assets.resources import WAREHOUSE_POOL, EmbeddingModel, StateFolder
from assets.table_assets import store_tables, table_specs
from assets.tables import DRIVER_TABLES, THEME_TABLES
from assets.theme_registry import ThemeUpdate, update_themes
from dbt_like_sql.warehouse import Warehouse

OWNER = "team:support-analytics"

# Beyond these the themes are worth a look: they no longer describe what comes in.
MOST_IN_NO_THEME = 0.10
MOST_DRIFT = 0.05  # of the mean likeness to a theme's centre
FEWEST_TICKETS = 5


class ThemesConfig(dg.Config):
    """Whether to find all themes anew."""

    refit: bool = Field(
        default=False, description="find all themes anew even where it is not time yet; themes keep their ids"
    )


_CHECKED = dg.AssetKey("themes")


@dg.multi_asset(
    name="themes",
    specs=table_specs(
        THEME_TABLES, group="themes", deps=["escalations"], kinds={"polars", "scikitlearn"}, owner=OWNER
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "share_in_no_theme",
            asset=_CHECKED,
            description=f"at most {MOST_IN_NO_THEME:.0%} of the tickets belong to no theme",
        ),
        dg.AssetCheckSpec(
            "themes_still_fit",
            asset=_CHECKED,
            description="tickets of the last 28 days are about as close to their themes as those before",
        ),
        dg.AssetCheckSpec(
            "smallest_theme",
            asset=_CHECKED,
            description=f"every theme has at least {FEWEST_TICKETS} different tickets",
        ),
        dg.AssetCheckSpec(
            "curation_file",
            asset=_CHECKED,
            description=f"every row of the file {CURATION_FILE} can be followed",
        ),
    ],
    pool=WAREHOUSE_POOL,
)
def theme_tables(
    context: dg.AssetExecutionContext, config: ThemesConfig, state: StateFolder, embedding: EmbeddingModel
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Place new tickets in the themes there are; find themes anew at first, every four weeks, or when asked to.

    Each text is embedded once, ever. A theme keeps its id for good.
    """
    decisions, mistakes = read_curation_file(state.tables)
    with state.warehouse() as warehouse:
        update = update_themes(
            warehouse,
            embedding.embedder(),
            decisions,
            refit=config.refit,
            progress=_at_each_tenth(context.log.info),
        )
        mistakes += update.mistakes
        for mistake in mistakes:
            context.log.warning(f"{state.tables / CURATION_FILE}: {mistake}")
        yield from store_tables(warehouse, update.frames, THEME_TABLES, {"themes": _told(update)})
    yield from _checks(update, mistakes, str(state.tables / CURATION_FILE))


def _at_each_tenth(tell: Callable[[str], None]) -> Callable[[int, int], None]:
    """Tells how many texts are embedded whenever another tenth of them is: the first time takes minutes."""
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        tenths = 10 * done // total
        if tenths != told:
            told = tenths
            tell(f"{done:,} of {total:,} texts embedded")

    return progress


def _told(update: ThemeUpdate) -> dict[str, object]:
    """What the run did, in plain words."""
    return {
        "tickets_placed": update.tickets_placed if update.refit_because is None else update.health.tickets,
        "all_themes_found_anew": f"yes: {update.refit_because}" if update.refit_because else "no",
        "new_themes": ", ".join(update.born) or "none",
        "share_in_no_theme": update.health.other / max(update.health.tickets, 1),
    }


def _checks(update: ThemeUpdate, mistakes: list[str], path: str) -> Iterator[dg.AssetCheckResult]:
    found = update.health
    share = found.other / max(found.tickets, 1)
    yield _check(
        "share_in_no_theme",
        share <= MOST_IN_NO_THEME,
        f"{found.other:,} of {found.tickets:,} tickets ({share:.1%}) belong to no theme",
        {"share": share},
    )
    recent, before = found.similarity_recent, found.similarity_before
    if recent is None or before is None:
        yield _check("themes_still_fit", True, "there are not yet tickets of both periods", {})
    else:
        yield _check(
            "themes_still_fit",
            recent >= before - MOST_DRIFT,
            f"likeness of a ticket to its theme's centre: {recent:.2f} in the last 28 days, {before:.2f} before",
            {"last_28_days": recent, "before": before},
        )
    yield _check(
        "smallest_theme",
        found.smallest is None or found.smallest_tickets >= FEWEST_TICKETS,
        f"the smallest theme, '{found.smallest}', has {found.smallest_tickets} different tickets"
        if found.smallest
        else "there are no themes",
        {"tickets": found.smallest_tickets},
    )
    yield _check(
        "curation_file",
        not mistakes,
        "; ".join(f"{path}: {mistake}" for mistake in mistakes) or "nothing is wrong with it",
        {"mistakes": len(mistakes)},
    )


def _check(name: str, passed: bool, description: str, figures: dict[str, float]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=_CHECKED,
        check_name=name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=description,
        metadata=figures,
    )


@dg.multi_asset(
    name="theme_drivers",
    specs=table_specs(
        DRIVER_TABLES,
        group="themes",
        deps=["ticket_themes", "ticket_attributes"],
        kinds={"polars", "scipy"},
        owner=OWNER,
    ),
    pool=WAREHOUSE_POOL,
)
def driver_tables(state: StateFolder) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Compare each theme's tickets with all other themed tickets, attribute value by attribute value."""
    with state.warehouse() as warehouse:
        yield from store_tables(warehouse, {"theme_drivers": driver_frame(warehouse)}, DRIVER_TABLES)


def driver_frame(warehouse: Warehouse) -> pl.DataFrame:
    """The table theme_drivers, from the themes and attributes that a warehouse knows."""
    from models.statistics.over_representation import over_represented

    members = warehouse.query("select source, ticket_id, theme_id from ticket_themes")
    attributes = warehouse.query(
        "select source, ticket_id, attribute, value from ticket_attributes "
        "semi join ticket_themes using (source, ticket_id)"
    )
    return over_represented(members, attributes)

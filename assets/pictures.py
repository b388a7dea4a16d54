"""Small static pictures and tables for the metadata of an asset."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import dagster as dg
import polars as pl

from dbt_like_sql.warehouse import Warehouse

_ACCENT = "#2f5d8a"
_BAND = "#dbe5ef"
_LINES_SHOWN = 6


def markdown_table(frame: pl.DataFrame) -> str:
    """A frame as a Markdown table, every cell as text."""
    header = "| " + " | ".join(frame.columns) + " |"
    rule = "|" + "---|" * frame.width
    rows = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in frame.iter_rows()]
    return "\n".join([header, rule, *rows])


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")[:200]


def of_table(table: str, warehouse: Warehouse) -> dict[str, dg.MetadataValue]:
    """The picture that goes with a table, if it has one and there is something to show."""
    if table not in _PICTURES:
        return {}
    query, draw = _PICTURES[table]
    frame = warehouse.query(query)
    return {"picture": dg.MetadataValue.md(draw(frame))} if frame.height > 1 else {}


def _lines(frame: pl.DataFrame) -> str:
    """A line per name over time. frame: day, name, value."""
    figure, axes = _figure()
    for name, part in list(frame.group_by("name", maintain_order=True))[:_LINES_SHOWN]:
        axes.plot(part["day"], part["value"], linewidth=1, label=str(name[0]))
    axes.legend(frameon=False, fontsize=8, ncols=3)
    axes.set_ylim(bottom=0)
    return _markdown(figure)


def _fan(frame: pl.DataFrame) -> str:
    """A forecast with its 80 % interval. frame: day, value, low, high."""
    figure, axes = _figure()
    axes.fill_between(frame["day"], frame["low"], frame["high"], color=_BAND, label="80 % interval")
    axes.plot(frame["day"], frame["value"], color=_ACCENT, linewidth=1.2, label="expected")
    axes.legend(frameon=False, fontsize=8)
    axes.set_ylim(bottom=0)
    return _markdown(figure)


def _bars(frame: pl.DataFrame) -> str:
    """A bar per name. frame: name, value."""
    figure, axes = _figure(height=0.25 * frame.height + 0.6)
    axes.barh(frame["name"].to_list()[::-1], frame["value"].to_list()[::-1], color=_ACCENT)
    return _markdown(figure)


def _figure(height: float = 2.6):  # type: ignore[no-untyped-def]
    # The object interface: pyplot keeps global state that a long-running server would leak.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _markdown(figure) -> str:  # type: ignore[no-untyped-def]
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return f"![picture](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})"


_PICTURES: dict[str, tuple[str, Callable[[pl.DataFrame], str]]] = {
    "daily_volume": (
        "select date as day, business_line as name, sum(tickets_created)::double as value "
        "from daily_volume group by all order by name, day",
        _lines,
    ),
    "daily_backlog": (
        "select date as day, business_line as name, sum(open_at_end)::double as value "
        "from daily_backlog where open_at_end is not null group by all order by name, day",
        _lines,
    ),
    "forecast_daily": (
        "select date as day, expected as value, low_80 as low, high_80 as high "
        "from forecast_daily where level = 'total' order by day",
        _fan,
    ),
    "themes": (
        "select left(name, 60) as name, tickets as value from themes where not is_other order by tickets desc limit 15",
        _bars,
    ),
    "theme_rises": (
        "select left(themes.name, 60) as name, theme_rises.excess as value "
        "from theme_rises join themes using (theme_id) order by theme_rises.rank limit 15",
        _bars,
    ),
}

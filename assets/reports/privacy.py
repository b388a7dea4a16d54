"""What may leave the house: small counts hidden, hostile text made harmless, cells safe to open in a spreadsheet.

The rule for counts, on pages, in charts, tables and the feed alike:
- a count of 1 to 9 is hidden, and a second one wherever subtraction would reveal the first (`hide_small_cells`);
- a part of a known whole is hidden where the part or what it leaves of the whole is 1 to 9: 52 of 57 tickets solved
  would tell of 5 that are not (`hide_small_parts`);
- where rows are sums of others, as of all lines, no subtraction gives a hidden count away (`summed_counts`);
- a rate whose base is known is such a part: a CSAT is shown only where good and bad ratings are each none, or ten and
  more (`hide_revealing_rate`);
- a share so near the whole that it leaves 1 to 9 may be given as a lower bound (`share_at_least`);
- how many times more often than expected, with its interval, tells what it was counted from (`lifts`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

SMALL_CELL = 10  # tickets; a count below it could point at a person
HIDDEN = "is_hidden"  # column added to a published table: true where a count of the row is hidden

# Zero-width, bidirectional and other invisible characters that change how a text reads, and control codes.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_HTTP = re.compile(r"(?i)\bh(?:tt|xx)p(s?)\s*:\s*/\s*/")
_OTHER_SCHEME = re.compile(r"(?i)\b([a-z][a-z0-9+.]{1,15})(?<!hxxp)(?<!hxxps)://")
_SCRIPT_SCHEME = re.compile(r"(?i)\b(javascript|vbscript|data|mailto)\s*:(?=\S)")
_WWW = re.compile(r"(?i)\bwww\.")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def plain_text(text: str) -> str:
    """A stranger's text without invisible characters and with its links broken (`hxxp`), still unescaped."""
    text = _INVISIBLE.sub("", text)
    text = _HTTP.sub(r"hxxp\1://", text)
    text = _OTHER_SCHEME.sub(r"\1[:]//", text)
    text = _SCRIPT_SCHEME.sub(r"\1[:]", text)
    return _WWW.sub("www[.]", text)


def plot_label(text: str) -> str:
    """A text that plotly shows as text: plotly.js would turn `<a href>` in a label into a live link."""
    text = plain_text(text).replace("<", "‹").replace(">", "›")
    return _ENTITY.sub("&amp;", text)


def plain_texts(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The frame with `plain_text` applied to the given text columns; null stays null."""
    return frame.with_columns(_plain(frame[column]) for column in columns)


def _plain(texts: pl.Series) -> pl.Series:
    # Most columns repeat a few names thousands of times.
    known = texts.drop_nulls().unique()
    plain = pl.Series([plain_text(text) for text in known], dtype=pl.String)
    return texts.replace_strict(known, plain, default=None, return_dtype=pl.String)


def spreadsheet_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a leading `'` on every text cell that a spreadsheet would run as a formula."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(
        pl.when(pl.any_horizontal(pl.col(name).str.starts_with(start) for start in _FORMULA_STARTS))
        .then(pl.lit("'") + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )


def hide_small_cells(
    frame: pl.DataFrame,
    count: str,
    *,
    within: Sequence[Sequence[str]] = (),
    dependents: Sequence[str] = (),
) -> pl.DataFrame:
    """Null instead of every count from 1 to 9, and of a second one wherever subtraction would reveal the first.

    within: groupings whose totals are known to the reader. Where exactly one count of a group is hidden,
    by this step or an earlier one, the group's next smallest count goes too. dependents: columns of the row from
    which the count could be worked out, nulled with it. Adds or extends the column `is_hidden`. A count of 0 is shown.
    Rows that are sums of others, or counts that are parts of others: `summed_counts.hide_summed_counts`.
    """
    hidden_before = pl.col(HIDDEN) if HIDDEN in frame.columns else pl.lit(False)
    small = pl.col(count).is_between(1, SMALL_CELL - 1).fill_null(False)
    marked = frame.with_columns(
        _hide=small,
        _is_small=small,
        # Null in a row of which something is hidden: hidden earlier, or never known.
        _was_hidden=hidden_before & pl.col(count).is_null(),
    )
    settled = False
    while not settled and frame.height:
        before = int(marked["_hide"].sum())
        for keys in within:
            marked = _hide_a_second(marked, count, list(keys))
        settled = int(marked["_hide"].sum()) == before
    return marked.with_columns(
        *(
            pl.when(pl.col("_hide")).then(None).otherwise(pl.col(name)).alias(name)
            for name in dict.fromkeys((count, *dependents))
        ),
        (hidden_before | pl.col("_hide")).alias(HIDDEN),
    ).drop("_hide", "_is_small", "_was_hidden")


def hide_small_parts(
    frame: pl.DataFrame, part: str, whole: str, *, dependents: Sequence[str] = ()
) -> pl.DataFrame:
    """Null instead of a part of a known whole where the part, or what it leaves of the whole, is 1 to 9."""
    rest = frame.with_columns(_rest=pl.col(whole) - pl.col(part))
    hidden = rest.pipe(hide_small_cells, part, dependents=dependents)
    return hidden.pipe(hide_small_cells, "_rest", dependents=(part, *dependents)).drop("_rest")


def hide_revealing_rate(
    frame: pl.DataFrame,
    rate: str,
    base: str,
    *,
    within: Sequence[Sequence[str]] = (),
    dependents: Sequence[str] = (),
) -> pl.DataFrame:
    """Null instead of a rate (0 to 1) where base x rate, or the rest of the base, is 1 to 9.

    within, dependents: as for `hide_small_cells`; the base itself stays.
    """
    parts = frame.with_columns(_part=(pl.col(rate) * pl.col(base)).round())
    parts = parts.with_columns(_rest=pl.col(base) - pl.col("_part"))
    for count in ("_part", "_rest"):
        parts = hide_small_cells(parts, count, within=within, dependents=(rate, *dependents))
    return parts.drop("_part", "_rest")


def share_at_least(count: str, share: str) -> pl.Expr:
    """The lower bound of a share that leaves 1 to 9 of its whole (in steps of 5 %); null for every other share.

    The whole is count / share. The bound is the same whichever of 1 to 9 is left.
    """
    whole = (pl.col(count) / pl.col(share)).round()
    leaves_few = (whole - pl.col(count)).is_between(1, SMALL_CELL - 1)
    bound = (((whole - SMALL_CELL + 1) / whole * 20).floor() / 20).round(2)
    return pl.when(leaves_few & (bound > 0)).then(bound)


def _hide_a_second(marked: pl.DataFrame, count: str, keys: list[str]) -> pl.DataFrame:
    shown = pl.when(~pl.col("_hide") & (pl.col(count) > 0)).then(pl.col(count))
    now, small, before = (pl.col(name).sum().over(keys) for name in ("_hide", "_is_small", "_was_hidden"))
    alone = ((now == 1) & ((small == 1) | (before == 0))) | ((now == 0) & (before == 1))
    second = alone & (shown.rank("ordinal").over(keys) == 1)
    return marked.with_columns(_hide=pl.col("_hide") | second.fill_null(False))

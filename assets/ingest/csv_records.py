"""CSV as rows, of which a broken one costs only itself: a quote left open does not swallow what follows."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

_LONGEST_FIELD = 16 << 20  # characters
_MOST_LINES = 2000  # of one row: beyond it a quote was left open

csv.field_size_limit(_LONGEST_FIELD)


class _Lines:
    """Lines that remember which of them the current row took, and can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._given_back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) == _MOST_LINES:
            raise csv.Error("a quote is never closed")
        line = self._given_back.popleft() if self._given_back else next(self._lines)
        self.taken.append(line)
        return line

    def give_back_all_but_the_first(self) -> None:
        self._given_back.extendleft(reversed(self.taken[1:]))


def csv_records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Rows with their number, the header first as row 1; a broken row is the reason instead of its fields.

    A row is broken when a quote in it is never closed or its fields are not as many as the header's.
    Reading goes on with the line after its first, so that rows it seemed to contain are not lost.
    Empty lines are counted, as a spreadsheet does, and left out.
    """
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    number, width = 0, 0
    while True:
        source.taken.clear()
        try:
            fields = next(reader, None)
        except csv.Error:
            number += 1
            source.give_back_all_but_the_first()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            yield (
                number,
                "a quote in this row is not closed or not doubled; write quotes inside a value twice",
            )
            continue
        if fields is None:
            return
        number += 1
        if not fields:
            continue
        width = width or len(fields)
        if len(fields) == width:
            yield number, fields
        else:
            source.give_back_all_but_the_first()
            told = f"{len(fields)} fields, expected {width} as in the header"
            yield number, f"{told}; look for an unquoted delimiter or a cut line"

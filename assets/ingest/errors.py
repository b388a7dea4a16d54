"""What can be wrong with an input, each told in one line: what it was, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class IngestError(Exception):
    """Something the user can put right: the message is one line, meant to be shown as it is."""


class FileError(IngestError):
    """A file that cannot be read at all."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


class MappingError(IngestError):
    """A mapping that is wrong in itself or does not fit the file it is used on."""


def closest(name: str, candidates: Iterable[str]) -> str:
    """The tail of an error: what a mistyped name may have meant."""
    names = sorted(set(candidates))
    by_lower_case = {candidate.lower(): candidate for candidate in names}
    found = [by_lower_case[near] for near in get_close_matches(name.lower(), by_lower_case, n=3, cutoff=0.5)]
    if found:
        return f"closest: {', '.join(found)}"
    shown = ", ".join(names[:12])
    return f"there are: {shown}{', ...' if len(names) > 12 else ''}"

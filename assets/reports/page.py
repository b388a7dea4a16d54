"""What a page is made of, before a template turns it into HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Line:
    """One of the lines of the overview: a finding, what makes it big or small, and where to read on."""

    finding: str
    context: str
    href: str
    tone: str = "usual"  # worse, better, changed or usual


@dataclass(frozen=True)
class Figure:
    """A number of the strip under a title, with what makes it big or small."""

    label: str
    value: str
    context: str
    tone: str = "usual"


@dataclass(frozen=True)
class Page:
    """A page of the site. content: what its template needs. missing: what it cannot say, and why."""

    name: str
    label: str
    finding: str
    lede: str
    content: dict[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.html"

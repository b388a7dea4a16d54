"""What a page is made of, before a template turns it into HTML."""

from __future__ import annotations

from collections.abc import Mapping
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


@dataclass(frozen=True)
class PageForm:
    """A page before anything is known of its week. empty: what its template needs, where there is nothing to show."""

    name: str
    label: str
    empty: Mapping[str, Any]

    def page(
        self,
        finding: str,
        lede: str,
        content: Mapping[str, Any] | None = None,
        lines: tuple[Line, ...] = (),
        missing: tuple[str, ...] = (),
    ) -> Page:
        """The page of a finding; content overrides what is empty."""
        return Page(self.name, self.label, finding, lede, {**self.empty, **(content or {})}, lines, missing)

"""A produced page as a browser's parser sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

PAGES = (
    "index",
    "root-causes",
    "new",
    "themes",
    "trends",
    "operations",
    "review",
    "vendors",
    "capacity",
    "incident",
    "metrics",
)
_VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class ParsedPage(HTMLParser):
    """Elements with their attributes, the text a reader sees, and the JSON of the charts."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    scripts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def __hash__(self) -> int:
        return id(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.mismatched.append(tag)
        self.text += " "

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif "head" not in self.open:
            self.text += data

    @property
    def readable(self) -> str:
        """The text with runs of white space, no-break spaces among them, as one space."""
        return " ".join(self.text.split())

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _, attrs in self.elements for key, value in attrs.items() if key == name]

    @property
    def charts(self) -> list[dict]:
        return [json.loads(text) for text in self.scripts if text]


def parse(page: Path) -> ParsedPage:
    """A page's HTML, parsed to its end."""
    parsed = ParsedPage()
    parsed.feed(page.read_text(encoding="utf-8"))
    parsed.close()
    return parsed


def strings(value: object) -> Iterator[str]:
    """Every string of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)

"""What the names in the operations tables are called on a page: lines, vendors, targets, owners, reasons."""

from __future__ import annotations

from assets.reports import wording

ALL = "all"
_HERE = ("inhouse", "in_house", "in-house")


def of_line(line: str | None) -> str:
    """`Account security`, `All lines`."""
    if line == ALL:
        return "All lines"
    return "Line not known" if line in (None, "unknown") else wording.sentence(wording.readable(str(line)))


def of_vendor(vendor: str | None) -> str:
    """`Brightline`, `In house`, `Vendor not known`."""
    if vendor == ALL:
        return "All vendors"
    if vendor in (None, "", "unknown"):
        return "Vendor not known"
    return "In house" if vendor in _HERE else wording.sentence(wording.readable(str(vendor)))


def in_a_sentence(vendor: str) -> str:
    """`Brightline`, `in house`: a vendor where it does not come first."""
    return "in house" if vendor in _HERE else of_vendor(vendor)


def of_target(metric: str | None) -> str:
    """`First reply`: what a target is on."""
    return "All targets" if metric in (None, ALL) else wording.sentence(wording.readable(str(metric)))

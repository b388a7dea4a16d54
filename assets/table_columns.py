"""Columns of the tables that Python makes, each with the words the catalogue shows for it."""

from __future__ import annotations

import dataframely as dy


def text(description: str, nullable: bool = False) -> dy.String:
    """A text."""
    return dy.String(nullable=nullable, description=description)


def date(description: str) -> dy.Date:
    """A day in the account's zone."""
    return dy.Date(nullable=False, description=description)


def time(description: str, nullable: bool = False) -> dy.Datetime:
    """A moment, naive UTC."""
    return dy.Datetime(nullable=nullable, time_unit="us", description=description)


def number(description: str, nullable: bool = False) -> dy.Float64:
    """A number that may have a fraction."""
    return dy.Float64(nullable=nullable, description=description)


def count(description: str, nullable: bool = False) -> dy.Int64:
    """A number of things, 0 or more."""
    return dy.Int64(nullable=nullable, min=0, description=description)


def flag(description: str) -> dy.Bool:
    """Yes or no."""
    return dy.Bool(nullable=False, description=description)


def choice(description: str, values: tuple[str, ...], nullable: bool = False) -> dy.String:
    """One of a few words."""
    return dy.String(
        nullable=nullable,
        check=lambda value: value.is_in(values),
        description=f"{description}: {', '.join(values)}",
    )

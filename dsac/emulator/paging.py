"""Pages of listings: which one is asked for, and whether there is one."""

from collections.abc import Sized
from dataclasses import dataclass

from flask import request

from dsac.emulator.errors import refused

DEFAULT_SIZE = 100
LARGEST_SIZE = 10_000
LONGEST_NUMBER = 9
"""Digits; what is longer could not be multiplied within SQLite's integers."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is asked for; numbers count from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """So many rows are on the pages before it."""
        return (self.number - 1) * self.size

    def require(self, rows: Sized) -> None:
        """Refuse a page behind the last one; the first may be empty."""
        if self.number > 1 and not rows:
            raise refused(404, "Invalid page.")


def page_asked() -> Page:
    """Read `page` and `per_page`; what is no number from 1 on is the default."""
    size = _positive("per_page") or DEFAULT_SIZE
    return Page(_positive("page") or 1, min(size, LARGEST_SIZE))


def _positive(name: str) -> int:
    """Read a number of the query, 0 if it is none, or too long to be meant."""
    text = request.args.get(name, "")
    plain = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if plain else 0

"""Pages of listings: which one is asked for, and whether there is one."""

from collections.abc import Sized
from dataclasses import dataclass

from flask import request

from dsac.emulator.errors import refused

DEFAULT_SIZE = 100
LARGEST_SIZE = 10_000
LONGEST_NUMBER = 9
"""Digits; what is longer could not be multiplied within SQLite's integers."""

LARGEST_NUMBER = 10**LONGEST_NUMBER - 1


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
    """Read `page` and `per_page`; a size that is no number from 1 on is the default.

    Raises:
        ApiError: 404, the page is no number from 1 on.
    """
    asked = request.args.get("page", "") or "1"
    number = _positive(asked)
    if not number:
        raise refused(404, "Invalid page.")
    size = _positive(request.args.get("per_page", "")) or DEFAULT_SIZE
    return Page(min(number, LARGEST_NUMBER), min(size, LARGEST_SIZE))


def _positive(text: str) -> int:
    """Read a number, 0 if it is none; those that are too long to be meant are one."""
    if not (text.isascii() and text.isdigit()):
        return 0
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= LONGEST_NUMBER else LARGEST_NUMBER

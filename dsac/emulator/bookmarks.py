"""Remembers where pages of listings began, so that deep pages need no counting."""

import threading
from bisect import bisect_right, insort
from collections import OrderedDict
from typing import NamedTuple

MOST_LISTINGS = 64
MOST_MARKS = 20_000


class Mark(NamedTuple):
    """The name at an offset."""

    offset: int
    first: str


class Bookmarks:
    """The marks of the listings that were read lately.

    A listing is known by a key that holds the version of its rows: once these change
    there is another key, and the marks of the old one fall out of use.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listings: OrderedDict[object, list[Mark]] = OrderedDict()

    def nearest(self, listing: object, offset: int) -> Mark | None:
        """Give the last mark at or before an offset, None where there is none."""
        with self._lock:
            marks = self._listings.get(listing, [])
            at = bisect_right(marks, offset, key=_offset)
            return marks[at - 1] if at else None

    def add(self, listing: object, mark: Mark) -> None:
        """Remember a mark."""
        with self._lock:
            marks = self._listings.setdefault(listing, [])
            self._listings.move_to_end(listing)
            at = bisect_right(marks, mark.offset, key=_offset)
            known = at > 0 and marks[at - 1].offset == mark.offset
            if not known and len(marks) < MOST_MARKS:
                insort(marks, mark, key=_offset)
            if len(self._listings) > MOST_LISTINGS:
                self._listings.popitem(last=False)


def _offset(mark: Mark) -> int:
    return mark.offset

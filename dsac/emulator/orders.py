"""Remembers in which order listings stand, so that any of their pages is a slice."""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable

MOST_IDS = 4_000_000
"""At 8 bytes each."""


class Orders:
    """The ids of the listings that were read lately, whole and in their order.

    A listing is known by a key that holds the state of what it depends on: once that
    changes there is another key, and the ids of the old one fall out of use.
    """

    def __init__(self, most: int = MOST_IDS) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._listings: OrderedDict[object, array[int]] = OrderedDict()

    def find(self, listing: object) -> "array[int] | None":
        """Give the ids of a listing, None where they are not known."""
        with self._lock:
            found = self._listings.get(listing)
            if found is not None:
                self._listings.move_to_end(listing)
            return found

    def add(self, listing: object, ids: Iterable[int]) -> "array[int]":
        """Remember the ids of a listing, and give them; the oldest make room."""
        found = array("q", ids)
        with self._lock:
            self._listings[listing] = found
            self._listings.move_to_end(listing)
            while sum(map(len, self._listings.values())) > self._most:
                self._listings.popitem(last=False)
        return found

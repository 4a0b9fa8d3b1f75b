"""Locks by key: a fixed number of them, however many keys there are."""

import threading
import zlib


class Stripes:
    """Who asks for the same key gets the same lock; for others that is rare."""

    def __init__(self, count: int = 256) -> None:
        self._locks = [threading.Lock() for _ in range(count)]

    def lock(self, key: str) -> threading.Lock:
        """Give the lock of a key."""
        return self._locks[zlib.crc32(key.encode()) % len(self._locks)]

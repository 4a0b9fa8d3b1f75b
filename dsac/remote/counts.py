"""What went over the wire: requests, bytes, retries and waits, counted."""

import threading
from collections.abc import Mapping

import msgspec


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What went over the wire so far; bytes are those of bodies, waits in seconds.

    `methods` counts the requests by method, `refused` the answers that said
    that it was one request too many (429).
    """

    requests: int = 0
    methods: dict[str, int] = {}
    writes: int = 0
    retries: int = 0
    refused: int = 0
    uploads: int = 0
    sent: int = 0
    received: int = 0
    waited: float = 0.0


class Meter:
    """Counts for all threads of a transport."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()

    def counts(self) -> Counts:
        """Give what was counted so far."""
        with self._lock:
            return self._counts

    def count(self, **more: float) -> None:
        """Add to some of the counts."""
        with self._lock:
            self._add(more)

    def request(self, method: str, *, write: bool, size: int) -> None:
        """Count a request, and the bytes of its body."""
        with self._lock:
            methods = dict(self._counts.methods)
            methods[method] = methods.get(method, 0) + 1
            self._counts = msgspec.structs.replace(self._counts, methods=methods)
            self._add({"requests": 1, "writes": write, "sent": size})

    def _add(self, more: Mapping[str, float]) -> None:
        now = self._counts
        summed = {key: getattr(now, key) + more[key] for key in more}
        self._counts = msgspec.structs.replace(now, **summed)

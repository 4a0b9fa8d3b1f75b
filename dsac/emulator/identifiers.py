"""Makes uuids that are cheap to make, and to keep in an index."""

import os
import time
from collections.abc import Iterator


def identifiers(count: int) -> Iterator[str]:
    """Make uuids of version 7 (RFC 9562).

    They begin with the time, so that those of one moment lie side by side in an
    index: a million of random ones would touch all of its pages.
    """
    random = os.urandom(10 * count).hex()
    stamp = f"{time.time_ns() // 1_000_000:012x}"
    start = f"{stamp[:8]}-{stamp[8:]}-7"
    for at in range(0, 20 * count, 20):
        yield (
            f"{start}{random[at : at + 3]}-{VARIANTS[random[at + 3]]}"
            f"{random[at + 4 : at + 7]}-{random[at + 7 : at + 19]}"
        )


VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The first digit of the fourth group has the bits 10 in front."""


def identifier() -> str:
    """Make one uuid, as `identifiers` does."""
    return next(identifiers(1))

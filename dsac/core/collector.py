"""Keeps Python's garbage collector away from values that only grow in number."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 100_000
"""So many new objects are worth being spared their first collection."""


@contextmanager
def collector_off() -> Iterator[None]:
    """Turn the collector off while much is built that stays: half of the time.

    Where that was much it counts as old afterwards, else the first collection would
    walk it all. A few objects are left to the collector, or a process that loads many
    small manifests would never find what they leave behind.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if gc.get_count()[0] > MANY and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Spare what is there already, and look at what is new less often.

    A plan of a million changes would be walked again and again while it is applied.
    """
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.set_threshold(MANY, *thresholds[1:])
    gc.freeze()
    try:
        yield
    finally:
        if not frozen:
            gc.unfreeze()
        gc.set_threshold(*thresholds)

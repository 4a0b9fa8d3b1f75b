"""Sees that metadata which shall go is gone, whatever a PATCH does to it."""

from collections.abc import Callable, Mapping

import msgspec

from dsac.core.marker import KEY, read, stuck_key, write
from dsac.core.resources import Address
from dsac.core.values import Json

Metadata = Mapping[str, Json]
Patch = Callable[[Mapping[str, Json]], Metadata | None]
"""Sends the fields of an object; gives its metadata as the platform answers."""


class Removal(msgspec.Struct, frozen=True):
    """Keys that shall leave the metadata of an object, and all that was sent of it."""

    address: Address
    keys: tuple[str, ...]
    sent: dict[str, Json]

    def left(self, answered: Metadata | None) -> dict[str, Json]:
        """Give the entries that are still there in an answer; a null equals none."""
        there = answered or {}
        return {key: there[key] for key in self.keys if there.get(key) is not None}


def insist(removal: Removal, answered: Metadata | None, *, patch: Patch) -> str:
    """Send null for what survived its removal; remember in the marker what stays.

    A PATCH may replace the metadata or be merged into it: the fact sheet leaves that
    open. What the marker remembers, no plan asks for again, on whichever machine.

    Args:
        removal: What shall go.
        answered: The metadata as the platform answered to the first attempt.
        patch: Sends more.

    Returns:
        What to tell, this once; empty where all is gone.
    """
    left = removal.left(answered)
    if left:
        null: dict[str, Json] = dict.fromkeys(left)
        left = removal.left(patch({"metadata": {**removal.sent, **null}}))
    if not left:
        return ""
    marker = read(removal.sent.get(KEY))
    if marker is not None and marker.dataset == removal.address.dataset:
        stuck = marker.stuck.union(stuck_key(*entry) for entry in left.items())
        text = write(msgspec.structs.replace(marker, stuck=stuck))
        patch({"metadata": {**removal.sent, KEY: text}})
    keys = ", ".join(sorted(left))
    return f"{removal.address}: the platform does not let go of metadata {keys}"

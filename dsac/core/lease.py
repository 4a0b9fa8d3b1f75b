"""A lease: who is at work on a dataset, and until when; advice, never a lock."""

from urllib.parse import quote, unquote

import msgspec

PARTS = 6


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a dataset.

    `until` is in seconds since 1970. `place` tells apart the process tables of one
    host, so that a number of a process means something.
    """

    token: str
    owner: str
    host: str
    place: str
    process: int
    until: int


def write_lease(lease: Lease) -> str:
    """Write a lease as it stands in the marker.

    >>> write_lease(Lease(token="t", owner="jane", host="h", place="1", process=7,
    ...     until=9))
    't,jane,h,1,7,9'
    """
    fields = msgspec.structs.astuple(lease)
    return ",".join(quote(str(field), safe="") for field in fields)


def read_lease(text: str) -> Lease | None:
    """Read a lease; what is none, or of another version, holds nobody up."""
    parts = [unquote(part) for part in text.split(",")]
    if len(parts) != PARTS:
        return None
    *named, process, until = parts
    if not (process.isdecimal() and until.isdecimal()):
        return None
    token, owner, host, place = named
    return Lease(
        token=token,
        owner=owner,
        host=host,
        place=place,
        process=int(process),
        until=int(until),
    )

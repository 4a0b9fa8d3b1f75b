"""What is known of a file's content, and the few bytes that the stat cache keeps of it.

An entry is the size of the file, its mtime and ctime in ns, and its inode; then the
digest, the size of the image, and the size and the ids of the bitmap, where asked for.
"""

import os
import struct

import msgspec


class BitmapFacts(msgspec.Struct, frozen=True):
    """What a bitmap holds: its size in pixels, and its ids, sorted, without 0."""

    width: int
    height: int
    ids: tuple[int, ...]


class Facts(msgspec.Struct, frozen=True):
    """What is known of one content; None is what nobody asked for.

    `image` is width and height in pixels.
    """

    sha256: str
    image: tuple[int, int] | None = None
    bitmap: BitmapFacts | None = None


_SIGNATURE = struct.Struct("<QqqQ")
_SIZE = struct.Struct("<II")
_SIGNED = _SIGNATURE.size
_DIGESTED = _SIGNED + 32
_WIDTH = _DIGESTED + 4
_IMAGE = _DIGESTED + _SIZE.size
_BITMAP = _IMAGE + _SIZE.size

NEVER = bytes(_SIGNED)
"""The signature of no file: none has the inode 0."""

_UNFIT = bytes(_DIGESTED)
"""What no entry begins with: its digest would be zero."""

_NO_IMAGE = bytes(4)
"""The width where no image is known."""


def signature(stat: os.stat_result) -> bytes:
    """Give what changes when a file does; of times that do not fit, what no entry has.

    A plan does this for each file of a project.
    """
    try:
        return _SIGNATURE.pack(
            stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
        )
    except struct.error:
        return _UNFIT


def digest_of(entry: bytes, *, image: bool, bitmap: bool) -> str:
    """Give the digest of an entry; empty where it knows less than is asked for."""
    if image and entry[_DIGESTED:_WIDTH] == _NO_IMAGE:
        return ""
    if bitmap and len(entry) <= _IMAGE:
        return ""
    return entry[_SIGNED:_DIGESTED].hex()


def pack(facts: Facts, signature: bytes) -> bytes:
    """Write an entry: a signature, the digest, the size of the image, the bitmap."""
    parts = [signature[:_SIGNED], bytes.fromhex(facts.sha256)]
    parts.append(_SIZE.pack(*(facts.image or (0, 0))))
    if facts.bitmap is not None:
        ids = facts.bitmap.ids
        parts.append(_SIZE.pack(facts.bitmap.width, facts.bitmap.height))
        parts.append(struct.pack(f"<{len(ids)}I", *ids))
    return b"".join(parts)


def unpack(entry: bytes) -> Facts:
    """Read the facts of an entry, whichever file it is of."""
    width, height = _SIZE.unpack_from(entry, _DIGESTED)
    bitmap = None
    if len(entry) > _IMAGE:
        wide, high = _SIZE.unpack_from(entry, _IMAGE)
        ids = struct.unpack_from(f"<{(len(entry) - _BITMAP) // 4}I", entry, _BITMAP)
        bitmap = BitmapFacts(wide, high, ids)
    size = (width, height) if width else None
    return Facts(entry[_SIGNED:_DIGESTED].hex(), size, bitmap)

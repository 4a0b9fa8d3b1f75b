"""Digests of files, in one read."""

import hashlib
from pathlib import Path

import msgspec

CHUNK = 1024 * 1024


class FileDigest(msgspec.Struct, frozen=True):
    """What tells one content from another: hex digests, and the size in bytes."""

    sha256: str
    md5: str
    size: int


def digest_file(path: Path) -> FileDigest:
    """Digest a file, reading it once and never holding all of it.

    Raises:
        OSError: it can't be read.
    """
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
    return FileDigest(sha256.hexdigest(), md5.hexdigest(), size)

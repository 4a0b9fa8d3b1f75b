"""Digests of files, in one read."""

import hashlib
from io import BufferedReader
from pathlib import Path

import msgspec


class FileDigest(msgspec.Struct, frozen=True):
    """What tells one content from another, in hex."""

    sha256: str


def digest_file(path: Path) -> FileDigest:
    """Digest a file, reading it once and never holding all of it.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as stream:
        return digest_stream(stream)


def digest_stream(stream: BufferedReader) -> FileDigest:
    """Digest what is left of an open file; other threads go on meanwhile.

    Raises:
        OSError: it can't be read.
    """
    return FileDigest(hashlib.file_digest(stream, "sha256").hexdigest())

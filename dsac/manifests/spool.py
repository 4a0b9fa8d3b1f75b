"""The temporary file in which samples of indexes lie, and what a full disk means."""

import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from dsac.errors import OutputError


def spool_of(owner: object) -> IO[bytes]:
    """Open a file without a name that goes with its owner, or with the process."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its owner
    weakref.finalize(owner, _close, spool)
    return spool


@contextmanager
def writable() -> Iterator[None]:
    """Tell of a disk that takes nothing, lest an index be blamed for it.

    Raises:
        OutputError: what was written inside could not be.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"samples of indexes can't be put into a temporary file: {error.strerror}",
            hint="make room for it, or name another folder in TMPDIR",
        ) from error


def _close(spool: IO[bytes]) -> None:
    with suppress(OSError):  # what a full disk did not take before
        spool.close()

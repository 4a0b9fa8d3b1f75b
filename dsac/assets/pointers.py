"""Files that stand for other files: git-lfs pointers, and DVC's .dvc files."""

import os
import re
from io import BufferedReader
from pathlib import Path

LFS = b"version https://git-lfs.github.com/spec/"
LONGEST = 1024
"""git-lfs writes no longer pointers (its specification)."""


def lfs_remedy(stream: BufferedReader, name: str) -> str:
    """Say how to get the file behind a git-lfs pointer; empty if it is none.

    Args:
        stream: The file, just opened; nothing is taken from it.
        name: What the file is called.
    """
    is_pointer = stream.peek(len(LFS)).startswith(LFS)
    return f'git lfs pull --include "{name}"' if is_pointer else ""


def dvc_remedy(path: Path) -> str:
    """Say how to get a missing file that DVC keeps; empty if it does not."""
    pointer = path.with_name(f"{path.name}.dvc")
    # Not `is_file`, which fails where a name is too long for any file.
    is_kept = os.path.isfile(pointer)  # noqa: PTH113
    return f"dvc pull {pointer.name}" if is_kept else ""


_DIGEST = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


def pointer_digest(path: Path) -> str:
    """Give the sha256 that a git-lfs pointer tells; empty if it is none."""
    try:
        with path.open("rb") as stream:
            text = stream.read(LONGEST)
    except OSError:
        return ""
    found = _DIGEST.search(text) if text.startswith(LFS) else None
    return "" if found is None else found[1].decode()

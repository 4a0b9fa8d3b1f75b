"""Files that stand for other files: git-lfs pointers, and DVC's .dvc files."""

from pathlib import Path

LFS = b"version https://git-lfs.github.com/spec/"
HEAD = 200


def lfs_remedy(path: Path) -> str:
    """Say how to get the file behind a git-lfs pointer; empty if it is none."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    return f'git lfs pull --include "{path.name}"' if head.startswith(LFS) else ""


def dvc_remedy(path: Path) -> str:
    """Say how to get a missing file that DVC keeps; empty if it does not."""
    pointer = path.with_name(f"{path.name}.dvc")
    return f"dvc pull {pointer.name}" if pointer.is_file() else ""

"""Which files a pattern of a manifest matches."""

from collections.abc import Sequence
from pathlib import Path

from dsac.errors import Position
from dsac.manifests.files import Files
from dsac.manifests.globbing import WILD, matching


def is_pattern(text: str) -> bool:
    """Tell whether a path may stand for several files."""
    return bool(WILD & set(text))


def split_pattern(pattern: str) -> tuple[str, str]:
    """Split a glob into the folders before its first wildcard, and the rest."""
    parts = pattern.split("/")
    fixed = 0
    while fixed < len(parts) - 1 and not is_pattern(parts[fixed]):
        fixed += 1
    return "/".join(parts[:fixed]), "/".join(parts[fixed:]) or "*"


def find(  # noqa: PLR0913 - all but the first two are keyword-only
    files: Files,
    pattern: str,
    *,
    folder: Path,
    where: Position,
    exclude: Sequence[str] = (),
    allow_empty: bool = False,
) -> tuple[Path, list[str]]:
    """Find the files that a pattern matches, in order; hidden ones are left out.

    Args:
        files: Tells where the project ends, and takes what is wrong.
        pattern: As the manifest writes it.
        folder: The manifest's own, to which it is relative.
        where: Where it is written.
        exclude: Patterns of files that are not meant.
        allow_empty: Whether there need not be any.

    Returns:
        The folder before the first wildcard, and the files' paths in it.
    """
    start, rest = split_pattern(pattern)
    # A pattern without folders is beside the manifest, but for one that begins at /.
    place = pattern if pattern.startswith("/") else start or "."
    base = files.locate(place, folder, where)
    if base is None:
        return folder, []
    if any("**" in part and part != "**" for part in rest.split("/")):
        hint = "write **/ for folders at any depth, as in **/*.jpg"
        files.problems.add(where, f"{pattern!r} is no pattern", hint)
        return base, []
    try:
        found = matching(base, rest, exclude=exclude)
    except OSError as error:
        # Samples of a folder that can't be listed have not left the manifest.
        message = f"{error.filename or base} can't be listed: {error.strerror}"
        files.problems.add(where, message, "let it be read")
        return base, []
    if not found and not allow_empty:
        files.problems.add_unmatched(
            where,
            f"{pattern!r} matches no file",
            "mend the pattern, or write allow_empty: true",
        )
    return base, found

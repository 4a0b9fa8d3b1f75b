"""File names that every file system takes, made of names of any kind."""

import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

ODD = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST = 100
LONGEST_SUFFIX = 12
RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "dsac.yaml"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in range(10)]
)
"""What Windows keeps for devices, and what dsac takes for the root of a project."""


def safe_names(wanted: Mapping[Key, str]) -> dict[Key, str]:
    """Give each key a file name of its own, also where case does not count.

    A name keeps its letters, digits, dots and hyphens. Where two would be one, each
    gets a digest of its key, so that neither depends on the order or on the other.
    """
    plain = {key: _plain(name) for key, name in wanted.items()}
    counts = Counter(name.casefold() for name in plain.values())
    result = {key: name for key, name in plain.items() if counts[name.casefold()] == 1}
    taken = {name.casefold() for name in result.values()}
    for key in sorted(plain.keys() - result.keys(), key=repr):
        digest = hashlib.sha256(repr(key).encode("utf-8", "backslashreplace"))
        stem, suffix = split_suffix(plain[key])
        length = 8
        while f"{stem}-{digest.hexdigest()[:length]}{suffix}".casefold() in taken:
            length += 1
        result[key] = f"{stem}-{digest.hexdigest()[:length]}{suffix}"
        taken.add(result[key].casefold())
    return result


def split_suffix(name: str) -> tuple[str, str]:
    """Split a file name before its extension, where it has a short one.

    >>> split_suffix("a.b.png"), split_suffix("a."), split_suffix(".png")
    (('a.b', '.png'), ('a.', ''), ('.png', ''))
    """
    stem, dot, suffix = name.rpartition(".")
    short = stem and suffix.isascii() and suffix.isalnum()
    if short and len(suffix) < LONGEST_SUFFIX:
        return stem, f"{dot}{suffix}"
    return name, ""


def _plain(name: str) -> str:
    stem, suffix = split_suffix(name)
    stem = ODD.sub("_", stem).lstrip(".-").rstrip(".") or "_"
    text = f"{stem[: LONGEST - len(suffix)]}{suffix}"
    device = text.casefold().partition(".")[0]
    return f"_{text}" if {text.casefold(), device} & RESERVED else text

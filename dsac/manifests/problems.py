"""Gathers the problems of a run, so that all of them are reported together."""

import difflib
from collections.abc import Iterable
from itertools import islice

from dsac.errors import ManifestError, Problem
from dsac.manifests.document import Place, Where


class Problems:
    """A list of problems, raised as one error when a stage is through."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, where: Where, message: str, hint: str = "") -> None:
        """Note one problem: where, what was found, what to write instead."""
        position = where.at() if isinstance(where, Place) else where
        self.found.append(Problem(position, message, hint))

    def add_unmatched(self, where: Where, message: str, hint: str = "") -> None:
        """Note that a source matches no file; a problem of its own kind."""
        self.add(where, message, hint)

    def raise_any(self) -> None:
        """Raise all problems that were noted.

        Raises:
            ManifestError: there is at least one.
        """
        if self.found:
            raise ManifestError(tuple(self.found))


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """Suggest the choice that is closest to a word, else list the choices."""
    known = sorted(choices)
    close = difflib.get_close_matches(str(word), known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are: {', '.join(known)}" if known else ""


SHOWN = 10
"""So many names are listed before the others are counted."""


def few(names: Iterable[str], count: int) -> str:
    """List the first names, and say how many others there are.

    >>> few("abc", 3), few("abcdefghijklm", 13)
    ('a, b, c', 'a, b, c, d, e, f, g, h, i, j and 3 more')
    """
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    return f"{', '.join(islice(names, SHOWN))}{more}"

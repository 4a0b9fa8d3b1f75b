"""Folds many changes that are alike into a few: by their names, and what differs."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dsac.core.change import Change
from dsac.core.fields import fields
from dsac.core.values import Tree, same

MOST = 8
"""So many patterns of names, and of fields, are shown of a group."""

DIGITS = re.compile(r"\d+")


class Pattern(msgspec.Struct, frozen=True):
    """Changes whose names are alike but for their digits, in address order."""

    changes: Sequence[Change]

    @property
    def first(self) -> Change:
        """The change with the lowest number in its name."""
        return min(self.changes, key=_length)

    @property
    def last(self) -> Change:
        """The change with the highest number: s9 comes before s10 here."""
        return max(reversed(self.changes), key=_length)


def _length(change: Change) -> int:
    return len(change.address.sample) + len(change.address.name)


class Folded(msgspec.Struct, frozen=True):
    """The patterns of a group that are shown, and how much the others hold."""

    patterns: Sequence[Pattern]
    others: int = 0
    changes: int = 0


def fold(changes: Iterable[Change]) -> Folded:
    """Fold changes by the patterns of their names; the largest are shown.

    They stand in the order of their first changes, whatever their size.
    """
    found: dict[str, list[Change]] = {}
    for change in changes:
        name = DIGITS.sub("0", str(change.address))
        found.setdefault(name, []).append(change)
    patterns = [Pattern(those) for those in found.values()]
    largest = sorted(patterns, key=lambda item: -len(item.changes))[:MOST]
    shown = {id(item) for item in largest}
    rest = [item for item in patterns if id(item) not in shown]
    return Folded(
        patterns=[item for item in patterns if id(item) in shown],
        others=len(rest),
        changes=sum(len(item.changes) for item in rest),
    )


def fields_of(changes: Iterable[Change]) -> list[tuple[str, int]]:
    """Count in how many changes each field differs, most first; no deeper than keys.

    Nothing is compared in depth for it, so that it can be asked of any number.
    """
    counts = Counter(path for change in changes for path in _differing(change))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _differing(change: Change) -> Iterator[str]:
    if change.before is None or change.after is None:
        return
    before, after = fields(change.before), fields(change.after)
    for name in after.keys() - {"name"}:
        here, there = before.get(name), after[name]
        if isinstance(here, dict) and isinstance(there, dict):
            yield from (f"{name}.{key}" for key in _keys(here, there))
        elif name not in before or not same(here, there):
            yield name


def _keys(before: dict[str, Tree], after: dict[str, Tree]) -> Iterator[str]:
    for key in before.keys() | after.keys():
        there = key in before and key in after
        if not (there and same(before[key], after[key])):
            yield key

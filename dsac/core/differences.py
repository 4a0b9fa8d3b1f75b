"""What a diff of one dataset gathers: its changes, and what it counted on the way."""

from collections import Counter

import msgspec

from dsac.core.change import Change
from dsac.core.resources import Kind


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """All that a diff found in one dataset.

    `unchanged` counts by kind; `unmanaged` counts samples that are not ours and in
    no manifest, `kept` labels that people made, `unknown` files whose content on the
    platform could not be told. `left_out` counts the changes that were found and that
    nobody asked for. `errors` can't be planned around.
    """

    dataset: str
    changes: tuple[Change, ...] = ()
    unchanged: dict[Kind, int] = {}
    unmanaged: int = 0
    kept: int = 0
    unknown: int = 0
    owned: int = 0
    left_out: int = 0
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


MOST_ERRORS = 20
"""So many samples that can't be planned are named; the others are counted."""


class Tally:
    """Gathers what the parts of a diff find; frozen into `Differences` at the end."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.changes: list[Change] = []
        self.unchanged: Counter[Kind] = Counter()
        self.counts: Counter[str] = Counter()
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def add(self, change: Change) -> None:
        """Take a change, or count its resource as unchanged where it does nothing."""
        if change.actions:
            self.changes.append(change)
        else:
            self.unchanged[change.kind] += 1

    def refuse(self, error: str) -> None:
        """Take what is wrong with one sample of perhaps very many."""
        self.counts["refused"] += 1
        if self.counts["refused"] <= MOST_ERRORS:
            self.errors.append(error)

    def result(self) -> Differences:
        """Freeze what was gathered, changes in address order."""
        more = self.counts["refused"] - MOST_ERRORS
        if more > 0:
            self.errors.append(f"{self.dataset}: {more} more samples like these")
        return Differences(
            dataset=self.dataset,
            changes=tuple(sorted(self.changes, key=lambda item: item.address.order)),
            unchanged=dict(self.unchanged),
            unmanaged=self.counts["unmanaged"],
            kept=self.counts["kept"],
            unknown=self.counts["unknown"],
            owned=self.counts["owned"],
            warnings=tuple(self.warnings),
            errors=tuple(self.errors),
        )

"""Stages and shards: which changes of one saved plan which machine performs.

    prepare    datasets, label sets, collaborators, chains of renames     once
    samples    all else about samples that are created or stay            each shard
    finish     deletes, label set deletes, releases                       once

A sample belongs to one shard with its files and labels, by a stable hash of its name.
The renames of a chain wait for each other, and while one is under way a listing may
show a name twice: chains run before the shards do. Pure, and the same on each machine:
it depends on nothing but the plan as it was saved.
"""

import enum
import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dsac.core.change import Change
from dsac.core.resources import Address, Kind


class Stage(enum.StrEnum):
    """The stages, in their order."""

    PREPARE = "prepare"
    SAMPLES = "samples"
    FINISH = "finish"


_ORDER = tuple(Stage)


class Part(msgspec.Struct, frozen=True):
    """What one machine does of a plan: a stage, or a shard of one; both from 1 on."""

    stage: Stage
    shard: int = 1
    shards: int = 1

    def __str__(self) -> str:
        if self.stage is not Stage.SAMPLES:
            return f"stage {self.stage}"
        return f"stage {self.stage}, shard {self.shard} of {self.shards}"


def shard_of(name: str, shards: int) -> int:
    """Give the shard of a sample, from 1 on; the same everywhere and for ever.

    >>> shard_of("violet.jpg", 3), shard_of("violet.jpg", 1)
    (2, 1)
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % shards + 1


class Split:
    """Tells of each change of a plan in which stage and shard it is done.

    `changes` are all changes of the plan as it was saved: chains are seen in them even
    when half of one is done.
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        self._chained = frozenset(_chained(changes))

    def stage_of(self, change: Change) -> Stage:
        """Tell in which stage a change is done."""
        if change.kind in {Kind.SAMPLE, Kind.LABEL}:
            if change.kind is Kind.SAMPLE and change.is_delete:
                return Stage.FINISH
            where = (change.address.dataset, change.address.sample)
            return Stage.PREPARE if where in self._chained else Stage.SAMPLES
        if change.kind is Kind.RELEASE:
            return Stage.FINISH
        if change.kind is not Kind.COLLABORATOR and change.is_delete:
            return Stage.FINISH
        return Stage.PREPARE


class Share:
    """The share that a part of a plan has in it; without a part, all of it.

    `mine` are the addresses of what it performs, `earlier` of what must be done before
    it begins. What the other shards do may be under way: it is not `judged`.
    """

    def __init__(self, changes: Sequence[Change], part: Part | None) -> None:
        self.part = part
        if part is None:
            self.mine = frozenset(item.address for item in changes)
            self.earlier: frozenset[Address] = frozenset()
            return
        split = Split(changes)
        stages = [(item.address, split.stage_of(item)) for item in changes]
        rank = _ORDER.index(part.stage)
        self.earlier = frozenset(
            address for address, stage in stages if _ORDER.index(stage) < rank
        )
        self.mine = frozenset(
            address
            for address, stage in stages
            if stage is part.stage
            and (
                not self.is_shard or shard_of(address.sample, part.shards) == part.shard
            )
        )

    @property
    def is_shard(self) -> bool:
        """Whether others work on the same datasets at the same time."""
        return self.part is not None and self.part.stage is Stage.SAMPLES

    def is_judged(self, change: Change) -> bool:
        """Tell whether it insists on the state of an object: all else is at rest."""
        address = change.address
        return not self.is_shard or address in self.mine or address in self.earlier


def _chained(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """Name the samples, by dataset and new name, whose renames wait for each other."""
    renames = [change for change in changes if change.previous]
    before = {(item.address.dataset, item.previous) for item in renames}
    after = {(item.address.dataset, item.address.sample) for item in renames}
    for change in renames:
        dataset, name = change.address.dataset, change.address.sample
        if (dataset, name) in before or (dataset, change.previous) in after:
            yield dataset, name

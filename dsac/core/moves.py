"""Renames: which are still to be done, and in which order."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator

import msgspec

Pairs = Iterable[tuple[str, str]]


class Moves(msgspec.Struct, frozen=True):
    """The renames still to be done: the name before, by the name after.

    `by_content` has the names after of those that no manifest states; `notes` says
    where content alone could not tell.
    """

    pending: dict[str, str]
    errors: tuple[str, ...] = ()
    by_content: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def source_of(self, name: str) -> str:
        """Give the name under which a sample of the manifest is on the platform."""
        return self.pending.get(name, name)

    def reason(self, name: str) -> str:
        """Say why a sample is renamed to this name; empty where it is not."""
        if name in self.by_content:
            return f"same content as {self.pending[name]!r}, which left the manifest"
        return "listed in moved" if name in self.pending else ""

    @property
    def sources(self) -> frozenset[str]:
        """The names on the platform that will be given up."""
        return frozenset(self.pending.values())


def settle_moves(
    moved: Pairs, *, wanted: Container[str], there: Container[str]
) -> Moves:
    """Decide which renames are still to be done against what is there.

    A rename whose source is gone and whose target is there is done. A source that
    is itself the target of a finished rename is that rename's result, so a chain
    that ran to its end asks for nothing. A target that exists is free only if it is
    renamed away itself.

    Args:
        moved: The names before and after, of each rename.
        wanted: The names of the manifest's samples.
        there: The names of the samples on the platform.
    """
    moves = list(moved)
    errors = [*_contradictions(moves), *_misnamed(moves, wanted)]
    if errors:
        return Moves({}, tuple(errors))
    ordered = [move for wave in waves(moves) for move in wave]
    done = _done(ordered, there)
    pending: dict[str, str] = {}
    for source, after in ordered:
        if source not in there or source in done:
            continue
        if after in there and after not in pending.values():
            errors.append(
                f"moved: {source!r} can't become {after!r}, which exists on the "
                "platform; delete or rename one of the two there, or drop the move"
            )
            continue
        pending[after] = source
    return Moves(pending, tuple(errors))


def _contradictions(moves: list[tuple[str, str]]) -> Iterator[str]:
    """Name the renames that exclude each other: forks, collisions, cycles."""
    for place, clause in ((0, "is renamed"), (1, "is a new name")):
        for name, count in Counter(move[place] for move in moves).items():
            if count > 1:
                yield f"moved: {name!r} {clause} {count} times; keep one of them"
    after_of = dict(moves)
    ended: set[str] = set()
    for start in after_of:
        way: dict[str, None] = {}
        name = start
        while name in after_of and name not in ended and name not in way:
            way[name] = None
            name = after_of[name]
        if name in way:
            ring = [*list(way)[list(way).index(name) :], name]
            yield f"moved: {' -> '.join(map(repr, ring))} is a cycle; drop one of them"
        ended.update(way)


def _misnamed(moves: list[tuple[str, str]], wanted: Container[str]) -> Iterator[str]:
    """Name the renames that the manifest's own samples contradict."""
    targets = {after for _, after in moves}
    for source, after in moves:
        if after not in wanted:
            yield (
                f"moved: {after!r} is the new name of {source!r}, but no sample of "
                "the manifest is called so; write that sample, or drop the move"
            )
        if source in wanted and source not in targets:
            yield (
                f"moved: {source!r} became {after!r}, but the manifest still has a "
                f"sample {source!r}; drop the sample or the move"
            )


def _done(ordered: list[tuple[str, str]], there: Container[str]) -> frozenset[str]:
    """Name the sources whose renames are done, chains given last first."""
    source_of = {after: source for source, after in ordered}
    done: set[str] = set()
    for source, after in reversed(ordered):
        if after in there and (source not in there or source_of.get(source) in done):
            done.add(source)
    return frozenset(done)


def waves(renames: Pairs) -> list[list[tuple[str, str]]]:
    """Group (before, after) pairs so that each group may run at once, in order.

    A rename waits for the one that gives up its target. There must be no cycle.
    """
    moves = sorted(renames)
    source_of = {after: source for source, after in moves}
    after_of = dict(moves)
    group = [move for move in moves if move[1] not in after_of]
    result: list[list[tuple[str, str]]] = []
    while group:
        result.append(group)
        group = [
            (source_of[source], source) for source, _ in group if source in source_of
        ]
    return result

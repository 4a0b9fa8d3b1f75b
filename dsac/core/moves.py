"""Renames by `moved`: which are still to be done, and in which order."""

from collections.abc import Container, Iterable

import msgspec

Pairs = Iterable[tuple[str, str]]


class Moves(msgspec.Struct, frozen=True):
    """The renames still to be done: the name before, by the name after."""

    pending: dict[str, str]
    errors: tuple[str, ...] = ()

    def source_of(self, name: str) -> str:
        """Give the name under which a sample of the manifest is on the platform."""
        return self.pending.get(name, name)

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
    """
    moves = list(moved)
    before = {after: source for source, after in moves}
    pending: dict[str, str] = {}
    errors = []
    for source, after in _last_first(moves):
        if after not in wanted:
            errors.append(
                f"moved: {after!r} is the new name of {source!r}, but no sample of "
                "the manifest is called so"
            )
        if source not in there or _is_result(source, after, before, there):
            continue
        if after in there and after not in pending.values():
            errors.append(
                f"moved: {source!r} can't become {after!r}, which exists on the "
                "platform; delete or rename one of the two there, or drop the move"
            )
            continue
        pending[after] = source
    return Moves(pending, tuple(errors))


def _is_result(
    source: str, after: str, before: dict[str, str], there: Container[str]
) -> bool:
    earlier = before.get(source)
    return earlier is not None and earlier not in there and after in there


def _last_first(moves: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Order chains so that a name is given up before it is taken."""
    after_of = dict(moves)

    def depth(source: str) -> int:
        steps = 0
        while source in after_of:
            source = after_of[source]
            steps += 1
        return steps

    return sorted(moves, key=lambda move: (depth(move[0]), move[0]))


def waves(renames: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Group (before, after) pairs so that each group may run at once, in order."""
    moves = list(renames)
    result: list[list[tuple[str, str]]] = []
    taken = {source for source, _ in moves}
    for move in _last_first(moves):
        if (move[1] in taken and result) or move[1] in taken or not result:
            result.append([move])
        else:
            result[0].append(move)
    return result

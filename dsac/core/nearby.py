"""Which instances of two sides may be one under two ids: those in one place."""

from collections.abc import Iterator, Sequence
from itertools import islice

from dsac.core.geometry import Bounds, bounds
from dsac.core.instances import Id, Instance, Pixels

ALIKE = 0.5
"""Instances of two ids are one from this overlap (IoU) on."""

NEAR = 10.0
"""So are points and lines that lie no farther apart, in pixels."""

MANY = 5_000_000
"""More pairs than this are not looked at to find instances under other ids."""

MOST = 10_000
"""Of pairs that lie in one place so many are compared, which takes longer."""

AREAS = frozenset({"bbox", "polygon", "cuboid"})
LINES = frozenset({"polyline", "point"})

Pair = tuple[Instance, Instance]


def nearby(
    left: Sequence[Instance], right: Sequence[Instance], pixels: Pixels | None
) -> Iterator[Pair]:
    """Yield the pairs that are worth a comparison.

    Args:
        left: Instances before whose ids are gone.
        right: Instances afterwards whose ids are new.
        pixels: How many pixels have which ids on both sides, where that is known.
    """
    if len(left) * len(right) <= MANY:
        yield from _painted(left, right, pixels or {})
        yield from islice(_drawn(left, right), MOST)


def _painted(
    left: Sequence[Instance], right: Sequence[Instance], pixels: Pixels
) -> Iterator[Pair]:
    """Yield instances without a form that share pixels, which tell of all of them."""
    here: dict[Id, Instance] = {item.id: item for item in left if not item.form}
    there: dict[Id, Instance] = {item.id: item for item in right if not item.form}
    for before, after in pixels:
        if before in here and after in there:
            yield here[before], there[after]


def _drawn(left: Sequence[Instance], right: Sequence[Instance]) -> Iterator[Pair]:
    """Yield drawn instances whose boxes meet, found from left to right."""
    boxes = [(bounds(item.points), item) for item in right if item.points]
    boxes.sort(key=lambda pair: pair[0])
    for one in left:
        if not one.points:
            continue
        mine = bounds(one.points)
        end = mine[2] + NEAR
        for theirs, other in boxes:
            if theirs[0] > end:
                break
            if _may_be(one, mine, other, theirs):
                yield one, other


def _may_be(one: Instance, mine: Bounds, other: Instance, theirs: Bounds) -> bool:
    wide = min(mine[2], theirs[2]) - max(mine[0], theirs[0])
    high = min(mine[3], theirs[3]) - max(mine[1], theirs[1])
    if one.form in LINES:
        return one.form == other.form and min(wide, high) >= -NEAR
    if min(wide, high) <= 0 or other.form in LINES:
        return False
    if one.heights is not None or other.heights is not None:
        return True
    # No more can be shared than their boxes share, of no less than the larger one.
    largest = max(one.size or 0.0, other.size or 0.0)
    return wide * high >= ALIKE * largest * 0.999

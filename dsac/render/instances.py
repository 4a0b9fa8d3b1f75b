"""What differs in a label, in words: "instance 9 grew by 12 % (IoU 0.83)"."""

from collections.abc import Iterator, Sequence
from math import floor, isclose

from dsac.core.label_changes import How, InstanceChange, LabelDifference
from dsac.render.lines import Line, Style, counted, cut, safe

NAMED = 8
"""Of instances that came or went, so many are named; the others are counted."""

DOTS = frozenset({"pixels", "points"})
"""What an instance is made of that nobody drew with corners."""


def difference_lines(difference: LabelDifference) -> Iterator[Line]:
    """Yield a line for each instance that changed, one for all that came or went."""
    for item in difference.instances:
        if item.change is How.CHANGED:
            yield Line(f"      ~ {changed_instance(item)}", Style.CHANGE)
    for how, sign, style in (
        (How.ADDED, "+", Style.ADD),
        (How.REMOVED, "-", Style.DESTROY),
    ):
        those = [item for item in difference.instances if item.change is how]
        if those:
            yield Line(f"      {sign} {_came_or_went(those, how)}", style)
    if difference.problem:
        text = f"      (pixels are not compared: {safe(difference.problem)})"
        yield Line(text, Style.FAINT)


def changed_instance(item: InstanceChange) -> str:
    """Write what became of one instance."""
    name = name_of(item)
    parts = [part for part in (_renumbered(item), _class(item)) if part]
    shape = _shape(item)
    fields = f"with other {', '.join(map(safe, item.fields))}" if item.fields else ""
    if parts:
        return f"{name}: {', '.join(filter(None, (*parts, shape, fields)))}"
    if shape:
        return f"{name} {', '.join(filter(None, (shape, fields)))}"
    if fields:
        return f"{name}: {cut(fields)}"
    # Such as corners from another one on, or a line for a box that has no area.
    return f"{name} {'has other points in the same place' if item.iou else 'moved'}"


def name_of(item: InstanceChange) -> str:
    """Write which instance it is, and in which frame or sensor."""
    name = f"instance {cut(safe(str(item.id)))}"
    return f"{name} in {cut(safe(item.place))}" if item.place else name


def _renumbered(item: InstanceChange) -> str:
    if item.previous_id is None:
        return ""
    return f"was instance {cut(safe(str(item.previous_id)))}"


def _class(item: InstanceChange) -> str:
    before, after = item.category_before, item.category_after
    if before == after:
        return ""
    return f"{_named(before)} -> {_named(after)}"


def _named(category: str | None) -> str:
    return "(no category)" if category is None else cut(safe(category))


def _shape(item: InstanceChange) -> str:
    """Say how a shape differs: "grew by 12 % (IoU 0.83)", "moved by up to 4.5"."""
    if item.distance is not None:
        moved = f"moved by up to {item.distance:.3g}" if item.distance else ""
        return ", ".join(filter(None, (_resized(item), moved)))
    if item.iou is None or 0 in {item.size_before, item.size_after}:
        return _resized(item)
    if item.iou == 1:
        return ""
    how = _resized(item) or ("moved" if item.size_before else "changed")
    # Rounded down: 1.00 would say that nothing differs.
    return f"{how} (IoU {floor(item.iou * 100) / 100:.2f})"


def _resized(item: InstanceChange) -> str:
    before, after = item.size_before, item.size_after
    if before is None or after is None or isclose(before, after):
        return ""
    if not before or not after:
        dots = item.unit if item.unit in DOTS else None
        if before:
            return f"lost all its {dots}" if dots else "shrank to nothing"
        return f"got its first {dots}" if dots else "grew from nothing"
    percent = (after - before) / before * 100
    word = "grew" if percent > 0 else "shrank"
    size = abs(percent)
    return f"{word} by {size:.0f} %" if size >= 1 else f"{word} by less than 1 %"


def _came_or_went(items: Sequence[InstanceChange], how: How) -> str:
    named = ", ".join(_briefly(item) for item in items[:NAMED])
    rest = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return f"{counted(len(items), 'instance')} {how}: {named}{rest}"


def _briefly(item: InstanceChange) -> str:
    category = item.category_after or item.category_before
    inner = ", ".join(filter(None, (category, item.place)))
    name = cut(safe(str(item.id)))
    return f"{name} ({cut(safe(inner))})" if inner else name

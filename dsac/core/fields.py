"""What differs between two versions of a resource, field by field, for people."""

import enum
import re
from collections.abc import Iterator

import msgspec

from dsac.core.resources import Resource
from dsac.core.values import Tree, by_id, same


class Absent(enum.Enum):
    """Stands where a version has no such field; null is something else."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class FieldChange(msgspec.Struct, frozen=True):
    """One field that differs; `path` is dotted, with ids in brackets."""

    path: str
    before: "Tree | Absent"
    after: "Tree | Absent"


def field_changes(
    before: Resource | None, after: Resource | None
) -> tuple[FieldChange, ...]:
    """List the fields that differ between two versions of a resource, sorted.

    Equal branches are dropped and lists with ids are keyed by them before the rest
    is compared in depth, which on a label of thousands of annotations is the
    difference between milliseconds and seconds.
    """
    lists: list[FieldChange] = []
    left, right = _differing(fields(before), fields(after), (), lists)
    found = [*lists, *(_compare(left, right) if left or right else ())]
    return tuple(sorted(found, key=lambda item: _natural(item.path)))


def _natural(path: str) -> tuple[tuple[int, str], ...]:
    """Give a key that sorts [2] before [10]."""
    parts = re.split(r"(\d+)", path)
    return tuple((int(part) if part.isdigit() else -1, part) for part in parts)


def fields(resource: Resource | None) -> dict[str, Tree]:
    """Give the fields of a resource that are set, settings among the others."""
    if resource is None:
        return {}
    result: dict[str, Tree] = {}
    for name in resource.__struct_fields__:
        value = getattr(resource, name)
        if name == "settings":
            result.update(value)
        elif value is not msgspec.UNSET:
            result[name] = value
    return result


Keyed = dict[str, Tree]


Steps = tuple[str | int, ...]


def _keyed(before: Tree, after: Tree) -> tuple[Keyed, Keyed] | None:
    """Key the parts of two values of one kind, so that like is compared with like.

    Lists are keyed by the ids of their items, else by index; where items were put in
    or taken out in one place, only those. None: only the whole can be shown.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return before, after
    if not (isinstance(before, list) and isinstance(after, list)):
        return None
    here, there = by_id(before), by_id(after)
    if here and there:
        return _bracketed(here), _bracketed(there)
    if len(before) == len(after):
        return _indexed(before, 0, len(before)), _indexed(after, 0, len(after))
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    if start + end < min(len(before), len(after)):
        return None
    return (
        _indexed(before, start, len(before) - end),
        _indexed(after, start, len(after) - end),
    )


def _bracketed(items: Keyed) -> Keyed:
    return {f"[{key}]": item for key, item in items.items()}


def _indexed(items: list[Tree], start: int, end: int) -> Keyed:
    return {f"[{index}]": items[index] for index in range(start, end)}


def _alike(before: list[Tree], after: list[Tree]) -> int:
    """Count the items at the beginning of two lists that are the same."""
    count = 0
    for left, right in zip(before, after, strict=False):
        if not same(left, right):
            break
        count += 1
    return count


def _differing(
    before: Keyed, after: Keyed, path: Steps, lists: list[FieldChange]
) -> tuple[Keyed, Keyed]:
    """Give what differs of two objects; lists that differ as a whole go to `lists`."""
    left = {key: item for key, item in before.items() if key not in after}
    right = {key: item for key, item in after.items() if key not in before}
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if same(old, new):
            continue
        inner = _keyed(old, new)
        if inner is not None:
            left[key], right[key] = _differing(*inner, (*path, key), lists)
        elif isinstance(old, list) and isinstance(new, list):
            lists.append(FieldChange(dotted([*path, key]), old, new))
        else:
            left[key], right[key] = old, new
    return left, right


def _compare(before: Keyed, after: Keyed) -> Iterator[FieldChange]:
    from deepdiff import DeepDiff

    delta = DeepDiff(
        before,
        after,
        view="tree",
        threshold_to_diff_deeper=0,
        verbose_level=2,
        ignore_private_variables=False,
    )
    for kind, items in delta.items():
        for item in items:
            path = dotted(item.path(output_format="list"))
            added, removed = kind.endswith("_added"), kind.endswith("_removed")
            yield FieldChange(
                path,
                ABSENT if added else item.t1,
                ABSENT if removed else item.t2,
            )


def dotted(path: list[str | int]) -> str:
    """Write a path as people read it: metadata.city, annotations[7].category_id."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.startswith("[") or not text:
            text += step
        else:
            text += f".{step}"
    return text

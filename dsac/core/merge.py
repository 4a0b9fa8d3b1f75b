"""A resource's fields before and after a manifest was laid over them."""

from collections.abc import Container, Iterable
from fnmatch import fnmatchcase

from msgspec import UNSET, UnsetType

from dsac.core.marker import stuck_key
from dsac.core.values import Json, Tree, covers, overlay, without_nulls

Attributes = dict[str, Tree] | UnsetType
Metadata = dict[str, Json] | UnsetType | None


def overlaid(
    have: Attributes, stated: Attributes, *, ignored: bool = False
) -> tuple[Attributes, Attributes]:
    """Give attributes before and after; the same object where nothing differs."""
    if isinstance(stated, UnsetType):
        return UNSET, UNSET
    before: dict[str, Tree] = {} if isinstance(have, UnsetType) else have
    if ignored or covers(before, stated):
        return before, before
    laid = {key: overlay(before.get(key), item) for key, item in stated.items()}
    return before, {**before, **laid}


def merged(
    have: Metadata,
    stated: Metadata,
    *,
    ignored: Iterable[str] = (),
    stuck: Container[str] = (),
) -> tuple[Metadata, Metadata]:
    """Give metadata before and after: key by key, a null removes, None clears all.

    The same object where nothing differs.

    Args:
        have: What is there.
        stated: What the manifest says.
        ignored: Patterns of fields that are left alone.
        stuck: Keys of `dsac.core.marker.stuck_key`; what could not be removed stays.
    """
    if isinstance(stated, UnsetType) or ignores(ignored, "metadata"):
        return UNSET, UNSET
    before = {} if isinstance(have, UnsetType) or have is None else have
    wanted = dict.fromkeys(before) if stated is None else stated
    differing = {
        key: overlay(before.get(key), value)
        for key, value in wanted.items()
        if not ignores(ignored, f"metadata.{key}")
        and not covers(before.get(key), value)
        and not (value is None and stuck_key(key, before.get(key)) in stuck)
    }
    if not differing:
        return before, before
    return before, without_nulls({**before, **differing})


def ignores_content(patterns: Iterable[str]) -> bool:
    """Tell whether `ignore_changes` names what a sample shows, by either name."""
    return any(ignores(patterns, field) for field in ("attributes", "image"))


def ignores_label(patterns: Iterable[str], labelset: str, field: str) -> bool:
    """Tell whether `ignore_changes` names a field of the labels of a set, or more."""
    names = ("labels", f"labels.{labelset}", f"labels.{labelset}.{field}")
    return any(ignores(patterns, name) for name in names)


def ignores(patterns: Iterable[str], field: str) -> bool:
    """Tell whether `ignore_changes` names a field, by name or by glob."""
    return any(fnmatchcase(field, pattern) for pattern in patterns)

"""Merging: metadata key by key, attributes by overlay, ignored fields."""

import pytest
from msgspec import UNSET, UnsetType

from dsac.core.marker import stuck_key
from dsac.core.merge import ignores, merged, overlaid
from dsac.core.values import Json, Tree

Metadata = dict[str, Json] | UnsetType | None


@pytest.mark.parametrize(
    ("have", "stated", "after"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": 1, "b": 2}, {"b": None}, {"a": 1}),
        ({"a": 1}, {"b": None}, {"a": 1}),
        ({"a": 1}, None, {}),
        ({"a": 1}, {}, {"a": 1}),
        (UNSET, {"a": 1}, {"a": 1}),
        (None, None, {}),
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}, {"a": {"x": 3, "y": 2}}),
    ],
)
def test_metadata_is_merged_key_by_key(
    have: Metadata, stated: Metadata, after: Metadata
) -> None:
    found = merged(have, stated)[1]
    assert repr(found) == repr(after)


def test_metadata_that_is_not_stated_is_not_touched() -> None:
    assert merged({"a": 1}, UNSET) == (UNSET, UNSET)


@pytest.mark.parametrize("stated", [{"a": 1}, {"z": None}, {}])
def test_metadata_that_does_not_differ_is_the_same_object(
    stated: dict[str, Json],
) -> None:
    before, after = merged({"a": 1, "b": 2}, stated)
    assert before is after


@pytest.mark.parametrize("pattern", ["metadata", "meta*", "*"])
def test_ignored_metadata_is_not_touched(pattern: str) -> None:
    assert merged({"a": 1}, {"a": 2}, ignored=[pattern]) == (UNSET, UNSET)


def test_an_ignored_key_stays_when_others_change_and_when_all_are_cleared() -> None:
    ignored = ["metadata.a"]
    assert merged({"a": 1, "b": 1}, {"a": 2, "b": 2}, ignored=ignored)[1] == {
        "a": 1,
        "b": 2,
    }
    assert merged({"a": 1, "b": 1}, None, ignored=ignored)[1] == {"a": 1}


@pytest.mark.parametrize(
    ("stated", "after"),
    [
        (None, {"a": 1}),
        ({"a": None, "b": None}, {"a": 1}),
        ({"a": 2, "b": None}, {"a": 2}),
        ({"b": None}, {"a": 1}),
    ],
)
def test_what_the_platform_does_not_let_go_is_no_difference(
    stated: dict[str, Json] | None, after: dict[str, Json]
) -> None:
    stuck = {stuck_key("a", 1)}
    assert merged({"a": 1, "b": 1}, stated, stuck=stuck)[1] == after
    assert merged({"a": 2, "b": 1}, {"a": None}, stuck=stuck)[1] == {"b": 1}
    before, same = merged({"a": 1}, {"a": None}, stuck=stuck)
    assert before is same


def test_attributes_keep_what_is_not_stated() -> None:
    have: dict[str, Tree] = {"image": {"url": "a", "row": 1}, "more": 1}
    before, after = overlaid(have, {"image": {"url": "b"}})
    assert before is have
    assert after == {"image": {"url": "b", "row": 1}, "more": 1}


def test_attributes_that_do_not_differ_are_the_same_object() -> None:
    before, after = overlaid({"a": 1, "b": 2}, {"a": 1})
    assert before is after


def test_ignored_and_unstated_attributes_are_not_touched() -> None:
    before, after = overlaid({"a": 1}, {"a": 2}, ignored=True)
    assert before is after
    assert overlaid({"a": 1}, UNSET) == (UNSET, UNSET)


def test_attributes_are_laid_over_nothing_where_none_are_told() -> None:
    assert overlaid(UNSET, {"a": 1}) == ({}, {"a": 1})


def test_a_field_is_ignored_by_name_or_glob() -> None:
    assert ignores(["priority", "enable_*"], "enable_ratings")
    assert not ignores(["priority"], "priority2")
    assert not ignores([], "priority")

"""What differs between two versions of a resource, field by field."""

import copy
import itertools
from collections.abc import Iterator
from typing import Any, TypeAlias

import deepdiff
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsac.core.fields import ABSENT, Absent, FieldChange, dotted, field_changes, fields
from dsac.core.resources import Label, Sample
from dsac.core.values import Json, Tree, same
from tests.factories import make_annotations, make_dataset, make_sample
from tests.strategies import SAMPLES, SCALARS

Side: TypeAlias = "Tree | Absent"
Row: TypeAlias = "tuple[str, Side, Side]"


def rows(before: dict[str, Json] | None, after: dict[str, Json] | None) -> list[Row]:
    """List the changes of a sample's metadata, without the head of their paths."""
    found = field_changes(make_sample(metadata=before), make_sample(metadata=after))
    return [
        (item.path.removeprefix("metadata"), item.before, item.after) for item in found
    ]


def label(annotations: list[Tree]) -> Label:
    return Label(attributes={"annotations": annotations})


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how large the trees are that DeepDiff is given, in characters."""
    sizes: list[int] = []

    class Measured(deepdiff.DeepDiff):
        # Any: the options of DeepDiff, handed on as they are.
        def __init__(self, before: object, after: object, **options: Any) -> None:
            sizes.append(len(repr(before)) + len(repr(after)))
            super().__init__(before, after, **options)

    monkeypatch.setattr(deepdiff, "DeepDiff", Measured)
    return sizes


def test_only_the_leaf_that_differs_among_2000_annotations_is_compared(
    compared: list[int],
) -> None:
    before, after = make_annotations(2000), make_annotations(2000)
    after[6] = {"id": 7, "category_id": 2}
    found = field_changes(label(before), label(after))
    assert found == (FieldChange("attributes.annotations[7].category_id", 1, 2),)
    assert compared[0] < 200


def test_an_annotation_put_in_front_of_2000_others_is_one_change(
    compared: list[int],
) -> None:
    first: Tree = {"id": 9999, "category_id": 3}
    found = field_changes(
        label(make_annotations(2000)), label([first, *make_annotations(2000)])
    )
    assert found == (FieldChange("attributes.annotations[9999]", ABSENT, first),)
    assert compared[0] < 200


def test_an_annotation_that_left_is_named_by_its_id() -> None:
    found = field_changes(label(make_annotations(3)), label(make_annotations(2)))
    gone: Tree = {"id": 3, "category_id": 1}
    assert found == (FieldChange("attributes.annotations[3]", gone, ABSENT),)


def test_a_renamed_key_is_one_that_came_and_one_that_went() -> None:
    assert rows({"x": {"a": 1}}, {"x": {"b": 1}}) == [
        (".x.a", 1, ABSENT),
        (".x.b", ABSENT, 1),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [*itertools.permutations(({"k": 1}, {"k": True}, {"k": "1"}, {"k": None}, {}), 2)],
)
def test_one_true_text_null_and_absent_are_five_different_things(
    before: dict[str, Json], after: dict[str, Json]
) -> None:
    (row,) = rows(before, after)
    assert row[0] == ".k"
    assert repr(row[1]) == repr(before.get("k", ABSENT))
    assert repr(row[2]) == repr(after.get("k", ABSENT))


def test_metadata_that_is_cleared_is_null_and_not_absent() -> None:
    assert rows({"a": 1}, None) == [("", {"a": 1}, None)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1, 2], [1, 2, 3], (".l[2]", ABSENT, 3)),
        ([1, 2], [1], (".l[1]", 2, ABSENT)),
        ([[1], [2]], [[1], [3]], (".l[1][0]", 2, 3)),
        ([{"a": 1}], [{"a": 2}], (".l[0].a", 1, 2)),
        ([], {}, (".l", [], {})),
        ([1], [True], (".l[0]", 1, True)),
        ([1, 2, 3], [9, 1, 2, 3], (".l[0]", ABSENT, 9)),
        ([1, 2, 3], [1, 3], (".l[1]", 2, ABSENT)),
        ([1, 2, 3], [7, 8], (".l", [1, 2, 3], [7, 8])),
    ],
)
def test_lists_without_ids_go_item_by_item(
    before: Json, after: Json, expected: Row
) -> None:
    assert rows({"l": before}, {"l": after}) == [expected]


def test_rows_are_in_the_order_in_which_people_count() -> None:
    before: list[Json] = [{"id": key, "n": 1} for key in (2, 10)]
    after: list[Json] = [{"id": key, "n": 2} for key in (2, 10)]
    found = rows({"l": before}, {"l": after})
    assert [path for path, _, _ in found] == [".l[2].n", ".l[10].n"]


def test_a_version_without_a_field_does_not_speak_of_it() -> None:
    assert field_changes(make_sample(priority=1), make_sample()) == (
        FieldChange("priority", 1, ABSENT),
    )


def test_settings_stand_among_a_datasets_own_fields() -> None:
    found = field_changes(
        make_dataset(settings={"public": False}), make_dataset(settings={"readme": ""})
    )
    assert found == (
        FieldChange("public", False, ABSENT),  # noqa: FBT003 - a value, no flag
        FieldChange("readme", ABSENT, ""),
    )


def test_what_is_created_or_deleted_has_all_its_fields_on_one_side() -> None:
    sample = make_sample(priority=3)
    assert fields(None) == {}
    assert field_changes(None, None) == ()
    assert [item.before for item in field_changes(None, sample)] == [ABSENT] * 2
    assert [item.after for item in field_changes(sample, None)] == [ABSENT] * 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (["metadata", "city"], "metadata.city"),
        (["attributes", "annotations", "[7]", "id"], "attributes.annotations[7].id"),
        (["attributes", "points", 0, 1], "attributes.points[0][1]"),
    ],
)
def test_paths_are_dotted_with_ids_and_indexes_in_brackets(
    path: list[str | int], text: str
) -> None:
    assert dotted(path) == text


OBJECTS = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


def leaves(before: Tree, after: Tree, path: str) -> Iterator[Row]:
    """Compare two values the slow and obvious way."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if not same(before, after):
            yield path, before, after
        return
    for key in sorted(before.keys() | after.keys()):
        here = f"{path}.{key}"
        if key not in before:
            yield here, ABSENT, after[key]
        elif key not in after:
            yield here, before[key], ABSENT
        else:
            yield from leaves(before[key], after[key], here)


@given(
    st.dictionaries(st.sampled_from("abcd"), OBJECTS),
    st.dictionaries(st.sampled_from("abcd"), OBJECTS),
)
def test_the_fields_of_objects_are_those_that_the_obvious_way_finds(
    before: dict[str, Json], after: dict[str, Json]
) -> None:
    expected = sorted(leaves(before, after, ""), key=lambda row: row[0])
    assert repr(rows(before, after)) == repr(expected)


@given(SAMPLES)
def test_a_version_has_no_changes_to_itself(sample: Sample) -> None:
    assert field_changes(sample, copy.deepcopy(sample)) == ()


def test_a_key_with_two_underscores_in_front_is_compared() -> None:
    assert rows({"__a": 1}, {"__a": 2}) == [(".__a", 1, 2)]

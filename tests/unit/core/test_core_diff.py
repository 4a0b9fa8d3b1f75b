"""The differences of a dataset itself: fields, categories, adoption."""

import pytest
from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.resources import (
    Dataset,
    Desired,
    Kind,
    Lifecycle,
    RemoteDataset,
)
from dsac.core.values import Json, Tree

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE, prevent_destroy=True)
THEIRS = Marker(project="q", dataset=JANE)
CLONED = Marker(project="q", dataset="jane/original")
NEWER = Marker(project="", dataset="", known=False)
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
TAKING = structs.replace(SCOPE, take_over=frozenset({"q"}))


def desired(dataset: Dataset | None = None, **more: object) -> Desired:
    empty = Desired(dataset=dataset or Dataset(name=JANE))
    return structs.replace(empty, **more)


def remote(
    dataset: Dataset | None = None, marker: Marker | None = OURS, **more: object
) -> RemoteDataset:
    keep = UNSET if marker is None else marker.prevent_destroy
    there = structs.replace(dataset or Dataset(name=JANE), prevent_destroy=keep)
    return structs.replace(RemoteDataset(dataset=there, marker=marker), **more)


def found(want: Desired, have: RemoteDataset | None) -> Differences:
    return diff(want, have, scope=SCOPE)


def only(part: Differences) -> Change:
    assert part.errors == ()
    (change,) = part.changes
    return change


def test_a_dataset_that_is_not_there_is_created_with_its_guard() -> None:
    change = only(found(desired(), None))
    assert change.actions == (Action.CREATE,)
    assert change.reason == "does not exist or is not visible to the key's user"
    assert change.owned
    assert change.after == Dataset(name=JANE, prevent_destroy=True)


def test_a_dataset_without_a_marker_is_created_unowned() -> None:
    change = only(found(desired(lifecycle=Lifecycle(marker=False)), None))
    assert not change.owned
    assert change.after == Dataset(name=JANE)


def test_fields_that_are_not_stated_are_left_alone() -> None:
    there = Dataset(
        name=JANE,
        task_type="vector",
        task_attributes={"categories": [{"id": 1, "name": "rose"}]},
        settings={"readme": "x"},
        metadata={"a": 1},
    )
    part = found(desired(), remote(there))
    assert part.changes == ()
    assert part.unchanged == {Kind.DATASET: 1}


@pytest.mark.parametrize(
    ("there", "stated"),
    [(1, True), (True, 1), ("1", 1), ("", None), (None, ""), (False, 0), ("x", None)],
)
def test_a_setting_that_differs_in_canonical_form_is_a_change(
    there: Json, stated: Json
) -> None:
    change = only(
        found(
            desired(Dataset(name=JANE, settings={"public": stated})),
            remote(Dataset(name=JANE, settings={"public": there})),
        )
    )
    assert change.actions == (Action.UPDATE,)


def test_a_null_that_is_absent_already_is_no_change() -> None:
    want = Dataset(name=JANE, settings={"region_of_interest": None})
    assert found(desired(want), remote()).changes == ()


def test_metadata_that_python_takes_for_equal_is_a_change() -> None:
    change = only(
        found(
            desired(Dataset(name=JANE, metadata={"a": True})),
            remote(Dataset(name=JANE, metadata={"a": 1})),
        )
    )
    assert change.actions == (Action.UPDATE,)


def test_categories_keep_the_keys_that_are_not_stated() -> None:
    have: dict[str, Tree] = {
        "format_version": "0.1",
        "categories": [
            {
                "id": 1,
                "name": "rose",
                "color": [1, 2, 3],
                "attributes": [{"name": "ripe", "is_mandatory": True, "values": ["y"]}],
            }
        ],
    }
    want: dict[str, Tree] = {
        "categories": [
            {"id": 1, "attributes": [{"name": "ripe", "values": ["y", "n"]}]},
            {"id": 2, "name": "violet"},
        ]
    }
    change = only(
        found(
            desired(Dataset(name=JANE, task_attributes=want)),
            remote(Dataset(name=JANE, task_attributes=have)),
        )
    )
    assert isinstance(change.after, Dataset)
    assert change.after.task_attributes == {
        "format_version": "0.1",
        "categories": [
            {
                "id": 1,
                "name": "rose",
                "color": [1, 2, 3],
                "attributes": [
                    {"name": "ripe", "is_mandatory": True, "values": ["y", "n"]}
                ],
            },
            {"id": 2, "name": "violet"},
        ],
    }


@pytest.mark.parametrize(
    "pattern",
    ["task_type", "task_attributes", "categories", "enable_*", "metadata.a"],
)
def test_ignored_fields_are_left_alone_and_others_are_not(pattern: str) -> None:
    want = Dataset(
        name=JANE,
        task_type="vector",
        task_attributes={"categories": [{"id": 1, "name": "rose"}]},
        settings={"enable_ratings": True},
        metadata={"a": 1},
    )
    have = Dataset(name=JANE, task_type="bboxes")
    every = ("task_type", "task_attributes", "enable_*", "metadata.a")
    alone = desired(want, lifecycle=Lifecycle(ignore_changes=every))
    assert found(alone, remote(have)).changes == ()
    some = desired(want, lifecycle=Lifecycle(ignore_changes=(pattern,)))
    assert only(found(some, remote(have))).actions == (Action.UPDATE,)


def test_taking_the_guard_off_is_a_change_of_its_own() -> None:
    want = desired(lifecycle=Lifecycle(prevent_destroy=False))
    change = only(found(want, remote()))
    assert change.actions == (Action.UPDATE,)
    assert isinstance(change.after, Dataset)
    assert change.after.prevent_destroy is False


def test_without_a_marker_the_guard_is_no_difference() -> None:
    lifecycle = Lifecycle(prevent_destroy=False, marker=False)
    assert found(desired(lifecycle=lifecycle), remote()).changes == ()


class TestAdoption:
    """Datasets that are there without our marker."""

    CHANGED = Dataset(name=JANE, settings={"readme": "new"})

    @pytest.mark.parametrize("marker", [None, CLONED])
    def test_what_changes_anyway_is_marked(self, marker: Marker | None) -> None:
        change = only(found(desired(self.CHANGED), remote(marker=marker)))
        assert change.actions == (Action.ADOPT, Action.UPDATE)
        assert not change.owned
        assert isinstance(change.after, Dataset)
        assert change.after.prevent_destroy is True

    @pytest.mark.parametrize("marker", [None, CLONED])
    def test_what_does_not_change_is_left_unmarked(self, marker: Marker | None) -> None:
        part = found(desired(), remote(marker=marker))
        assert part.changes == ()

    def test_all_is_marked_if_so_wished(self) -> None:
        want = desired(lifecycle=Lifecycle(adopt="all"))
        assert only(found(want, remote(marker=None))).actions == (Action.ADOPT,)

    def test_none_makes_it_an_error(self) -> None:
        want = desired(lifecycle=Lifecycle(adopt="none"))
        part = found(want, remote(marker=None))
        assert part.changes == ()
        assert "jane/flowers exists already and is not managed" in part.errors[0]

    def test_without_markers_nothing_is_adopted(self) -> None:
        lifecycle = Lifecycle(adopt="all", marker=False)
        want = desired(self.CHANGED, lifecycle=lifecycle)
        change = only(found(want, remote(marker=None)))
        assert change.actions == (Action.UPDATE,)
        assert not change.owned

    def test_what_another_project_marked_is_an_error(self) -> None:
        part = found(desired(self.CHANGED), remote(marker=THEIRS))
        assert part.changes == ()
        assert "managed by project 'q', not by 'p'" in part.errors[0]
        assert "--take-over q" in part.errors[0]

    @pytest.mark.parametrize("scope", [SCOPE, TAKING])
    def test_what_a_newer_version_marked_is_an_error(self, scope: Scope) -> None:
        part = diff(desired(), remote(marker=NEWER), scope=scope)
        assert "a newer dsac manages it" in part.errors[0]

    @pytest.mark.parametrize("adopt", ["changed", "all", "none"])
    def test_what_is_taken_over_is_marked_at_once(self, adopt: str) -> None:
        want = desired(lifecycle=Lifecycle(adopt=adopt))
        change = only(diff(want, remote(marker=THEIRS), scope=TAKING))
        assert change.actions == (Action.ADOPT,)

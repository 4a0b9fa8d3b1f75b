"""Datasets that shall go: whose they must be, and who may ask for it."""

import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.removal import Asked, diff_removal
from dsac.core.resources import (
    Dataset,
    Desired,
    Lifecycle,
    RemoteDataset,
    RemoteSample,
    Sample,
)

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
THEIRS = Marker(project="q", dataset=JANE)
CLONED = Marker(project="q", dataset="jane/original")
NEWER = Marker(project="", dataset="", known=False)
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
TAKING = structs.replace(SCOPE, take_over=frozenset({"q"}))
EVERYBODY = list(Asked)


def rows(*markers: Marker | None) -> dict[str, RemoteSample]:
    return {
        f"s{number}": RemoteSample(
            uuid=f"u{number}", sample=Sample(name=f"s{number}"), marker=marker
        )
        for number, marker in enumerate(markers)
    }


def remote(marker: Marker | None = OURS, *samples: Marker | None) -> RemoteDataset:
    return RemoteDataset(
        dataset=Dataset(name=JANE, prevent_destroy=False),
        marker=marker,
        samples=rows(*samples),
    )


def removal(
    have: RemoteDataset | None,
    *,
    asked: Asked = Asked.IN_REMOVED,
    scope: Scope = SCOPE,
    lifecycle: Lifecycle | None = None,
) -> Differences:
    desired = None
    if lifecycle is not None:
        desired = Desired(dataset=Dataset(name=JANE), lifecycle=lifecycle)
    return diff_removal(JANE, have, scope=scope, asked=asked, desired=desired)


def only(part: Differences) -> Change:
    assert part.errors == ()
    (change,) = part.changes
    return change


@pytest.mark.parametrize("asked", EVERYBODY)
def test_ours_goes_with_its_samples_whoever_made_them(asked: Asked) -> None:
    part = removal(remote(OURS, OURS, None, CLONED), asked=asked)
    change = only(part)
    assert (change.is_delete, change.owned) == (True, True)
    assert (change.covers, part.owned) == (3, 3)
    assert change.reason == str(asked)


@pytest.mark.parametrize("asked", EVERYBODY)
def test_what_is_gone_is_an_error_only_where_it_was_named(asked: Asked) -> None:
    part = removal(None, asked=asked)
    assert part.changes == ()
    assert bool(part.errors) == (asked is Asked.BY_NAME)
    assert all("is not visible to the key's user" in error for error in part.errors)


@pytest.mark.parametrize("asked", [Asked.BY_NAME, Asked.IN_REMOVED])
@pytest.mark.parametrize("marker", [None, CLONED])
def test_what_is_nobodys_is_refused_where_it_was_named(
    marker: Marker | None, asked: Asked
) -> None:
    part = removal(remote(marker), asked=asked)
    assert part.changes == ()
    assert "is not managed by dsac" in part.errors[0]


@pytest.mark.parametrize("marker", [None, CLONED])
def test_what_is_nobodys_stays_where_everything_shall_go(
    marker: Marker | None,
) -> None:
    part = removal(remote(marker, None), asked=Asked.WITH_ALL)
    assert (part.changes, part.errors, part.unmanaged) == ((), (), 1)
    assert part.warnings == ("jane/flowers is not managed by dsac, and stays",)


@pytest.mark.parametrize("asked", EVERYBODY)
@pytest.mark.parametrize(
    ("marker", "message"),
    [(THEIRS, "managed by project 'q'"), (NEWER, "a newer dsac manages it")],
)
def test_what_is_anothers_is_refused(
    marker: Marker, message: str, asked: Asked
) -> None:
    part = removal(remote(marker), asked=asked)
    assert part.changes == ()
    assert message in part.errors[0]


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ((OURS, THEIRS), "jane/flowers:s1 is managed by project 'q'"),
        ((THEIRS, NEWER, OURS), "; so it is with 1 more samples"),
        ((NEWER,), "a newer dsac manages it"),
    ],
)
def test_what_another_keeps_in_a_dataset_of_ours_is_not_deleted_with_it(
    samples: tuple[Marker, ...], message: str
) -> None:
    part = removal(remote(OURS, *samples))
    assert part.changes == ()
    assert part.errors[0].startswith("jane/flowers can't be deleted: ")
    assert message in part.errors[0]


def test_what_is_taken_over_may_go() -> None:
    assert only(removal(remote(THEIRS, THEIRS), scope=TAKING)).is_delete


@pytest.mark.parametrize("field", ["complete", "samples_read"])
def test_nothing_goes_while_the_listing_is_not_complete(field: str) -> None:
    part = removal(structs.replace(remote(), **{field: False}))
    assert part.changes == ()
    assert "can't be deleted" in part.errors[0]


@pytest.mark.parametrize(
    ("lifecycle", "kept"),
    [
        (None, False),
        (Lifecycle(prevent_destroy=False), False),
        (Lifecycle(prevent_destroy=True), True),
    ],
)
def test_the_manifests_guard_counts_before_it_is_applied(
    lifecycle: Lifecycle | None, *, kept: bool
) -> None:
    part = removal(remote(), asked=Asked.WITH_ALL, lifecycle=lifecycle)
    before = only(part).before
    assert isinstance(before, Dataset)
    assert before.prevent_destroy is kept

"""Drift: a plan read backwards, people's labels left out."""

import msgspec
import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.drift import (
    Drift,
    DriftCounts,
    Drifted,
    Drifting,
    DriftPart,
    drift_of,
)
from dsac.core.labels import Machines
from dsac.core.ownership import Scope
from dsac.core.removal import Asked, diff_removal
from dsac.core.resources import (
    Address,
    Desired,
    DesiredSample,
    Label,
    Labelset,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
)
from dsac.core.shown_drift import drift_from, shown_drift
from dsac.errors import PlanError
from tests.factories import (
    JANE,
    PROJECT,
    make_dataset,
    make_desired,
    make_label,
    make_remote,
    make_remote_sample,
    make_sample,
)
from tests.golden.cases import DRIFTS

MACHINES = Machines(frozenset({"jane", "ci-bot"}))
SCOPE = Scope(project=PROJECT, machines=MACHINES)
ROW = DesiredSample(sample=make_sample(priority=1))


def drift(desired: Desired, remote: RemoteDataset | None) -> DriftPart:
    part = diff(desired, remote, scope=SCOPE)
    return drift_of(part, desired, remote, machines=MACHINES)


def sample(priority: int = 2) -> RemoteSample:
    row = make_remote_sample(make_sample(priority=priority))
    return structs.replace(row, created_by="bob", created_at="then")


PREDICTIONS = Labelset(name="predictions")


def labelled(label: Label | None, *, author: str = "") -> RemoteDataset:
    found = label and RemoteLabel(
        label=label, created_by="jane", updated_by=author, updated_at="then"
    )
    remote = make_remote(structs.replace(sample(1), labels={"predictions": found}))
    return structs.replace(remote, labelsets=(PREDICTIONS,))


def test_a_changed_field_is_told_from_the_manifests_side() -> None:
    (item,) = drift(make_desired(ROW), make_remote(sample())).objects
    assert item.how == (Drifting.CHANGED,)
    assert item.before == make_sample(priority=1)
    assert item.after == make_sample(priority=2)
    assert (item.created_by, item.created_at) == ("bob", "then")
    assert (item.updated_by, item.updated_at) == (None, None)


def test_what_is_gone_is_missing_and_nobody_is_named() -> None:
    (item,) = drift(make_desired(ROW), make_remote()).objects
    assert (item.how, item.after) == ((Drifting.MISSING,), None)
    assert item.created_by is None


def test_what_is_ours_and_in_no_manifest_appeared() -> None:
    (item,) = drift(make_desired(), make_remote(sample())).objects
    assert (item.how, item.before) == ((Drifting.APPEARED,), None)
    assert item.created_by == "bob"
    assert item.reason == "not in the manifest"


def test_what_nobody_manages_is_none() -> None:
    remote = make_remote(structs.replace(sample(), marker=None))
    assert drift(make_desired(), remote).objects == ()


def test_a_mark_to_be_made_is_none_and_counts_as_the_same() -> None:
    remote = make_remote(structs.replace(sample(1), marker=None))
    lifecycle = Lifecycle(adopt="all")
    found = drift(make_desired(ROW, lifecycle=lifecycle), remote)
    assert found == DriftPart((), kept=0, same=1)


def test_a_rename_may_come_with_a_change() -> None:
    desired = structs.replace(
        make_desired(DesiredSample(sample=make_sample("new.jpg", priority=1))),
        moved=(("violet.jpg", "new.jpg"),),
    )
    (item,) = drift(desired, make_remote(sample())).objects
    assert item.how == (Drifting.RENAMED, Drifting.CHANGED)
    assert item.after is not None
    assert str(item.address) == "jane/flowers:new.jpg"


@pytest.mark.parametrize("annotations", [1, 2])
def test_a_label_that_a_person_wrote_is_kept(annotations: int) -> None:
    row = structs.replace(ROW, labels={"predictions": make_label()})
    remote = labelled(make_label(annotations=annotations), author="bob")
    for rows in ((row,), (ROW,)):
        desired = make_desired(*rows, labelsets={"predictions": "manifest"})
        found = drift(desired, remote)
        assert found.objects == ()
        # Where it is as the manifest says, there is nothing to keep.
        assert found.kept == (0 if annotations == 1 and rows == (row,) else 1)


def test_a_label_of_a_machine_names_who_wrote_it_last() -> None:
    row = structs.replace(ROW, labels={"predictions": make_label()})
    desired = make_desired(row, labelsets={"predictions": "manifest"})
    remote = labelled(make_label(annotations=2), author="ci-bot")
    (item,) = drift(desired, remote).objects
    assert item.address == Address.label(JANE, "violet.jpg", "predictions")
    assert (item.created_by, item.updated_by, item.updated_at) == (
        "jane",
        "ci-bot",
        "then",
    )
    remote = labelled(make_label(annotations=2), author="")
    (item,) = drift(desired, remote).objects
    assert item.updated_by == "jane"


def test_a_label_with_the_status_that_the_manifest_gives_is_a_machines() -> None:
    row = structs.replace(ROW, labels={"predictions": make_label("LABELED")})
    desired = make_desired(row, labelsets={"predictions": "manifest"})
    label = make_label("LABELED", annotations=2)
    (item,) = drift(desired, labelled(label, author="jane")).objects
    assert item.how == (Drifting.CHANGED,)


def test_a_label_that_is_gone_is_missing() -> None:
    row = structs.replace(ROW, labels={"predictions": make_label()})
    desired = make_desired(row, labelsets={"predictions": "manifest"})
    (item,) = drift(desired, labelled(None)).objects
    assert (item.how, item.updated_by) == ((Drifting.MISSING,), None)


def test_a_dataset_that_should_be_gone_appeared() -> None:
    remote = make_remote(sample())
    part = diff_removal(JANE, remote, scope=SCOPE, asked=Asked.IN_REMOVED)
    (item,) = drift_of(part, None, remote, machines=MACHINES).objects
    assert (item.how, item.after) == ((Drifting.APPEARED,), remote.dataset)


def test_a_dataset_that_is_gone_is_missing() -> None:
    (item,) = drift(make_desired(), None).objects
    assert item.how == (Drifting.MISSING,)


def test_labels_that_a_diff_kept_already_are_counted_on() -> None:
    change = Change(address=Address.of_dataset(JANE), after=make_dataset())
    part = Differences(dataset=JANE, changes=(change,), kept=3)
    assert drift_of(part, make_desired(), None, machines=MACHINES).kept == 3


def test_a_drift_is_counted_once() -> None:
    address = Address.of_sample(JANE, "a")
    items = [
        Drifted(address=address, how=how)
        for how in (
            (Drifting.CHANGED,),
            (Drifting.MISSING,),
            (Drifting.APPEARED,),
            (Drifting.RENAMED, Drifting.CHANGED),
        )
    ]
    found = Drift(
        project="p",
        remote="local",
        user="jane",
        objects=tuple(items),
        unchanged=1,
        kept=2,
        unmanaged=3,
        unknown=4,
    )
    assert found.counts == DriftCounts(
        changed=2,
        missing=1,
        appeared=1,
        renamed=1,
        unchanged=1,
        kept=2,
        unmanaged=3,
        unknown=4,
    )


@pytest.mark.parametrize("case", DRIFTS)
def test_a_drift_is_read_back_as_it_was_written(case: str) -> None:
    there = DRIFTS[case]()
    written = msgspec.json.encode(shown_drift(there))
    document = msgspec.json.decode(written)
    again = shown_drift(drift_from({**document, "newer": 1}))
    assert msgspec.json.encode(again) == written
    assert drift_from(document).counts == there.counts


@pytest.mark.parametrize(
    "change",
    [
        {
            "address": "jane/a:b",
            "drift": ["changed"],
            "before": None,
            "after": {"x": 1},
        },
        {"address": "jane/a:b", "drift": ["moved"], "before": None, "after": None},
        {"address": 7},
    ],
)
def test_what_is_no_drift_is_an_error(change: dict[str, object]) -> None:
    written = msgspec.json.encode(shown_drift(DRIFTS["no-drift"]()))
    document = {**msgspec.json.decode(written), "changes": [change]}
    with pytest.raises(PlanError, match="this is no drift as dsac writes it"):
        drift_from(document)

"""The differences of label sets, collaborators and releases; removals."""

from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Collaborator,
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Kind,
    Label,
    Labelset,
    Release,
    RemoteDataset,
    RemoteSample,
    Sample,
)

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


class TestParts:
    """Label sets, collaborators and releases."""

    DECLARED = (
        DesiredLabelset(labelset=Labelset(name=GROUND_TRUTH), owner="annotators"),
        DesiredLabelset(
            labelset=Labelset(name="model", description="v3"), owner="manifest"
        ),
    )

    def test_a_missing_label_set_is_created_and_ground_truth_never_is(self) -> None:
        part = found(desired(labelsets=self.DECLARED), remote())
        change = only(part)
        assert str(change.address) == "jane/flowers@model"
        assert change.actions == (Action.CREATE,)

    def test_label_sets_that_are_there_are_unchanged(self) -> None:
        there = tuple(item.labelset for item in self.DECLARED)
        part = found(desired(labelsets=self.DECLARED), remote(labelsets=there))
        assert part.changes == ()
        assert part.unchanged[Kind.LABELSET] == 2
        assert part.warnings == ()

    def test_a_label_set_that_labels_need_is_created_though_undeclared(self) -> None:
        rows = (
            DesiredSample(
                sample=Sample(name="a"), labels={"model": Label(), "old": Label()}
            ),
        )
        have = remote(
            labelsets=(Labelset(name="old"),),
            samples={
                "a": RemoteSample(
                    uuid="u",
                    sample=Sample(name="a"),
                    marker=OURS,
                    labels={"model": None, "old": None},
                )
            },
        )
        part = found(desired(samples=rows), have)
        assert [str(change.address) for change in part.changes] == [
            "jane/flowers@model",
            "jane/flowers:a@model",
            "jane/flowers:a@old",
        ]

    def test_a_description_that_can_not_change_is_a_warning(self) -> None:
        want = desired(
            labelsets=self.DECLARED,
            releases=(Release(name="v1", description="new"), Release(name="v2")),
        )
        have = remote(
            labelsets=(Labelset(name="model", description="v2"),),
            releases=(
                Release(name="v1", description="old"),
                Release(name="v2", description="any"),
            ),
        )
        part = found(want, have)
        assert part.changes == ()
        assert [warning.split(":")[0] for warning in part.warnings] == [
            "jane/flowers@model",
            "jane/flowers#v1",
        ]

    def test_a_missing_release_is_created(self) -> None:
        change = only(found(desired(releases=(Release(name="v1"),)), remote()))
        assert str(change.address) == "jane/flowers#v1"
        assert change.is_create

    def test_collaborators_are_added_and_get_their_role(self) -> None:
        want = desired(
            collaborators=(
                Collaborator(user="bob", role="reviewer"),
                Collaborator(user="eve", role="admin"),
                Collaborator(user="zoe", role="labeler"),
            )
        )
        have = remote(
            collaborators=(
                Collaborator(user="eve", role="labeler"),
                Collaborator(user="zoe", role="labeler"),
                Collaborator(user="left", role="labeler"),
            )
        )
        part = found(want, have)
        assert [(str(item.address), item.actions) for item in part.changes] == [
            ("jane/flowers+bob", (Action.CREATE,)),
            ("jane/flowers+eve", (Action.UPDATE,)),
        ]
        assert part.unchanged[Kind.COLLABORATOR] == 1


class TestRemoved:
    """What `removed` names."""

    REMOVED = tuple(
        Address.parse(JANE + sign) for sign in ("@model", "+eve", "#v0", "@gone")
    )
    THERE = structs.replace(
        remote(),
        labelsets=(Labelset(name="model"), Labelset(name="other")),
        collaborators=(Collaborator(user="eve", role="admin"),),
        releases=(Release(name="v0"),),
    )

    def test_what_is_there_goes_and_the_rest_stays(self) -> None:
        part = found(desired(removed=self.REMOVED), self.THERE)
        assert [str(change.address) for change in part.changes] == [
            "jane/flowers@model",
            "jane/flowers+eve",
            "jane/flowers#v0",
        ]
        assert all(change.is_delete for change in part.changes)

    def test_nothing_goes_while_the_listing_is_not_complete(self) -> None:
        have = structs.replace(self.THERE, complete=False)
        part = found(desired(removed=self.REMOVED), have)
        assert part.changes == ()
        assert "not complete, so nothing is deleted" in part.warnings[0]

    def test_a_label_set_stays_while_its_labels_were_not_read(self) -> None:
        have = structs.replace(self.THERE, samples_read=False)
        part = found(desired(removed=self.REMOVED), have)
        assert [str(change.address) for change in part.changes] == [
            "jane/flowers+eve",
            "jane/flowers#v0",
        ]
        assert part.warnings == (
            "jane/flowers@model is kept: its labels were not read",
        )

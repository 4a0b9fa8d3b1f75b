"""Whether a saved change still fits what is there."""

import pytest
from msgspec import structs

from dsac.core import stale
from dsac.core.change import Change
from dsac.core.labels import Machines
from dsac.core.marker import Marker, label_key, pair_of
from dsac.core.ownership import Scope
from dsac.core.resources import (
    Address,
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Resource,
    Sample,
    Unknown,
)
from dsac.core.stale import Standing, current, resumed, was_taken
from dsac.core.values import Tree, Upload, single

JANE = "jane/flowers"
OLD: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}
NEW: dict[str, Tree] = {"image": {"url": Upload("a.jpg", "0" * 64)}}
UP: dict[str, Tree] = {"image": {"url": "https://x/new.jpg"}}


def remote(**samples: RemoteSample) -> RemoteDataset:
    return RemoteDataset(
        dataset=Dataset(name=JANE, settings={"readme": "r"}, prevent_destroy=True),
        labelsets=(Labelset(name="model"),),
        collaborators=(Collaborator(user="bob", role="admin"),),
        releases=(Release(name="v1"),),
        samples={row.sample.name: row for row in samples.values()},
    )


def row(
    name: str,
    uuid: str,
    attributes: dict[str, Tree] | None = None,
    label: Label | None = None,
    marker: Marker | None = None,
) -> RemoteSample:
    there = None if label is None else RemoteLabel(label=label)
    found: dict[str, RemoteLabel | Unknown | None] = {"model": there}
    sample = Sample(name=name, attributes=attributes or OLD, metadata={})
    return RemoteSample(uuid=uuid, sample=sample, labels=found, marker=marker)


def marked(
    project: str = "p", *, sample: Tree = None, label: Tree = None, stated: Tree = NEW
) -> Marker:
    """Mark a sample; its file, or that of its label, is said to be what is there."""
    pair = pair_of(stated, label)
    return Marker(
        project=project,
        dataset=JANE,
        sample=pair_of(stated, sample),
        labels={label_key("model"): pair} if label and pair else {},
    )


SCOPE = Scope(
    project="p", machines=Machines(frozenset()), take_over=frozenset({"taken"})
)


def standing(change: Change, there: RemoteDataset | None) -> Standing:
    return stale.standing(change, there, scope=SCOPE)


UPDATE = Change(
    address=Address.of_sample(JANE, "a"),
    before=Sample(name="a", attributes=OLD),
    after=Sample(name="a", attributes=NEW),
    stated=NEW,
    uuid="u",
)
OTHER: dict[str, Tree] = {"image": {"url": Upload("b.jpg", "1" * 64)}}


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (row("a", "u"), Standing.PENDING),
        (row("a", "u", UP, marker=marked(sample=UP)), Standing.DONE),
        (row("a", "u", UP), Standing.MOVED),
        (row("a", "u", UP, marker=marked(sample=OLD)), Standing.MOVED),
        (row("a", "u", UP, marker=marked(sample=UP, stated=OTHER)), Standing.MOVED),
        (row("a", "u", UP, marker=marked("q", sample=UP)), Standing.MOVED),
        (row("a", "u", {**UP, "more": 1}), Standing.MOVED),
        (row("a", "u", {"image": {"url": None}}), Standing.MOVED),
        (row("a", "other"), Standing.MOVED),
        (row("renamed", "u"), Standing.MOVED),
        (row("b", "v"), Standing.MOVED),
    ],
)
def test_an_update_stands_by_the_state_of_its_sample(
    there: RemoteSample, expected: Standing
) -> None:
    assert standing(UPDATE, remote(one=there)) is expected


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((row("a", "u"),), Standing.PENDING),
        ((row("b", "u"),), Standing.DONE),
        ((row("a", "v"), row("b", "u")), Standing.DONE),
        ((row("a", "v"),), Standing.MOVED),
    ],
)
def test_a_rename_follows_the_uuid(
    there: tuple[RemoteSample, ...], expected: Standing
) -> None:
    rename = Change(
        address=Address.of_sample(JANE, "b"),
        before=Sample(name="a"),
        after=Sample(name="b"),
        uuid="u",
        previous="a",
    )
    samples = {item.sample.name: item for item in there}
    assert standing(rename, remote(**samples)) is expected


def test_a_creation_is_pending_done_or_overtaken() -> None:
    create = Change(
        address=Address.of_sample(JANE, "a"),
        after=Sample(name="a", attributes=NEW, metadata={"gone": None}, priority=0.1),
        stated=NEW,
    )
    there = row("a", "u", UP, marker=marked(sample=UP))
    done = structs.replace(
        there, sample=structs.replace(there.sample, priority=single(0.1))
    )
    assert standing(create, remote()) is Standing.PENDING
    assert standing(create, remote(a=done)) is Standing.DONE
    assert standing(create, remote(a=row("a", "u"))) is Standing.MOVED
    assert standing(create, None) is Standing.PENDING


def test_a_delete_is_done_when_its_sample_is_gone_and_not_when_it_was_renamed() -> None:
    delete = Change(
        address=Address.of_sample(JANE, "a"), before=Sample(name="a"), uuid="u"
    )
    assert standing(delete, remote(a=row("a", "u"))) is Standing.PENDING
    assert standing(delete, remote()) is Standing.DONE
    assert standing(delete, remote(b=row("b", "u"))) is Standing.MOVED


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (Label(), Standing.PENDING),
        (Label(status="LABELED"), Standing.DONE),
        (Label(status="REVIEWED"), Standing.MOVED),
        (None, Standing.MOVED),
    ],
)
def test_a_label_stands_by_what_is_in_its_set(
    label: Label | None, expected: Standing
) -> None:
    change = Change(
        address=Address.label(JANE, "a", "model"),
        before=Label(),
        after=Label(status="LABELED"),
        uuid="u",
    )
    assert standing(change, remote(a=row("a", "u", label=label))) is expected
    assert standing(change, remote()) is Standing.MOVED


def test_a_label_that_is_unknown_is_not_there() -> None:
    change = Change(address=Address.label(JANE, "a", "model"), before=Label(), uuid="u")
    there = structs.replace(row("a", "u"), labels={"model": Unknown()})
    assert current(change, remote(a=there)) is None


@pytest.mark.parametrize(
    ("kind", "name", "there"),
    [
        (Kind.LABELSET, "model", Labelset(name="model")),
        (Kind.COLLABORATOR, "bob", Collaborator(user="bob", role="admin")),
        (Kind.RELEASE, "v1", Release(name="v1")),
        (Kind.LABELSET, "v1", None),
        (Kind.COLLABORATOR, "v1", None),
        (Kind.RELEASE, "bob", None),
    ],
)
def test_parts_are_found_by_kind_and_name(
    kind: Kind, name: str, there: Resource | None
) -> None:
    change = Change(address=Address(kind, JANE, "", name))
    assert current(change, remote()) == there


def test_the_guard_in_the_marker_makes_no_dataset_stale() -> None:
    change = Change(
        address=Address.of_dataset(JANE),
        before=Dataset(name=JANE, settings={"readme": "r"}, prevent_destroy=False),
        after=Dataset(name=JANE, settings={"readme": "s"}, prevent_destroy=False),
    )
    assert standing(change, remote()) is Standing.PENDING


@pytest.mark.parametrize(
    ("planned", "there", "fits"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], [1], False),
        ([1, 2], [2, 1], False),
        ([{"id": 1}], [{"id": 1, "k": 2}], False),
        (1, True, False),
        ({}, [], False),
    ],
)
def test_what_is_there_must_be_all_of_what_was_planned(
    planned: Tree, there: Tree, *, fits: bool
) -> None:
    change = Change(
        address=Address.of_sample(JANE, "a"),
        before=Sample(name="a", attributes={"k": planned}),
        after=Sample(name="a", attributes={"k": "else"}),
        uuid="u",
    )
    have = remote(a=row("a", "u", {"k": there}))
    assert (standing(change, have) is Standing.PENDING) is fits


@pytest.mark.parametrize(
    ("owned", "adopt", "marker", "expected"),
    [
        (True, False, marked(), Standing.PENDING),
        (True, False, None, Standing.MOVED),
        (True, False, marked("q"), Standing.MOVED),
        (False, False, None, Standing.PENDING),
        (False, False, marked(), Standing.PENDING),
        (False, False, marked("q"), Standing.MOVED),
        (False, True, None, Standing.PENDING),
        (False, True, marked("taken"), Standing.PENDING),
        (False, True, marked("q"), Standing.MOVED),
        (False, True, marked(), Standing.MOVED),
        (False, False, Marker(project="", dataset="", known=False), Standing.MOVED),
    ],
)
def test_an_object_is_whose_it_was(
    marker: Marker | None, expected: Standing, *, owned: bool, adopt: bool
) -> None:
    change = Change(
        address=Address.of_sample(JANE, "a"),
        before=Sample(name="a", metadata={}),
        after=Sample(name="a", metadata={"k": 1}),
        uuid="u",
        owned=owned,
        adopt=adopt,
    )
    there = remote(a=row("a", "u", marker=marker))
    assert standing(change, there) is expected


@pytest.mark.parametrize(
    ("owned", "marker", "expected"),
    [
        (True, marked(), False),
        (True, marked("q"), True),
        (True, None, True),
        (False, None, False),
        (False, marked("q"), True),
        (False, Marker(project="", dataset="", known=False), True),
    ],
)
def test_an_object_is_taken_that_is_anothers_now_or_lost_its_marker(
    marker: Marker | None, *, owned: bool, expected: bool
) -> None:
    change = Change(
        address=Address.of_sample(JANE, "a"),
        before=Sample(name="a", metadata={}),
        after=Sample(name="a", metadata={"k": 1}),
        uuid="u",
        owned=owned,
    )
    there = remote(a=row("a", "u", marker=marker))
    scope = Scope(project="p", machines=Machines(frozenset({"jane"})))
    assert was_taken(change, there, scope=scope) is expected
    assert not was_taken(change, None, scope=scope)


@pytest.mark.parametrize(
    ("marker", "expected"),
    [(None, Standing.PENDING), (marked(), Standing.DONE)],
)
def test_an_adoption_is_done_by_its_marker(
    marker: Marker | None, expected: Standing
) -> None:
    change = Change(
        address=Address.of_dataset(JANE),
        before=Dataset(name=JANE),
        after=Dataset(name=JANE),
        adopt=True,
    )
    there = structs.replace(remote(), marker=marker)
    assert standing(change, there) is expected
    needs_more = structs.replace(change, after=Dataset(name=JANE, task_type="x"))
    moved = Standing.PENDING if marker is None else Standing.MOVED
    assert standing(needs_more, there) is moved
    change = structs.replace(needs_more, before=Dataset(name=JANE, task_type="y"))
    changed = structs.replace(there, dataset=Dataset(name=JANE, task_type="x"))
    done = Standing.MOVED if marker is None else Standing.DONE
    assert standing(change, changed) is done


@pytest.mark.parametrize(
    ("covers", "was_kept", "is_kept", "expected"),
    [
        (1, False, False, Standing.PENDING),
        (1, True, True, Standing.PENDING),
        (0, False, False, Standing.MOVED),
        (1, False, True, Standing.MOVED),
        (1, True, False, Standing.PENDING),
    ],
)
def test_a_dataset_goes_with_the_samples_that_were_counted_and_unguarded(
    covers: int, expected: Standing, *, was_kept: bool, is_kept: bool
) -> None:
    delete = Change(
        address=Address.of_dataset(JANE),
        before=Dataset(name=JANE, prevent_destroy=was_kept),
        owned=True,
        covers=covers,
    )
    there = structs.replace(
        remote(a=row("a", "u")),
        dataset=Dataset(name=JANE, prevent_destroy=is_kept),
        marker=marked(),
    )
    assert standing(delete, there) is expected
    assert standing(delete, None) is Standing.DONE


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        (marked(label=UP), Standing.DONE),
        (marked(label=OLD), Standing.MOVED),
        (marked(label=UP, stated=OTHER), Standing.MOVED),
        (marked(), Standing.MOVED),
    ],
)
def test_a_label_with_a_file_is_done_if_the_marker_says_so(
    marker: Marker, expected: Standing
) -> None:
    create = Change(
        address=Address.label(JANE, "a", "model"),
        after=Label(attributes=NEW),
        stated=NEW,
    )
    there = remote(a=row("a", "u", label=Label(attributes=UP), marker=marker))
    assert standing(create, there) is expected


REPLACE = structs.replace(
    UPDATE, before=Sample(name="a", attributes=OLD), replaces="u", owned=True
)
REPLACED_LABEL = Change(
    address=Address.label(JANE, "a", "model"), after=Label(), replaces="u"
)


class TestMadeAnew:
    """Replacements, and what an apply that stopped halfway left of them."""

    @pytest.mark.parametrize(
        ("there", "expected"),
        [
            (remote(a=row("a", "u", marker=marked())), Standing.PENDING),
            (remote(a=row("a", "u", UP, marker=marked())), Standing.MOVED),
            (remote(a=row("a", "v", UP, marker=marked(sample=UP))), Standing.DONE),
            (remote(a=row("a", "v", marker=marked(sample=OLD))), Standing.DONE),
            (remote(a=row("a", "v", UP, marker=marked())), Standing.MOVED),
            (remote(), Standing.MOVED),
            (None, Standing.MOVED),
        ],
    )
    def test_another_uuid_tells_that_it_is_done(
        self, there: RemoteDataset | None, expected: Standing
    ) -> None:
        assert standing(REPLACE, there) is expected

    def test_the_same_content_under_the_same_uuid_is_not_done(self) -> None:
        same = structs.replace(REPLACE, after=Sample(name="a", attributes=OLD))
        assert (
            standing(same, remote(a=row("a", "u", marker=marked()))) is Standing.PENDING
        )
        assert standing(same, remote(a=row("a", "v"))) is Standing.DONE
        changed = remote(a=row("a", "v", {"image": {"url": 1}}))
        assert standing(same, changed) is Standing.MOVED
        other = structs.replace(same, before=Sample(name="a", priority=7))
        assert (
            standing(other, remote(a=row("a", "u", marker=marked()))) is Standing.MOVED
        )

    def test_a_label_of_the_sample_that_goes_first_is_not_there(self) -> None:
        label = Label()
        old = remote(a=row("a", "u", label=label))
        assert standing(REPLACED_LABEL, old) is Standing.PENDING
        assert standing(REPLACED_LABEL, remote()) is Standing.PENDING
        new = remote(a=row("a", "v"))
        assert standing(REPLACED_LABEL, new) is Standing.PENDING
        done = remote(a=row("a", "v", label=label))
        assert standing(REPLACED_LABEL, done) is Standing.DONE

    def test_what_is_deleted_already_is_created(self) -> None:
        left = resumed(REPLACE, remote())
        assert left.is_create
        assert (left.uuid, left.replaces, left.after) == ("", "", REPLACE.after)
        assert standing(left, remote()) is Standing.PENDING
        for there in (None, remote(a=row("a", "u")), remote(a=row("a", "v"))):
            assert resumed(REPLACE, there) is REPLACE
        moved_away = remote(b=row("b", "u"))
        assert resumed(REPLACE, moved_away) is REPLACE

    def test_labels_go_to_the_sample_that_was_created(self) -> None:
        for label in (REPLACED_LABEL, structs.replace(REPLACED_LABEL, replaces="")):
            left = resumed(label, remote(a=row("a", "v")))
            assert (left.uuid, left.replaces) == ("v", "")
        assert resumed(REPLACED_LABEL, remote()) is REPLACED_LABEL
        assert resumed(REPLACED_LABEL, remote(a=row("a", "u"))) is REPLACED_LABEL
        known = structs.replace(REPLACED_LABEL, uuid="w", replaces="")
        assert resumed(known, remote(a=row("a", "w"))) is known
        assert resumed(UPDATE, remote()) is UPDATE

"""The differences of labels: gaps, convergence, people's, leftovers, content."""

import pytest
from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.marker import Marker, Pair, label_key, pair_of
from dsac.core.ownership import Content, Scope
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Kind,
    Label,
    Labelset,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.samples import unsettled
from dsac.core.values import Tree, Upload, single

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
ONE: dict[str, Tree] = {"annotations": [{"id": 1, "category_id": 1}]}
TWO: dict[str, Tree] = {"annotations": [{"id": 2, "category_id": 1}]}
FILE: dict[str, Tree] = {
    "segmentation_bitmap": {"url": Upload("a.png", "0" * 64, "bitmap")}
}
URL: dict[str, Tree] = {"segmentation_bitmap": {"url": "https://x/1.png"}}
IMAGE: dict[str, Tree] = {"image": {"url": Upload("a.jpg", "1" * 64)}}
THERE: dict[str, Tree] = {"image": {"url": "https://x/a.jpg"}}
Found = RemoteLabel | Unknown | None


def machine(label: Label) -> RemoteLabel:
    return RemoteLabel(label=label, created_by="ci")


def person(label: Label) -> RemoteLabel:
    return RemoteLabel(label=label, created_by="ci", updated_by="bob")


def desired(labels: dict[str, Label], **more: object) -> Desired:
    row = DesiredSample(sample=Sample(name="a"), labels=labels)
    want = Desired(
        dataset=Dataset(name=JANE),
        labelsets=(
            DesiredLabelset(labelset=Labelset(name="model"), owner="manifest"),
            DesiredLabelset(labelset=Labelset(name="people"), owner="annotators"),
        ),
        samples=(row,),
    )
    return structs.replace(want, **more)


def remote(
    labels: dict[str, Found], marker: Marker | None = OURS, *, complete: bool = True
) -> RemoteDataset:
    row = RemoteSample(
        uuid="u", sample=Sample(name="a"), marker=marker, labels=dict(labels)
    )
    return RemoteDataset(
        dataset=Dataset(name=JANE, prevent_destroy=True),
        marker=OURS,
        labelsets=(Labelset(name="model"), Labelset(name="people")),
        samples={"a": row},
        complete=complete,
    )


def found(labelset: str, want: Label | None, have: Found) -> Differences:
    stated = {} if want is None else {labelset: want}
    return diff(desired(stated), remote({labelset: have}), scope=SCOPE)


def only(part: Differences) -> Change:
    assert part.errors == ()
    (change,) = part.changes
    return change


ANY_SET = pytest.mark.parametrize("labelset", [GROUND_TRUTH, "model", "people"])
OF_PEOPLE = pytest.mark.parametrize("labelset", [GROUND_TRUTH, "people"])


@ANY_SET
def test_a_gap_is_filled(labelset: str) -> None:
    change = only(found(labelset, Label(attributes=FILE), None))
    assert change.actions == (Action.CREATE,)
    assert (change.uuid, change.owned, change.stated) == ("u", True, FILE)


@ANY_SET
def test_a_machine_made_label_converges(labelset: str) -> None:
    have = machine(Label(attributes=ONE))
    assert only(found(labelset, Label(attributes=TWO), have)).actions == (
        Action.UPDATE,
    )


@ANY_SET
def test_a_label_that_says_the_same_is_unchanged(labelset: str) -> None:
    have = machine(Label(attributes={**ONE, "format_version": "0.1"}, score=0.5))
    part = found(labelset, Label(attributes=ONE), have)
    assert part.changes == ()
    assert part.unchanged[Kind.LABEL] == 1


@OF_PEOPLE
@pytest.mark.parametrize(
    "have",
    [
        person(Label(attributes=ONE)),
        machine(Label(status="LABELED", attributes=ONE)),
        Unknown(),
    ],
)
@pytest.mark.parametrize("status", ["PRELABELED", "LABELED"])
def test_peoples_labels_are_kept_counted_and_no_difference(
    labelset: str, have: Found, status: str
) -> None:
    part = found(labelset, Label(status=status, attributes=TWO), have)
    assert part.changes == ()
    assert part.kept == 1


def test_peoples_labels_in_a_set_of_the_manifests_are_changes_to_be_held() -> None:
    have = person(Label(attributes=ONE))
    assert only(found("model", Label(attributes=TWO), have)).is_delete is False
    assert only(found("model", None, have)).is_delete


def test_an_unknown_label_in_a_set_of_the_manifests_is_kept() -> None:
    assert found("model", Label(attributes=TWO), Unknown()).kept == 1
    assert found("model", None, Unknown()).changes == ()


def test_a_label_that_was_not_read_is_unknown() -> None:
    part = diff(desired({"model": Label()}), remote({}), scope=SCOPE)
    assert part.changes == ()
    assert part.kept == 1


@OF_PEOPLE
def test_a_label_of_the_annotators_never_leaves_with_the_manifest(
    labelset: str,
) -> None:
    assert found(labelset, None, machine(Label(attributes=ONE))).changes == ()


@pytest.mark.parametrize(
    ("prune", "marker", "complete", "goes"),
    [
        ("owned", OURS, True, True),
        ("all", OURS, True, True),
        ("none", OURS, True, False),
        ("owned", None, True, False),
        ("all", None, True, False),
        ("owned", OURS, False, False),
    ],
)
def test_a_label_of_the_manifests_leaves_with_it(
    prune: str, marker: Marker | None, *, complete: bool, goes: bool
) -> None:
    want = desired({}, lifecycle=Lifecycle(prune=prune))
    have = remote({"model": machine(Label())}, marker, complete=complete)
    part = diff(want, have, scope=SCOPE)
    assert [str(change.address) for change in part.changes] == (
        ["jane/flowers:a@model"] * goes
    )


def test_the_labels_of_a_renamed_sample_stand_under_its_new_name() -> None:
    have = remote({"model": machine(Label(attributes=TWO)), GROUND_TRUTH: None})
    row = have.samples.pop("a")
    have.samples["old"] = structs.replace(row, sample=Sample(name="old"))
    want = desired({"model": Label(attributes=ONE)}, moved=(("old", "a"),))
    part = diff(want, have, scope=SCOPE)
    assert [(str(item.address), item.uuid) for item in part.changes] == [
        ("jane/flowers:a", "u"),
        ("jane/flowers:a@model", "u"),
    ]


class TestWhole:
    """A label is replaced as a whole, so a change holds all of it."""

    HAVE = machine(Label(attributes={**ONE, "links": []}, score=0.5))

    def after(self, want: Label, have: RemoteLabel = HAVE) -> Label:
        change = only(found("model", want, have))
        assert isinstance(change.after, Label)
        return change.after

    def test_a_new_status_keeps_attributes_and_score(self) -> None:
        assert self.after(Label(status="LABELED")) == Label(
            status="LABELED", attributes={**ONE, "links": []}, score=0.5
        )

    def test_new_annotations_keep_the_rest(self) -> None:
        assert self.after(Label(attributes=TWO)) == Label(
            attributes={**TWO, "links": []}, score=0.5
        )

    def test_a_new_score_keeps_the_attributes(self) -> None:
        assert self.after(Label(score=0.9)).attributes == {**ONE, "links": []}

    def test_a_score_is_cleared_by_null(self) -> None:
        assert self.after(Label(score=None)).score is None

    def test_a_score_that_is_neither_there_nor_stated_stays_out(self) -> None:
        have = machine(Label(attributes=ONE, score=None))
        assert self.after(Label(attributes=TWO), have).score is UNSET

    def test_a_score_is_written_where_none_was_told(self) -> None:
        have = machine(Label(attributes=ONE))
        assert self.after(Label(score=0.9), have).score == 0.9

    def test_a_score_that_went_through_32_bits_is_the_same(self) -> None:
        have = machine(Label(score=single(0.9)))
        assert found("model", Label(score=0.9), have).changes == ()

    def test_a_score_of_1_and_a_true_are_two_things(self) -> None:
        have = machine(Label(attributes={"k": 1}))
        assert self.after(Label(attributes={"k": True}), have).attributes == {"k": True}


class TestContent:
    """Bitmaps that are files here and URLs there."""

    ADDRESS = Address.label(JANE, "a", "model")
    WANT = desired({"model": Label(attributes=FILE)})

    def have(self, pair: Pair | None) -> RemoteDataset:
        pairs = {} if pair is None else {label_key("model"): pair}
        label = machine(Label(attributes={**ONE, **URL}))
        return remote({"model": label}, structs.replace(OURS, labels=pairs))

    def test_what_the_marker_tells_is_believed(self) -> None:
        part = diff(self.WANT, self.have(pair_of(FILE, URL)), scope=SCOPE)
        assert part.changes == ()

    def test_a_stale_word_of_the_marker_is_ignored(self) -> None:
        old: dict[str, Tree] = {"segmentation_bitmap": {"url": "https://x/0.png"}}
        have = self.have(pair_of(FILE, old))
        assert only(diff(self.WANT, have, scope=SCOPE)).actions == (Action.UPDATE,)
        assert [item.address for item in unsettled(self.WANT, have, scope=SCOPE)] == [
            self.ADDRESS
        ]

    def test_content_that_can_not_be_read_is_kept_and_counted(self) -> None:
        scope = structs.replace(SCOPE, contents={self.ADDRESS: Content.UNKNOWN})
        part = diff(self.WANT, self.have(None), scope=scope)
        assert part.changes == ()
        assert part.unknown == 1
        done = desired({"model": Label(status="LABELED", attributes=FILE)})
        assert only(diff(done, self.have(None), scope=scope)).stated == {}


class TestUnsettled:
    """Which files are worth a look at the bytes behind their URLs."""

    def asked(self, want: Desired, have: RemoteDataset) -> list[str]:
        return [str(item.address) for item in unsettled(want, have, scope=SCOPE)]

    def pictured(self, want: Desired, have: RemoteDataset) -> list[str]:
        rows = tuple(want.samples or ())
        sample = Sample(name="a", attributes=IMAGE)
        there = structs.replace(
            have.samples["a"], sample=Sample(name="a", attributes=THERE)
        )
        return self.asked(
            structs.replace(
                want,
                samples=(structs.replace(rows[0], sample=sample), *rows[1:]),
            ),
            structs.replace(have, samples={"a": there}),
        )

    def test_a_sample_and_its_label_that_no_marker_speaks_for(self) -> None:
        want = desired({"model": Label(attributes=FILE)})
        have = remote({"model": machine(Label(attributes=URL))}, None)
        assert self.pictured(want, have) == ["jane/flowers:a", "jane/flowers:a@model"]

    def test_nothing_that_a_marker_settles(self) -> None:
        pair = pair_of(IMAGE, THERE)
        have = remote({}, structs.replace(OURS, sample=pair))
        assert self.pictured(desired({}), have) == []

    def test_no_attributes_that_are_ignored(self) -> None:
        want = desired({}, lifecycle=Lifecycle(ignore_changes=("attributes",)))
        assert self.pictured(want, remote({}, None)) == []

    @pytest.mark.parametrize(
        "there", [None, Unknown(), person(Label(attributes=URL)), machine(Label())]
    )
    def test_no_label_that_is_missing_kept_or_without_a_url(self, there: Found) -> None:
        want = desired({GROUND_TRUTH: Label(attributes=FILE)})
        assert self.asked(want, remote({GROUND_TRUTH: there}, None)) == []

    def test_no_sample_that_is_new(self) -> None:
        want = desired({"model": Label(attributes=FILE)})
        assert self.asked(want, structs.replace(remote({}), samples={})) == []

    def test_nothing_where_samples_are_not_managed(self) -> None:
        assert self.asked(desired({}, samples=None), remote({})) == []


@pytest.mark.parametrize(
    ("ignored", "changed"),
    [((), True), (("attributes",), False), (("score",), True)],
)
def test_what_is_ignored_of_a_label_is_no_difference(
    ignored: tuple[str, ...], *, changed: bool
) -> None:
    names = tuple(f"labels.model.{field}" for field in ignored)
    want = desired(
        {"model": Label(attributes=ONE)}, lifecycle=Lifecycle(ignore_changes=names)
    )
    have = remote({"model": machine(Label(attributes=TWO))})
    assert bool(diff(want, have, scope=SCOPE).changes) is changed

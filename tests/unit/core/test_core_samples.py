"""The differences of samples: create, update, adopt, rename, prune, content."""

import pytest
from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.marker import Marker, Pair, pair_of, stuck_key
from dsac.core.ownership import Content, Scope
from dsac.core.resources import (
    Address,
    Dataset,
    Desired,
    DesiredSample,
    Kind,
    Label,
    Lifecycle,
    RemoteDataset,
    RemoteSample,
    Sample,
)
from dsac.core.values import Json, Tree, Upload, single

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
THEIRS = Marker(project="q", dataset=JANE)
CLONED = Marker(project="q", dataset="jane/original")
NEWER = Marker(project="", dataset="", known=False)
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
TAKING = structs.replace(SCOPE, take_over=frozenset({"q"}))
FILE: dict[str, Tree] = {"image": {"url": Upload("a.jpg", "0" * 64)}}
THERE: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}


def desired(*samples: Sample | DesiredSample, **more: object) -> Desired:
    rows = tuple(
        item if isinstance(item, DesiredSample) else DesiredSample(sample=item)
        for item in samples
    )
    return structs.replace(Desired(dataset=Dataset(name=JANE), samples=rows), **more)


def there(sample: Sample, marker: Marker | None = OURS, **more: object) -> RemoteSample:
    row = RemoteSample(uuid=f"u-{sample.name}", sample=sample, marker=marker)
    return structs.replace(row, **more)


def remote(*rows: RemoteSample, complete: bool = True) -> RemoteDataset:
    return RemoteDataset(
        dataset=Dataset(name=JANE, prevent_destroy=True),
        marker=OURS,
        samples={row.sample.name: row for row in rows},
        complete=complete,
    )


def found(
    want: Desired, *rows: RemoteSample, scope: Scope = SCOPE, complete: bool = True
) -> Differences:
    return diff(want, remote(*rows, complete=complete), scope=scope)


def only(part: Differences) -> Change:
    assert part.errors == ()
    (change,) = part.changes
    return change


def a_and_b() -> tuple[Sample, Sample]:
    return Sample(name="a", attributes=THERE), Sample(name="b", attributes=THERE)


def test_a_missing_sample_is_created_with_its_labels() -> None:
    row = DesiredSample(
        sample=Sample(name="a", attributes=FILE), labels={"model": Label()}
    )
    sample, label = (
        item for item in found(desired(row)).changes if item.kind is not Kind.LABELSET
    )
    assert (str(sample.address), sample.actions, sample.stated, sample.owned) == (
        "jane/flowers:a",
        (Action.CREATE,),
        FILE,
        True,
    )
    assert (str(label.address), label.uuid) == ("jane/flowers:a@model", "")


def test_without_markers_what_is_created_is_unowned() -> None:
    row = DesiredSample(sample=Sample(name="a"), labels={"ground-truth": Label()})
    part = found(desired(row, lifecycle=Lifecycle(marker=False)))
    assert [change.owned for change in part.changes] == [False, False]


def test_samples_that_are_not_managed_are_counted_only() -> None:
    part = found(Desired(dataset=Dataset(name=JANE)), there(Sample(name="a")))
    assert part.changes == ()
    assert (part.unmanaged, part.owned) == (1, 1)


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("priority", 1, 2),
        ("readme", "", "x"),
        ("assigned_labeler", "bob", None),
        ("assigned_reviewer", None, "eve"),
        ("metadata", {"a": 1}, {"a": True}),
        ("metadata", {"a": 1}, {"a": None}),
        ("metadata", {"a": 1}, None),
        ("attributes", {"a": 1}, {"a": True}),
    ],
)
def test_a_field_that_differs_is_updated_alone(
    field: str, before: Json, after: Json
) -> None:
    want = structs.replace(Sample(name="a"), **{field: after})
    have = Sample(name="a", attributes=THERE, metadata={"z": 1}, priority=9, readme="r")
    have = structs.replace(have, **{field: before})
    change = only(found(desired(want), there(have)))
    assert change.actions == (Action.UPDATE,)
    others = {"priority", "readme", "attributes", "metadata"} - {field}
    untouched = Sample(name="a")
    for name in others:
        assert getattr(change.after, name) is getattr(untouched, name)


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("priority", single(0.1), 0.1),
        ("assigned_labeler", None, None),
        ("metadata", {"a": 1, "z": 1}, {"a": 1, "gone": None}),
        ("metadata", {}, None),
        ("attributes", {**THERE, "more": 1}, THERE),
    ],
)
def test_what_the_platform_adds_or_rounds_is_no_difference(
    field: str, before: Json, after: Json
) -> None:
    want = structs.replace(Sample(name="a"), **{field: after})
    have = structs.replace(Sample(name="a"), **{field: before})
    part = found(desired(want), there(have))
    assert part.changes == ()
    assert part.unchanged[Kind.SAMPLE] == 1


@pytest.mark.parametrize("field", ["priority", "readme", "attributes", "metadata"])
def test_an_ignored_field_is_no_difference_and_others_are(field: str) -> None:
    want = Sample(
        name="a", priority=1, readme="x", attributes={"a": 1}, metadata={"a": 1}
    )
    have = Sample(name="a", priority=0, readme="", attributes={}, metadata={})
    ignored = {"priority", "readme", "attributes", "metadata"}
    quiet = desired(want, lifecycle=Lifecycle(ignore_changes=tuple(ignored)))
    assert found(quiet, there(have)).changes == ()
    loud = desired(want, lifecycle=Lifecycle(ignore_changes=tuple(ignored - {field})))
    assert only(found(loud, there(have))).actions == (Action.UPDATE,)


class TestAdoption:
    """Samples that are there without our marker."""

    SAME = Sample(name="a", priority=1)
    OTHER = Sample(name="a", priority=2)

    @pytest.mark.parametrize("marker", [None, CLONED])
    @pytest.mark.parametrize(
        ("adopt", "want", "actions"),
        [
            ("changed", SAME, ()),
            ("changed", OTHER, (Action.ADOPT, Action.UPDATE)),
            ("all", SAME, (Action.ADOPT,)),
            ("all", OTHER, (Action.ADOPT, Action.UPDATE)),
        ],
    )
    def test_it_is_marked_as_the_manifest_wishes(
        self,
        marker: Marker | None,
        adopt: str,
        want: Sample,
        actions: tuple[Action, ...],
    ) -> None:
        lifecycle = Lifecycle(adopt=adopt)
        part = found(desired(want, lifecycle=lifecycle), there(self.SAME, marker))
        assert [change.actions for change in part.changes] == [actions] * bool(actions)

    def test_a_label_to_write_marks_its_sample(self) -> None:
        row = DesiredSample(sample=self.SAME, labels={"ground-truth": Label()})
        have = there(self.SAME, None, labels={"ground-truth": None})
        sample, label = found(desired(row), have).changes
        assert sample.actions == (Action.ADOPT,)
        assert label.actions == (Action.CREATE,)

    def test_without_markers_it_is_updated_unmarked(self) -> None:
        want = desired(self.OTHER, lifecycle=Lifecycle(marker=False, adopt="all"))
        assert only(found(want, there(self.SAME, None))).actions == (Action.UPDATE,)

    @pytest.mark.parametrize(
        ("marker", "adopt", "message"),
        [
            (None, "none", "jane/flowers:a exists already"),
            (CLONED, "none", "jane/flowers:a exists already"),
            (THEIRS, "all", "managed by project 'q'"),
            (NEWER, "all", "a newer dsac manages it"),
        ],
    )
    def test_what_may_not_be_adopted_is_an_error(
        self, marker: Marker | None, adopt: str, message: str
    ) -> None:
        want = desired(self.OTHER, lifecycle=Lifecycle(adopt=adopt))
        part = found(want, there(self.SAME, marker))
        assert part.changes == ()
        assert message in part.errors[0]

    def test_what_is_taken_over_is_marked_at_once(self) -> None:
        part = found(desired(self.SAME), there(self.SAME, THEIRS), scope=TAKING)
        assert only(part).actions == (Action.ADOPT,)


class TestPrune:
    """Samples that are on the platform alone."""

    @pytest.mark.parametrize(
        ("prune", "marker", "goes"),
        [
            ("owned", OURS, True),
            ("none", OURS, False),
            ("all", OURS, True),
            ("owned", None, False),
            ("none", None, False),
            ("all", None, True),
            ("owned", CLONED, False),
            ("all", CLONED, True),
            ("all", THEIRS, False),
            ("all", NEWER, False),
        ],
    )
    @pytest.mark.parametrize("scope", [SCOPE, TAKING])
    def test_the_table(
        self, prune: str, marker: Marker | None, scope: Scope, *, goes: bool
    ) -> None:
        want = desired(lifecycle=Lifecycle(prune=prune))
        part = found(want, there(Sample(name="a"), marker), scope=scope)
        assert [change.is_delete for change in part.changes] == [True] * goes
        assert part.unmanaged == (0 if goes else 1)

    def test_a_delete_knows_the_uuid_and_whether_it_is_ours(self) -> None:
        want = desired(lifecycle=Lifecycle(prune="all"))
        part = found(want, there(Sample(name="a")), there(Sample(name="b"), None))
        assert [(item.uuid, item.owned) for item in part.changes] == [
            ("u-a", True),
            ("u-b", False),
        ]
        assert part.owned == 1

    @pytest.mark.parametrize("prune", ["owned", "all"])
    def test_an_incomplete_listing_keeps_everything(self, prune: str) -> None:
        want = desired(lifecycle=Lifecycle(prune=prune))
        rows = [there(Sample(name=name)) for name in "abc"]
        part = found(want, *rows, complete=False)
        assert part.changes == ()
        assert part.unmanaged == 3
        assert len(part.warnings) == 1


class TestMoves:
    """Renames in place."""

    def test_a_rename_is_no_update_and_keeps_the_uuid(self) -> None:
        a, b = a_and_b()
        change = only(found(desired(b, moved=(("a", "b"),)), there(a)))
        assert change.actions == (Action.RENAME,)
        assert (change.uuid, change.previous) == ("u-a", "a")
        assert str(change.address) == "jane/flowers:b"

    def test_a_rename_may_come_with_an_update_and_an_adoption(self) -> None:
        a, b = a_and_b()
        want = desired(structs.replace(b, priority=1), moved=(("a", "b"),))
        change = only(found(want, there(a, None)))
        assert change.actions == (Action.RENAME, Action.ADOPT, Action.UPDATE)

    def test_a_chain_renames_both_and_deletes_nothing(self) -> None:
        a, b = a_and_b()
        want = desired(a, b, moved=(("a", "b"), ("c", "a")))
        part = found(want, there(a), there(Sample(name="c", attributes=THERE)))
        assert [(item.previous, str(item.address)) for item in part.changes] == [
            ("c", "jane/flowers:a"),
            ("a", "jane/flowers:b"),
        ]

    def test_a_half_done_chain_goes_on(self) -> None:
        a, b = a_and_b()
        want = desired(a, b, moved=(("a", "b"), ("c", "a")))
        part = found(want, there(b), there(Sample(name="c", attributes=THERE)))
        assert only(part).previous == "c"
        assert part.unchanged[Kind.SAMPLE] == 1

    def test_a_rename_that_is_done_is_nothing(self) -> None:
        _, b = a_and_b()
        part = found(desired(b, moved=(("a", "b"),)), there(b))
        assert part.changes == ()

    def test_a_rename_of_what_was_never_there_creates(self) -> None:
        _, b = a_and_b()
        assert only(found(desired(b, moved=(("a", "b"),)))).is_create

    def test_an_error_names_the_dataset(self) -> None:
        a, b = a_and_b()
        part = found(desired(b, moved=(("a", "b"),)), there(a), there(b))
        assert part.errors[0].startswith("jane/flowers: moved: 'a' can't become 'b'")

    def test_one_sample_never_gets_two_changes(self) -> None:
        a, b = a_and_b()
        part = found(desired(a, b, moved=(("a", "b"),)), there(a))
        assert "the manifest still has a sample 'a'" in part.errors[0]


class TestContent:
    """Local files against the URLs that are there."""

    WANT = desired(Sample(name="a", attributes=FILE))
    HAVE = Sample(name="a", attributes=THERE)
    ADDRESS = Address.of_sample(JANE, "a")

    def marked(self, pair: Pair | None) -> RemoteSample:
        return there(self.HAVE, structs.replace(OURS, sample=pair))

    def looked(self, content: Content) -> Scope:
        return structs.replace(SCOPE, contents={self.ADDRESS: content})

    def test_what_the_marker_tells_is_believed(self) -> None:
        part = found(self.WANT, self.marked(pair_of(FILE, THERE)))
        assert part.changes == ()
        assert part.unknown == 0

    def test_other_content_is_uploaded_whatever_a_look_says(self) -> None:
        other: dict[str, Tree] = {"image": {"url": Upload("b.jpg", "1" * 64)}}
        row = self.marked(pair_of(other, THERE))
        change = only(found(self.WANT, row, scope=self.looked(Content.SAME)))
        assert isinstance(change.after, Sample)
        assert change.after.attributes == FILE

    @pytest.mark.parametrize(
        ("content", "changes"),
        [(Content.SAME, 0), (Content.DIFFERENT, 1), (Content.UNKNOWN, 1)],
    )
    def test_another_encoding_of_the_same_bitmap_is_no_other_content(
        self, content: Content, changes: int
    ) -> None:
        url = Upload("mask.png", "2" * 64, "bitmap")
        mask: dict[str, Tree] = {"segmentation_bitmap": {"url": url}}
        source = Upload("mask.npy", "3" * 64, "bitmap")
        other: dict[str, Tree] = {"segmentation_bitmap": {"url": source}}
        stored: dict[str, Tree] = {"segmentation_bitmap": {"url": "https://x/m.png"}}
        pair = pair_of(other, stored)
        scope = self.looked(content)
        assert scope.needs_a_look(mask, remote=stored, pair=pair)
        row = there(
            Sample(name="a", attributes=stored), structs.replace(OURS, sample=pair)
        )
        want = desired(Sample(name="a", attributes=mask))
        part = found(want, row, scope=scope)
        assert len(part.changes) == changes

    @pytest.mark.parametrize(
        ("content", "changes", "unknown"),
        [
            (Content.SAME, 0, 0),
            (Content.DIFFERENT, 1, 0),
            (Content.UNKNOWN, 0, 1),
        ],
    )
    @pytest.mark.parametrize(
        "pair", [None, pair_of(FILE, {"image": {"url": "https://x/old.jpg"}})]
    )
    def test_without_a_word_of_the_marker_a_look_decides(
        self, pair: Pair | None, content: Content, changes: int, unknown: int
    ) -> None:
        part = found(self.WANT, self.marked(pair), scope=self.looked(content))
        assert len(part.changes) == changes
        assert part.unknown == unknown

    def test_the_word_of_a_cloned_marker_is_none(self) -> None:
        row = there(self.HAVE, structs.replace(CLONED, sample=pair_of(FILE, THERE)))
        assert only(found(self.WANT, row)).actions == (Action.ADOPT, Action.UPDATE)

    @pytest.mark.parametrize(
        ("content", "stated"), [(Content.SAME, FILE), (Content.UNKNOWN, {})]
    )
    def test_the_marker_is_told_of_no_file_that_nobody_could_compare(
        self, content: Content, stated: Tree
    ) -> None:
        want = desired(Sample(name="a", attributes=FILE, priority=3))
        change = only(found(want, self.marked(None), scope=self.looked(content)))
        assert change.actions == (Action.UPDATE,)
        assert change.stated == stated

    def test_the_marker_is_told_of_no_file_that_is_ignored(self) -> None:
        want = desired(
            Sample(name="a", attributes=FILE, priority=3),
            lifecycle=Lifecycle(ignore_changes=("attributes",)),
        )
        change = only(found(want, self.marked(None)))
        assert change.stated == {}
        assert isinstance(change.after, Sample)
        assert change.after.attributes is UNSET


def test_labels_of_samples_that_were_not_listed_wait() -> None:
    """A sample that a listing left out may have a label that nobody would look at."""
    row = DesiredSample(
        sample=Sample(name="b"), labels={"ground-truth": Label(), "model": Label()}
    )
    kinds = [change.kind for change in found(desired(row), complete=False).changes]
    assert kinds == [Kind.LABELSET, Kind.SAMPLE]
    part = found(desired(row, Sample(name="a")), complete=False)
    assert part.warnings[-1] == (
        "jane/flowers: 2 labels of samples that were not listed wait for a plan that "
        "sees their samples"
    )


def test_many_samples_that_can_not_be_planned_are_counted() -> None:
    names = [f"{number:02}" for number in range(25)]
    want = desired(*[Sample(name=name) for name in names])
    part = found(want, *[there(Sample(name=name), THEIRS) for name in names])
    assert len(part.errors) == 21
    assert part.errors[-1] == "jane/flowers: 5 more samples like these"
    assert all("--take-over q" in error for error in part.errors[:-1])


@pytest.mark.parametrize(
    ("marker", "quiet"),
    [(OURS, True), (CLONED, False), (THEIRS, False)],
)
def test_only_our_own_marker_tells_what_is_stuck(
    marker: Marker, *, quiet: bool
) -> None:
    marked = structs.replace(marker, stuck=frozenset({stuck_key("a", 1)}))
    have = there(Sample(name="a", metadata={"a": 1}), marked)
    part = found(desired(Sample(name="a", metadata={"a": None})), have, scope=TAKING)
    updates = [Action.UPDATE in change.actions for change in part.changes]
    assert updates == ([] if quiet else [True])

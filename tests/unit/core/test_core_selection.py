"""--target and --exclude: what is taken along, what needs what, what stays out."""

import pytest

from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.globs import globs
from dsac.core.losses import Evidence
from dsac.core.needs import Needs, contents, inside
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
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.selection import Selection, declared, select, unmatched
from dsac.core.values import Tree

JANE = "jane/flowers"
OLD: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}
NEW: dict[str, Tree] = {"image": {"url": "https://x/2.jpg"}}
BARE = Evidence(desired=None, remote=RemoteDataset(dataset=Dataset(name=JANE)))
DATASET = Change(address=Address.of_dataset(JANE), after=Dataset(name=JANE))


def part_of(kind: Kind, name: str) -> Address:
    return Address(kind, JANE, "", name)


LABELSET = Change(address=part_of(Kind.LABELSET, "model"), after=Labelset(name="model"))


def create(name: str) -> Change:
    return Change(address=Address.of_sample(JANE, name), after=Sample(name=name))


def update(
    name: str,
    *,
    moves: bool = False,
    previous: str = "",
    adopt: bool = False,
    replaces: str = "",
) -> Change:
    return Change(
        address=Address.of_sample(JANE, name),
        before=Sample(name=previous or name, attributes=OLD, priority=1),
        after=Sample(name=name, attributes=NEW if moves else OLD, priority=2),
        uuid=f"u-{previous or name}",
        previous=previous,
        adopt=adopt,
        replaces=replaces,
    )


def delete(name: str) -> Change:
    return Change(
        address=Address.of_sample(JANE, name),
        before=Sample(name=name),
        uuid=f"u-{name}",
    )


def label(name: str, labelset: str = "model", *, replaces: str = "") -> Change:
    address = Address.label(JANE, name, labelset)
    return Change(address=address, after=Label(), replaces=replaces)


def label_delete(name: str) -> Change:
    return Change(address=Address.label(JANE, name, "model"), before=Label())


def taken(
    *changes: Change,
    target: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    evidence: Evidence = BARE,
) -> set[str]:
    part = selected(*changes, target=target, exclude=exclude, evidence=evidence)
    return {str(item.address).removeprefix(JANE) for item in part.changes}


def selected(
    *changes: Change,
    target: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    evidence: Evidence = BARE,
) -> Differences:
    ordered = sorted(changes, key=lambda item: item.address.order)
    part = Differences(dataset=JANE, changes=tuple(ordered), owned=9)
    return select(part, Selection(target=target, exclude=exclude), evidence)


class TestTarget:
    """What a target takes along, and what it does not."""

    def test_without_flags_the_whole_is_taken(self) -> None:
        part = Differences(dataset=JANE, changes=(DATASET,))
        assert select(part, Selection(replace=("x",)), BARE) is part

    def test_a_label_takes_along_what_must_be_created(self) -> None:
        found = taken(
            DATASET,
            LABELSET,
            create("a"),
            create("b"),
            label("a"),
            label("a", "other"),
            target=(f"{JANE}:a@model",),
        )
        assert found == {"", "@model", ":a", ":a@model"}

    def test_other_changes_of_parents_stay_out(self) -> None:
        dataset = Change(
            address=DATASET.address,
            before=Dataset(name=JANE, settings={"readme": "a"}),
            after=Dataset(name=JANE, settings={"readme": "b"}),
        )
        gone = Change(address=LABELSET.address, before=LABELSET.after)
        part = selected(dataset, gone, update("a"), label("a"), target=(f"{JANE}:a@*",))
        assert [str(item.address) for item in part.changes] == [f"{JANE}:a@model"]
        assert part.left_out == 3
        assert part.owned == 9
        assert part.warnings == ()

    def test_parts_take_along_their_dataset(self) -> None:
        who = Collaborator(user="bob", role="admin")
        bob = Change(address=part_of(Kind.COLLABORATOR, "bob"), after=who)
        assert taken(DATASET, bob, LABELSET, target=("*+bob",)) == {"", "+bob"}
        assert taken(DATASET, bob, target=(JANE,)) == {""}

    def test_what_is_made_anew_takes_its_labels_along(self) -> None:
        changes = (update("a", replaces="u-a"), label("a", replaces="u-a"), label("b"))
        assert taken(*changes, target=("*:a",)) == {":a", ":a@model"}
        part = selected(*changes, target=("*:a@*",))
        assert part.changes == ()
        (warning,) = part.warnings
        assert warning == (
            f"{JANE}:a@model is left out: it needs the change of {JANE}:a, which is "
            "outside of --target"
        )

    def test_a_label_waits_for_the_image_that_it_is_for(self) -> None:
        changes = (update("a", moves=True), label("a"))
        assert taken(*changes, target=("*@model",)) == set()
        assert taken(*changes, target=("*:a", "*@model")) == {":a", ":a@model"}
        assert taken(update("a"), label("a"), target=("*@model",)) == {":a@model"}

    def test_a_label_that_goes_waits_for_its_sample_to_be_ours(self) -> None:
        changes = (update("a", adopt=True), label_delete("a"))
        assert taken(*changes, target=("*@model",)) == set()
        assert taken(update("a"), label_delete("a"), target=("*@model",)) == {
            ":a@model"
        }
        assert taken(label_delete("a"), target=("*@model",)) == {":a@model"}

    def test_renames_are_known_by_both_names_and_wait_in_a_chain(self) -> None:
        chain = (
            update("d", previous="c"),
            update("c", previous="b"),
            update("b", previous="a"),
        )
        assert taken(*chain, target=("*:d",)) == {":d"}
        assert taken(*chain, target=("*:c",)) == {":c", ":d"}
        assert taken(*chain, target=("*:b",)) == {":c", ":b"} - {":b", ":c"}
        assert taken(*chain, target=("*:a", "*:b", "*:c")) == {":b", ":c", ":d"}
        part = selected(*chain, target=("*:a",))
        assert part.warnings[0].startswith(f"{JANE}:b is left out: it needs the change")


class TestExclude:
    """What an exclusion takes out with it."""

    def test_what_lies_in_it_stays_out(self) -> None:
        changes = (LABELSET, create("a"), label("a"), label("b"), label("b", "other"))
        assert taken(*changes, exclude=(JANE,)) == set()
        assert taken(*changes, exclude=("*:a",)) == {
            "@model",
            ":b@model",
            ":b@other",
        }
        assert taken(*changes, exclude=("*rs@model",)) == {":a", ":b@other"}
        assert taken(*changes, exclude=("*:b@*",)) == {"@model", ":a", ":a@model"}

    def test_the_labels_of_a_sample_stay_out_with_its_name_before(self) -> None:
        changes = (update("b", previous="a"), label("b"), create("c"))
        assert taken(*changes, exclude=("*:a",)) == {":c"}

    def test_a_whole_chain_waits_for_a_rename_that_stays_out(self) -> None:
        chain = (
            update("d", previous="c"),
            update("c", previous="b"),
            update("b", previous="a"),
            label("b"),
            update("x"),
        )
        part = selected(*chain, exclude=("*:d",))
        assert {item.address.sample for item in part.changes} == {"b", "x"}
        assert [str(item.address) for item in part.changes] == [
            f"{JANE}:b@model",
            f"{JANE}:x",
        ]
        assert len(part.warnings) == 2
        assert part.left_out == 3

    def test_a_parent_that_nothing_needs_any_more_is_not_taken(self) -> None:
        changes = (DATASET, LABELSET, create("a"), label("a"), label("a", "other"))
        found = taken(*changes, target=("*:a@*",), exclude=("*@other",))
        assert found == {"", "@model", ":a", ":a@model"}
        assert taken(*changes, target=("*:a@model",), exclude=("*@model",)) == set()
        anew = (LABELSET, update("a", replaces="u-a"), label("a", replaces="u-a"))
        assert taken(*anew, target=("*:a@model",)) == set()

    def test_what_needs_an_excluded_parent_stays_out(self) -> None:
        changes = (DATASET, LABELSET, create("a"), label("a"))
        assert taken(*changes, target=("*:a@model",), exclude=("*:a",)) == set()

    def test_a_release_of_half_of_the_changes_is_warned_of(self) -> None:
        release = Change(address=part_of(Kind.RELEASE, "v1"), after=Release(name="v1"))
        old = Change(address=part_of(Kind.RELEASE, "v0"), before=Release(name="v0"))
        part = selected(release, old, create("a"), exclude=("*:a",))
        (warning,) = part.warnings
        assert warning == (
            f"{JANE}#v1 is made once and for all: without the changes that are left out"
        )
        assert selected(release, old, exclude=("*:a",)).warnings == ()


def there(name: str, **labels: RemoteLabel | Unknown | None) -> RemoteSample:
    return RemoteSample(uuid=f"u-{name}", sample=Sample(name=name), labels=labels)


REMOTE = RemoteDataset(
    dataset=Dataset(name=JANE),
    labelsets=(Labelset(name="model"),),
    collaborators=(Collaborator(user="bob", role="admin"),),
    releases=(Release(name="v1"),),
    samples={
        "a": there("a", model=RemoteLabel(label=Label())),
        "b": there("b", model=None),
    },
)
LABELS: dict[str, dict[str, RemoteLabel | Unknown | None]] = {
    "u-a": {"model": RemoteLabel(label=Label()), GROUND_TRUTH: None},
    "u-b": {"model": None, GROUND_TRUTH: Unknown()},
}
SEEN = Evidence(desired=None, remote=REMOTE, labels=LABELS)


class TestInside:
    """What goes along with what is deleted."""

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (delete("a"), {":a@model"}),
            (delete("b"), {":b@ground-truth"}),
            (update("a", replaces="u-a"), {":a@model"}),
            (label_delete("a"), set()),
            (
                Change(address=LABELSET.address, before=LABELSET.after),
                {":a@model"},
            ),
            (
                Change(address=DATASET.address, before=DATASET.after),
                {
                    "@model",
                    "+bob",
                    "#v1",
                    ":a",
                    ":a@model",
                    ":b",
                    ":b@ground-truth",
                },
            ),
        ],
    )
    def test_labels_that_are_there_or_unknown(
        self, change: Change, found: set[str]
    ) -> None:
        names = {str(item).removeprefix(JANE) for item in inside(change, SEEN)}
        assert names == found

    def test_a_label_that_nobody_read_counts_as_there(self) -> None:
        names = {str(item) for item in contents(REMOTE)}
        assert f"{JANE}:a@ground-truth" in names
        assert f"{JANE}:b@model" not in names

    def test_nothing_is_deleted_that_has_something_excluded_in_it(self) -> None:
        changes = (delete("a"), delete("b"), update("c"))
        assert taken(*changes, exclude=("*@model",), evidence=SEEN) == {":b", ":c"}
        assert taken(*changes, exclude=("*@ground-truth",), evidence=SEEN) == {
            ":a",
            ":c",
        }


class TestUnmatched:
    """Globs that match nothing."""

    DESIRED = Desired(
        dataset=Dataset(name=JANE),
        labelsets=(DesiredLabelset(labelset=Labelset(name="x"), owner="manifest"),),
        collaborators=(Collaborator(user="eve", role="admin"),),
        releases=(Release(name="v2"),),
        removed=(part_of(Kind.LABELSET, "gone"),),
        samples=(DesiredSample(sample=Sample(name="n"), labels={"x": Label()}),),
    )

    def rest(self, *texts: str) -> list[str]:
        moved = update("to", previous="from")
        part = Differences(dataset=JANE, changes=(moved,))
        found = unmatched(globs(texts), part, self.DESIRED, REMOTE)
        return [glob.text for glob in found]

    def test_what_is_declared_exists_or_changes_is_a_match(self) -> None:
        names = ["", "@x", "@ground-truth", "+eve", "#v2", "@gone", ":n", ":n@x"]
        names += [":to", ":from", "@model", "+bob", "#v1", ":a", ":a@model"]
        assert self.rest(*(JANE + name for name in names)) == []

    def test_everything_else_is_none(self) -> None:
        rest = [JANE + name for name in (":z", ":n@y", "@y", "+joe", "2", ":b@model")]
        assert self.rest(JANE, *rest) == rest

    def test_a_dataset_of_which_nothing_is_known_is_itself(self) -> None:
        part = Differences(dataset=JANE)
        found = unmatched(globs((JANE, f"{JANE}:a")), part, None, None)
        assert [glob.text for glob in found] == [f"{JANE}:a"]

    def test_a_manifest_that_manages_no_samples_declares_none(self) -> None:
        desired = Desired(dataset=Dataset(name=JANE))
        assert [str(item) for item in declared(desired)] == [f"{JANE}@ground-truth"]


@pytest.mark.parametrize(
    ("selection", "flags", "reads"),
    [
        (Selection(), "", True),
        (Selection(target=("jane/t*",)), "--target", False),
        (Selection(target=("jane/t*", "*:a")), "--target", True),
        (Selection(exclude=("jane/*",)), "--exclude", False),
        (Selection(exclude=("jane/flowers:*",)), "--exclude", True),
        (Selection(target=("*",), exclude=("*",)), "--target and --exclude", False),
        (Selection(replace=("*",)), "", True),
    ],
)
def test_a_selection_knows_its_flags_and_datasets(
    selection: Selection, flags: str, *, reads: bool
) -> None:
    assert selection.flags == flags
    assert selection.reads(JANE) is reads
    assert bool(selection) is (selection != Selection())


def test_closing_drops_what_needs_the_unwanted_over_any_way() -> None:
    chain = (update("c", previous="b"), update("b", previous="a"), label("b"))
    needs = Needs(chain)
    every = set(needs.changes)
    assert needs.closed(every) == every
    left = every - {Address.of_sample(JANE, "c")}
    assert needs.closed(left) == {Address.label(JANE, "b", "model")}


def test_what_needs_two_unwanted_changes_is_dropped_once() -> None:
    needs = Needs((LABELSET, create("a"), label("a"), create("b")))
    wanted = {Address.label(JANE, "a", "model"), Address.of_sample(JANE, "b")}
    assert needs.closed(wanted) == {Address.of_sample(JANE, "b")}

"""Renames by content: what counts as the same, and what can't be told apart."""

from collections.abc import Callable

import pytest
from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.labels import Machines
from dsac.core.marker import Marker, pair_of
from dsac.core.moves_by_content import Twins, find_twins
from dsac.core.ownership import Scope
from dsac.core.resources import (
    Address,
    Dataset,
    Desired,
    DesiredSample,
    Kind,
    Label,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
)
from dsac.core.samples import unsettled
from dsac.core.values import Tree, Upload, replace_uploads

JANE = "jane/flowers"
SCOPE = Scope(project="p", machines=Machines(frozenset({"ci"})))
Attributes = dict[str, Tree]
Actions = dict[str, tuple[Action, ...]]


def image(url: Tree, **more: Tree) -> Attributes:
    return {"image": {"url": url, **more}}


def file(content: str = "0", path: str = "a.jpg", form: str = "file") -> Upload:
    return Upload(path, content * 64, form)


def there(
    name: str,
    attributes: Attributes,
    *,
    project: str = "p",
    dataset: str = JANE,
    marked: bool = True,
) -> RemoteSample:
    """Make a sample that was uploaded: its files at URLs, the marker with the pair."""

    def uploaded(value: Tree) -> Tree:
        return replace_uploads(value, lambda _, item: f"https://x/{item.sha256[0]}")

    placed = {key: uploaded(item) for key, item in attributes.items()}
    marker = Marker(
        project=project, dataset=dataset, sample=pair_of(attributes, placed)
    )
    return RemoteSample(
        uuid=f"u-{name}",
        sample=Sample(name=name, attributes=placed),
        marker=marker if marked else None,
    )


def new(name: str, attributes: Attributes) -> Sample:
    return Sample(name=name, attributes=attributes)


def twins(left: list[RemoteSample], *fresh: Sample) -> Twins:
    return find_twins(left, fresh, dataset=JANE)


TWO = {"frames": [image(file("1", "1.jpg")), image(file("2", "2.jpg"))]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (image(file()), image(file(path="other/b.jpg"))),
        (image("https://x/1"), image("https://x/1")),
        (image("https://x/1", row=1, gone=None), image("https://x/1", row=1)),
        (image("https://x/1"), image("https://x/1", gone=None)),
        (image(file(), row=1), image(file(), row=1)),
        ({"frames": [*TWO["frames"]]}, TWO),
        (image(file()), image("https://x/0")),
    ],
    ids=[
        "file",
        "url",
        "null there",
        "null here",
        "file and more",
        "frames",
        "a file whose URL is now written",
    ],
)
def test_the_same_content_is_a_rename(before: Attributes, after: Attributes) -> None:
    found = twins([there("a", before)], new("b", after))
    assert found == Twins({"b": "a"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (image(file("0")), image(file("1"))),
        (image(file()), image(file(form="bitmap"))),
        (image(file(), row=1), image(file(), row=2)),
        (image(file(), row=1), image(file())),
        (image(file()), image(file(), row=1)),
        (image(file(), row=1), image(file(), row=True)),
        (image("https://x/1"), image("https://x/2")),
        (image("https://x/1"), image(file("1"))),
        ({"a": {"url": file()}}, {"b": {"url": file()}}),
        (TWO, {"frames": TWO["frames"][::-1]}),
        (TWO, {"frames": TWO["frames"][:1]}),
        ({}, {}),
        (image("https://x/1"), {}),
    ],
)
def test_anything_less_is_none(before: Attributes, after: Attributes) -> None:
    assert twins([there("a", before)], new("b", after)) == Twins()


def test_without_attributes_there_is_nothing_to_go_by() -> None:
    row = structs.replace(there("a", {}), sample=Sample(name="a"))
    assert twins([row], Sample(name="b", attributes=UNSET)) == Twins()


def test_urls_that_somebody_changed_make_the_marker_stale() -> None:
    row = there("a", image(file()))
    moved = structs.replace(row.sample, attributes=image("https://x/other"))
    row = structs.replace(row, sample=moved)
    assert twins([row], new("b", image(file()))) == Twins()


def test_the_marker_of_a_clone_tells_nothing() -> None:
    row = there("a", image(file()), dataset="jane/original")
    assert twins([row], new("b", image(file()))) == Twins()


@pytest.mark.parametrize(
    ("left", "fresh", "note"),
    [
        ("ab", "c", "'a', 'b' left the manifest, 'c' came with the same content"),
        ("a", "bc", "'a' left the manifest, 'b', 'c' came"),
        ("abcd", "ef", "'a', 'b', 'c' and 1 more left the manifest, 'e', 'f' came"),
    ],
)
@pytest.mark.parametrize("content", [file(), "https://x/1"], ids=["file", "url"])
def test_where_more_than_one_fit_none_is_renamed(
    left: str, fresh: str, note: str, content: Tree
) -> None:
    same = image(content)
    found = twins([there(name, same) for name in left], *[new(n, same) for n in fresh])
    assert found.renames == {}
    (said,) = found.notes
    assert note in said
    assert "write moved:" in said


def test_one_that_fits_by_its_file_and_by_its_url_fits_twice() -> None:
    fresh = new("b", image(file())), new("c", image("https://x/0"))
    found = twins([there("a", image(file()))], *fresh)
    assert found.renames == {}
    assert len(found.notes) == 2


def test_groups_that_are_clear_do_not_suffer_from_others() -> None:
    left = [there(name, image(file("0"))) for name in "ab"]
    left += [there("x", image(file("1")))]
    fresh = [new("c", image(file("0"))), new("y", image(file("1")))]
    found = twins(left, *fresh)
    assert found.renames == {"y": "x"}
    assert len(found.notes) == 1


def test_many_unclear_groups_are_counted() -> None:
    left = [there(f"{n}{x}", image(file(f"{n:x}"))) for n in range(7) for x in "ab"]
    fresh = [new(f"new{n}", image(file(f"{n:x}"))) for n in range(7)]
    found = twins(left, *fresh)
    assert len(found.notes) == 6
    assert "2 more groups" in found.notes[-1]


# Within a diff: who takes part.

OLD = there("a", image(file()))
NEW = new("b", image(file()))


def desired(*samples: Sample | DesiredSample, **more: object) -> Desired:
    rows = tuple(
        item if isinstance(item, DesiredSample) else DesiredSample(sample=item)
        for item in samples
    )
    return structs.replace(Desired(dataset=Dataset(name=JANE), samples=rows), **more)


def remote(*rows: RemoteSample, complete: bool = True) -> RemoteDataset:
    return RemoteDataset(
        dataset=Dataset(name=JANE, prevent_destroy=True),
        marker=Marker(project="p", dataset=JANE),
        samples={row.sample.name: row for row in rows},
        complete=complete,
    )


def actions(part: Differences) -> Actions:
    assert part.errors == ()
    return {str(change.address): change.actions for change in part.changes}


CREATED_AND_DELETED: Actions = {
    "jane/flowers:a": (Action.DELETE,),
    "jane/flowers:b": (Action.CREATE,),
}


def test_a_rename_says_why_and_keeps_the_uuid() -> None:
    (change,) = diff(desired(NEW), remote(OLD), scope=SCOPE).changes
    assert change.actions == (Action.RENAME,)
    assert (change.uuid, change.previous) == ("u-a", "a")
    assert change.reason == "same content as 'a', which left the manifest"


def test_a_rename_that_the_manifest_states_says_so() -> None:
    want = desired(NEW, moved=(("a", "b"),))
    (change,) = diff(want, remote(OLD), scope=SCOPE).changes
    assert change.reason == "listed in moved"


def test_a_rename_may_come_with_an_update() -> None:
    want = desired(structs.replace(NEW, priority=3))
    found = actions(diff(want, remote(OLD), scope=SCOPE))
    assert found == {"jane/flowers:b": (Action.RENAME, Action.UPDATE)}


def test_labels_are_compared_under_the_new_name() -> None:
    machine = RemoteLabel(label=Label(attributes={"x": 1}), created_by="ci")
    have = structs.replace(OLD, labels={"ground-truth": machine})
    same, other = (Label(attributes={"x": value}) for value in (1, 2))
    row = DesiredSample(sample=NEW, labels={"ground-truth": same})
    part = diff(desired(row), remote(have), scope=SCOPE)
    assert actions(part) == {"jane/flowers:b": (Action.RENAME,)}
    assert part.unchanged[Kind.LABEL] == 1
    row = structs.replace(row, labels={"ground-truth": other})
    assert actions(diff(desired(row), remote(have), scope=SCOPE)) == {
        "jane/flowers:b": (Action.RENAME,),
        "jane/flowers:b@ground-truth": (Action.UPDATE,),
    }


def test_the_content_of_labels_is_looked_at_under_the_new_name() -> None:
    theirs = RemoteLabel(
        label=Label(attributes={"segmentation_bitmap": {"url": "https://x/m"}}),
        created_by="ci",
    )
    have = structs.replace(OLD, labels={"ground-truth": theirs})
    mine = Label(attributes={"segmentation_bitmap": {"url": file("5", "m.png")}})
    want = desired(DesiredSample(sample=NEW, labels={"ground-truth": mine}))
    found = [item.address for item in unsettled(want, remote(have), scope=SCOPE)]
    assert found == [Address.label(JANE, "b", "ground-truth")]


Setting = Callable[[], Differences]


SETTINGS: dict[str, tuple[Setting, Actions]] = {
    "a part of the dataset": (
        lambda: diff(
            desired(NEW), remote(OLD), scope=structs.replace(SCOPE, partial=True)
        ),
        CREATED_AND_DELETED,
    ),
    "what is nobody's": (
        lambda: diff(
            desired(NEW, lifecycle=Lifecycle(prune="all")),
            remote(there("a", image(file()), marked=False)),
            scope=SCOPE,
        ),
        CREATED_AND_DELETED,
    ),
    "what is another project's": (
        lambda: diff(
            desired(NEW), remote(there("a", image(file()), project="q")), scope=SCOPE
        ),
        {"jane/flowers:b": (Action.CREATE,)},
    ),
    "what stays anyway": (
        lambda: diff(
            desired(NEW, lifecycle=Lifecycle(prune="none")), remote(OLD), scope=SCOPE
        ),
        {"jane/flowers:b": (Action.CREATE,)},
    ),
    "an incomplete listing": (
        lambda: diff(desired(NEW), remote(OLD, complete=False), scope=SCOPE),
        {"jane/flowers:b": (Action.CREATE,)},
    ),
    "a sample that is still in the manifest": (
        lambda: diff(desired(new("a", image(file())), NEW), remote(OLD), scope=SCOPE),
        {"jane/flowers:b": (Action.CREATE,)},
    ),
    "a sample that is renamed to another name": (
        lambda: diff(
            desired(NEW, new("c", image(file())), moved=(("a", "c"),)),
            remote(OLD),
            scope=SCOPE,
        ),
        {"jane/flowers:b": (Action.CREATE,), "jane/flowers:c": (Action.RENAME,)},
    ),
    "a new name that is another's by moved": (
        lambda: diff(
            desired(NEW, moved=(("x", "b"),)),
            remote(OLD, there("x", image(file("7")))),
            scope=SCOPE,
        ),
        {
            "jane/flowers:a": (Action.DELETE,),
            "jane/flowers:b": (Action.RENAME, Action.UPDATE),
        },
    ),
    "a name that exists": (
        lambda: diff(
            desired(NEW), remote(OLD, there("b", image(file("7")))), scope=SCOPE
        ),
        {"jane/flowers:a": (Action.DELETE,), "jane/flowers:b": (Action.UPDATE,)},
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_content_renames_nothing_where_it_is(case: str) -> None:
    setting, expected = SETTINGS[case]
    assert actions(setting()) == expected


def test_what_can_not_be_told_apart_is_created_and_deleted_with_a_note() -> None:
    part = diff(desired(NEW), remote(OLD, there("a2", image(file()))), scope=SCOPE)
    assert actions(part) == {
        **CREATED_AND_DELETED,
        "jane/flowers:a2": (Action.DELETE,),
    }
    assert "no rename can be told from that" in part.warnings[0]


def test_swapped_contents_are_updates_and_no_renames() -> None:
    rows = remote(there("a", image(file("1"))), there("b", image(file("2"))))
    want = desired(new("a", image(file("2"))), new("b", image(file("1"))))
    found = actions(diff(want, rows, scope=SCOPE))
    assert set(found.values()) == {(Action.UPDATE,)}


def test_after_the_rename_nothing_is_left_to_do() -> None:
    (change,) = diff(desired(NEW), remote(OLD), scope=SCOPE).changes
    assert isinstance(change, Change)
    done = structs.replace(OLD, sample=structs.replace(OLD.sample, name="b"))
    assert diff(desired(NEW), remote(done), scope=SCOPE).changes == ()

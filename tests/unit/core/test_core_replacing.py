"""Samples made anew: which can be, what becomes of them, and what is said."""

import pytest
from msgspec import structs

from dsac.core.change import Action
from dsac.core.diff import diff
from dsac.core.globs import Glob, globs
from dsac.core.labels import Machines
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.replacing import check_replace, replaced, why_not
from dsac.core.resources import (
    Address,
    Dataset,
    Desired,
    DesiredSample,
    Kind,
    Label,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
)
from dsac.core.samples import unsettled
from dsac.core.values import Tree, Upload
from dsac.errors import UsageError

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
FILE: dict[str, Tree] = {"image": {"url": Upload("a.jpg", "0" * 64)}}
THERE: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}
SCOPE = Scope(
    project="p", machines=Machines(frozenset({"ci"})), replace=globs((f"{JANE}:[ab]",))
)


def desired(*names: str, moved: tuple[tuple[str, str], ...] = ()) -> Desired:
    rows = tuple(
        DesiredSample(
            sample=Sample(name=name, attributes=FILE),
            labels={"model": Label(status="PRELABELED")},
        )
        for name in names
    )
    return Desired(dataset=Dataset(name=JANE), samples=rows, moved=moved)


def remote(
    *names: str, marker: Marker | None = OURS, complete: bool = True
) -> RemoteDataset:
    label = RemoteLabel(label=Label(), created_by="ci")
    return RemoteDataset(
        dataset=Dataset(name=JANE, prevent_destroy=True),
        marker=OURS,
        samples={
            name: RemoteSample(
                uuid=f"u-{name}",
                sample=Sample(name=name, attributes=THERE, priority=3),
                marker=marker,
                labels={"model": label},
            )
            for name in names
        },
        complete=complete,
    )


def found(
    want: Desired, have: RemoteDataset, scope: Scope = SCOPE
) -> dict[str, tuple[Action, ...]]:
    part = diff(want, have, scope=scope)
    return {
        str(item.address).removeprefix(JANE): item.actions
        for item in part.changes
        if item.kind in {Kind.SAMPLE, Kind.LABEL}
    }


def test_a_sample_is_deleted_and_created_with_the_labels_of_the_manifest() -> None:
    part = diff(desired("a", "c"), remote("a", "c"), scope=SCOPE)
    changes = {str(item.address): item for item in part.changes}
    sample = changes[f"{JANE}:a"]
    assert sample.actions == (Action.DELETE, Action.CREATE)
    assert sample.before == Sample(name="a", attributes=THERE, priority=3)
    assert sample.after == Sample(name="a", attributes=FILE)
    assert (sample.uuid, sample.replaces, sample.owned) == ("u-a", "u-a", True)
    assert sample.is_replacement
    assert sample.takes_away
    assert not sample.is_create
    assert not sample.is_delete
    label = changes[f"{JANE}:a@model"]
    assert label.actions == (Action.CREATE,)
    assert (label.uuid, label.replaces, label.owned) == ("", "u-a", True)
    assert not label.is_replacement
    assert changes[f"{JANE}:c"].actions == (Action.UPDATE,)


def test_only_what_is_ours_there_and_readable_is_replaced() -> None:
    create = {":b": (Action.CREATE,), ":b@model": (Action.CREATE,)}
    assert found(desired("b"), remote()) == create
    assert found(desired("a"), remote("a", marker=None))[":a"] == (
        Action.ADOPT,
        Action.UPDATE,
    )
    part = found(desired("a"), remote("a", complete=False))
    assert part[":a"] == (Action.UPDATE,)


def test_a_sample_that_is_renamed_is_not_replaced() -> None:
    moved = (("a", "b"),)
    part = found(desired("b", moved=moved), remote("a"))
    assert part[":b"] == (Action.RENAME, Action.UPDATE)


def test_nobody_looks_at_the_content_of_what_is_made_anew() -> None:
    want, have = desired("a", "c"), remote("a", "c")
    looked = {item.address.sample for item in unsettled(want, have, scope=SCOPE)}
    assert looked == {"c"}


@pytest.mark.parametrize(
    "text",
    [
        f"{JANE}:a",
        f"{JANE}:a%40b",
        f"{JANE}:*",
        "*",
        "*:a",
        "jane/*",
        f"{JANE}:a%2Bb*",
    ],
)
def test_samples_and_globs_can_be_meant(text: str) -> None:
    check_replace((text,))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "names nothing"),
        ("a", "names nothing"),
        ("*@x", "names nothing"),
        (f"{JANE}:", "names nothing"),
        (JANE, "is a dataset"),
        (f"{JANE}@x", "is a labelset"),
        (f"{JANE}:*@x", "is a label"),
        (f"{JANE}:a@x", "is a label"),
        (f"{JANE}+bob", "is a collaborator"),
        (f"{JANE}#v*", "is a release"),
    ],
)
def test_nothing_else_can(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=f"--replace .* {what}") as caught:
        check_replace((f"{JANE}:a", text))
    assert "only samples can be replaced" in caught.value.hint
    assert "@ : # + % * ? [ are written as %40" in caught.value.hint


def test_a_glob_is_done_where_it_replaces_a_sample() -> None:
    part = diff(desired("a", "c"), remote("a", "c"), scope=SCOPE)
    assert replaced(Glob.of("*:a"), part.changes)
    assert not replaced(Glob.of("*:c"), part.changes)
    assert not replaced(Glob.of("*:a@*"), part.changes)


@pytest.mark.parametrize(
    ("text", "have", "why"),
    [
        ("*:a", remote("a"), ""),
        ("jane/trees:a", remote("a"), ""),
        (f"{JANE}:z", remote("a"), "the manifest does not have it"),
        (f"{JANE}:a", remote(), "it is not there under this name"),
        (f"{JANE}:a", None, "it is not there under this name"),
        (f"{JANE}:a", remote("a", marker=None), "it is not managed by this project"),
        (f"{JANE}:a", remote("a", complete=False), "the listing of samples was not"),
        (f"{JANE}:a", remote("a"), "it is being renamed"),
    ],
)
def test_why_a_sample_can_not_be_replaced(
    text: str, have: RemoteDataset | None, why: str
) -> None:
    reasons = list(why_not(Glob.of(text), desired("a"), have, SCOPE))
    assert [reason[: len(why)] for reason in reasons] == ([why] if why else [])


@pytest.mark.parametrize("name", ["50%", "a#1", "a+b", "a:b"])
def test_a_name_that_is_written_as_it_is_is_told_how_to_write_it(name: str) -> None:
    text = f"{JANE}:{name}"
    (why,) = why_not(Glob.of(text), desired(name), remote(name), SCOPE)
    assert why.startswith(f"write it {str(Address.of_sample(JANE, name))!r}: in names")


def test_a_manifest_that_manages_no_samples_replaces_none() -> None:
    want = structs.replace(desired(), samples=None)
    (why,) = why_not(Glob.of(f"{JANE}:a"), want, remote("a"), SCOPE)
    assert why.startswith("the manifest does not have it")
    assert diff(want, remote("a"), scope=SCOPE).changes == ()


def test_labels_are_addressed_in_the_dataset() -> None:
    part = diff(desired("a"), remote("a"), scope=SCOPE)
    labels = [item.address for item in part.changes if item.kind is Kind.LABEL]
    assert labels == [Address.label(JANE, "a", "model")]

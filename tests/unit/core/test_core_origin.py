"""Where changes come from: the manifests of another revision, on the same reading."""

import pytest
from msgspec import UNSET, UnsetType, structs

from dsac.core.change import Change, Origin
from dsac.core.diff import diff
from dsac.core.document import plan_from, saved_plan_document
from dsac.core.globs import globs
from dsac.core.labels import Machines
from dsac.core.origin import Base, recreated, with_origins
from dsac.core.ownership import Scope
from dsac.core.plan import Allowances, Revision
from dsac.core.removal import Asked, diff_removal
from dsac.core.resources import (
    Address,
    Dataset,
    Desired,
    DesiredSample,
    Lifecycle,
    RemoteDataset,
)
from dsac.core.values import Tree
from tests.factories import (
    JANE,
    PROJECT,
    make_change,
    make_dataset,
    make_desired,
    make_plan,
    make_remote,
    make_remote_sample,
    make_sample,
    make_upload,
)

SCOPE = Scope(project=PROJECT, machines=Machines(frozenset({"jane"})))
THEN = Revision("main", "1a2b3c4d" * 5)
REMOTE = make_remote(make_remote_sample(make_sample(priority=9, metadata={"n": 1})))


def row(
    name: str = "violet.jpg", *, priority: int | UnsetType = UNSET
) -> DesiredSample:
    return DesiredSample(sample=make_sample(name, priority=priority))


def base(*samples: DesiredSample, dataset: Dataset | None = None) -> Base:
    desired = make_desired(*samples, dataset=dataset)
    return Base(revision=THEN, datasets={JANE: desired})


def split(
    desired: Desired, then: Base, remote: RemoteDataset | None = REMOTE
) -> dict[str, Change]:
    part = diff(desired, remote, scope=SCOPE)
    found = with_origins(part.changes, then, dataset=JANE, remote=remote, scope=SCOPE)
    assert [structs.replace(item, origin=None, also=()) for item in found] == list(
        part.changes
    )
    return {str(item.address): item for item in found}


def origins(
    desired: Desired, then: Base, remote: RemoteDataset | None = REMOTE
) -> dict[str, Origin | None]:
    return {key: item.origin for key, item in split(desired, then, remote).items()}


SAMPLE = "jane/flowers:violet.jpg"


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (base(row(priority=1)), Origin.DRIFT),
        (base(row(priority=2)), Origin.CHANGE),
        (base(row(priority=9)), Origin.CHANGE),
        (base(row()), Origin.CHANGE),
        (base(), Origin.CHANGE),
        (Base(revision=THEN), Origin.CHANGE),
        (Base(revision=THEN, removed=frozenset({JANE})), Origin.CHANGE),
    ],
)
def test_what_both_would_write_is_drift(then: Base, expected: Origin) -> None:
    assert origins(make_desired(row(priority=1)), then) == {SAMPLE: expected}


def test_nothing_to_change_comes_from_nowhere() -> None:
    assert origins(make_desired(row()), base(row(priority=1))) == {}


def test_true_is_not_the_one_that_it_was() -> None:
    def wants(value: Tree) -> DesiredSample:
        return DesiredSample(sample=make_sample(metadata={"n": value}))

    desired = make_desired(wants(value=True))
    assert origins(desired, base(wants(value=True))) == {SAMPLE: Origin.DRIFT}
    assert origins(desired, base(wants(2))) == {SAMPLE: Origin.CHANGE}
    remote = make_remote(make_remote_sample(make_sample(metadata={"n": 2})))
    assert origins(desired, base(wants(1)), remote) == {SAMPLE: Origin.CHANGE}


def test_what_is_stated_as_it_is_makes_no_difference() -> None:
    stated = structs.replace(make_sample(priority=1, metadata={"n": 1}))
    desired = make_desired(DesiredSample(sample=stated))
    assert origins(desired, base(row(priority=1))) == {SAMPLE: Origin.DRIFT}


def test_a_change_on_top_of_drift_names_the_drift() -> None:
    stated = make_sample(priority=1, metadata={"n": 2})
    (item,) = split(
        make_desired(DesiredSample(sample=stated)), base(row(priority=1))
    ).values()
    assert (item.origin, item.also) == (Origin.CHANGE, ("priority",))


def test_a_creation_on_top_of_a_loss_is_the_changes_alone() -> None:
    desired = make_desired(row(priority=1))
    (item,) = split(desired, base(row(priority=2)), make_remote()).values()
    assert (item.origin, item.also) == (Origin.CHANGE, ())
    assert origins(desired, base(row(priority=1)), make_remote()) == {
        SAMPLE: Origin.DRIFT
    }


def test_a_delete_is_drift_where_the_sample_was_in_no_manifest_then() -> None:
    assert origins(make_desired(), base()) == {SAMPLE: Origin.DRIFT}
    assert origins(make_desired(), base(row())) == {SAMPLE: Origin.CHANGE}
    assert origins(make_desired(), base(row(priority=1))) == {SAMPLE: Origin.CHANGE}


def test_a_rename_is_drift_where_it_was_asked_for_then() -> None:
    desired = structs.replace(
        make_desired(row("new.jpg")), moved=(("violet.jpg", "new.jpg"),)
    )
    address = "jane/flowers:new.jpg"
    then = Base(revision=THEN, datasets={JANE: desired})
    assert origins(desired, then) == {address: Origin.DRIFT}
    assert origins(desired, base(row())) == {address: Origin.CHANGE}
    # Then it was to be created under that name; now it is another sample's.
    assert origins(desired, base(row("new.jpg"))) == {address: Origin.CHANGE}


def test_a_rename_of_another_sample_is_a_change() -> None:
    def wants(source: str) -> Desired:
        return structs.replace(make_desired(row("z.jpg")), moved=((source, "z.jpg"),))

    remote = make_remote(
        *(make_remote_sample(make_sample(name)) for name in ("a.jpg", "b.jpg"))
    )
    then = Base(revision=THEN, datasets={JANE: wants("b.jpg")})
    assert origins(wants("a.jpg"), then, remote) == {
        "jane/flowers:b.jpg": Origin.CHANGE,
        "jane/flowers:z.jpg": Origin.CHANGE,
    }


def test_a_mark_on_what_was_to_be_deleted_is_a_change() -> None:
    unmarked = structs.replace(make_remote_sample(), marker=None)
    lifecycle = Lifecycle(adopt="all", prune="all")
    desired = make_desired(row(), lifecycle=lifecycle)
    pruning = make_desired(lifecycle=lifecycle)
    then = Base(revision=THEN, datasets={JANE: pruning})
    remote = make_remote(unmarked)
    assert origins(pruning, then, remote) == {SAMPLE: Origin.DRIFT}
    assert origins(desired, then, remote) == {SAMPLE: Origin.CHANGE}


def test_a_sample_that_is_made_anew_on_demand_is_a_change() -> None:
    scope = structs.replace(SCOPE, replace=globs((SAMPLE,)))
    part = diff(make_desired(row(priority=1)), REMOTE, scope=scope)
    (item,) = with_origins(
        part.changes, base(row(priority=1)), dataset=JANE, remote=REMOTE, scope=scope
    )
    assert item.is_replacement
    assert (item.origin, item.also) == (Origin.CHANGE, ())


def test_another_file_is_a_change_and_the_same_is_drift() -> None:
    def wants(digest: str) -> DesiredSample:
        upload = structs.replace(make_upload(), sha256=digest)
        return DesiredSample(sample=make_sample(url=upload))

    remote = make_remote(make_remote_sample(make_sample(url="https://x/1.jpg")))
    desired = make_desired(wants("1" * 64))
    assert origins(desired, base(wants("1" * 64)), remote) == {SAMPLE: Origin.DRIFT}
    assert origins(desired, base(wants("2" * 64)), remote) == {SAMPLE: Origin.CHANGE}
    assert origins(desired, base(wants("")), remote) == {SAMPLE: Origin.CHANGE}


def test_an_adoption_that_only_now_is_asked_for_is_a_change() -> None:
    unmarked = structs.replace(REMOTE, marker=None)
    desired = make_desired(row(priority=9), dataset=make_dataset(settings={"a": 1}))
    then = base(row(priority=9), dataset=make_dataset(settings={"a": 1}))
    assert origins(desired, then, unmarked) == {JANE: Origin.DRIFT}
    quiet = base(row(priority=9), dataset=make_dataset(settings={}))
    assert origins(desired, quiet, unmarked) == {JANE: Origin.CHANGE}


def test_a_removal_is_drift_where_it_was_asked_for_then() -> None:
    part = diff_removal(JANE, REMOTE, scope=SCOPE, asked=Asked.IN_REMOVED)
    for then, origin in (
        (Base(revision=THEN, removed=frozenset({JANE})), Origin.DRIFT),
        (base(row()), Origin.CHANGE),
        (Base(revision=THEN), Origin.CHANGE),
    ):
        (item,) = with_origins(
            part.changes, then, dataset=JANE, remote=REMOTE, scope=SCOPE
        )
        assert item.origin is origin


@pytest.mark.parametrize(
    ("then", "recreate", "count"),
    [
        (base(), False, 1),
        (base(), True, 0),
        (Base(revision=THEN), False, 0),
        (Base(revision=THEN, removed=frozenset({JANE})), False, 0),
    ],
)
def test_a_dataset_that_was_declared_is_not_made_anew_without_a_word(
    then: Base, count: int, *, recreate: bool
) -> None:
    changes = diff(make_desired(row()), None, scope=SCOPE).changes
    blocks = list(recreated(changes, then, Allowances(recreate=recreate)))
    assert len(blocks) == count
    assert all("--allow-recreate" in block.remedy for block in blocks)
    assert all("was declared at main already" in block.message for block in blocks)


def test_a_dataset_that_is_there_is_not_made_anew() -> None:
    changes = diff(
        make_desired(dataset=make_dataset(settings={"a": 1})), REMOTE, scope=SCOPE
    )
    assert list(recreated(changes.changes, base(), Allowances())) == []


def test_a_split_plan_is_counted_and_read_back_as_it_was() -> None:
    change = structs.replace(make_change(), origin=Origin.CHANGE, also=("priority",))
    other = structs.replace(make_change(name="b"), origin=Origin.DRIFT, held="why")
    plan = structs.replace(make_plan(change, other), base=THEN)
    plan = structs.replace(plan, allow=Allowances(recreate=True))
    assert plan.origins == {Origin.CHANGE: 1, Origin.DRIFT: 1}
    assert plan_from(saved_plan_document(plan)) == plan


def test_the_address_of_a_block_is_that_of_the_dataset() -> None:
    changes = diff(make_desired(), None, scope=SCOPE).changes
    (block,) = recreated(changes, base(), Allowances())
    assert block.address == str(Address.of_dataset(JANE))

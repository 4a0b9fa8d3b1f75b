"""The guards of datasets: categories, task types, prevent_destroy; what is read."""

import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.guard import Guarded, Risk, category_changes, guard, risk
from dsac.core.labels import Machines
from dsac.core.losses import Evidence
from dsac.core.plan import Allowances, Policy
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Desired,
    Kind,
    Label,
    Labelset,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
)
from dsac.core.values import Tree

JANE = "jane/flowers"
TREES = "jane/trees"
MACHINES = Machines(frozenset({"ci"}))
PERSON = RemoteLabel(label=Label(status="LABELED"), created_by="bob")
OLD: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}
NEW: dict[str, Tree] = {"image": {"url": "https://x/2.jpg"}}
Part = tuple[Differences, Evidence]


def delete(name: str, *, owned: bool = True, dataset: str = JANE) -> Change:
    return Change(
        address=Address.of_sample(dataset, name),
        before=Sample(name=name),
        uuid=f"u-{name}",
        owned=owned,
    )


def deletes(count: int, *, owned: bool = True, dataset: str = JANE) -> list[Change]:
    return [
        delete(f"{number:05}", owned=owned, dataset=dataset) for number in range(count)
    ]


def part(
    *changes: Change,
    owned: int = 100,
    labelled: frozenset[str] = frozenset(),
    exist: bool = True,
    lifecycle: Lifecycle | None = None,
    dataset: str = JANE,
) -> Part:
    """Build a dataset's changes; `labelled` names samples with a person's label."""
    uuids = {change.uuid for change in changes} | {f"u-{name}" for name in labelled}
    rows = {
        uuid: RemoteSample(uuid=uuid, sample=Sample(name=uuid.removeprefix("u-")))
        for uuid in uuids
    }
    labels = {
        uuid: {GROUND_TRUTH: PERSON if uuid.removeprefix("u-") in labelled else None}
        for uuid in uuids
    }
    desired = Desired(dataset=Dataset(name=dataset), lifecycle=lifecycle or Lifecycle())
    return (
        Differences(
            dataset=dataset,
            changes=tuple(sorted(changes, key=lambda item: item.address.order)),
            owned=owned,
        ),
        Evidence(
            desired=desired,
            remote=RemoteDataset(dataset=Dataset(name=dataset), samples=rows),
            labels=labels,
            labelled=exist,
        ),
    )


def guarded(*parts: Part, **allow: int) -> Guarded:
    return under(Policy(), *parts, **allow)


def under(policy: Policy, *parts: Part, **allow: int) -> Guarded:
    return guard(
        parts,
        machines=MACHINES,
        policy=policy,
        allow=structs.replace(Allowances(), **allow),
    )


LOSING = Change(
    address=Address.of_dataset(JANE),
    before=Dataset(name=JANE, task_attributes={"categories": [{"id": 1}]}),
    after=Dataset(name=JANE, task_attributes={"categories": []}),
)


class TestCategories:
    """Categories under labels, task types under labels."""

    def change(self, before: Tree, after: Tree) -> Change:
        return Change(
            address=Address.of_dataset(JANE),
            before=Dataset(name=JANE, task_attributes={"categories": before}),
            after=Dataset(name=JANE, task_attributes={"categories": after}),
        )

    @pytest.mark.parametrize(
        ("before", "after", "found"),
        [
            ([{"id": 1, "name": "a"}], [], ("1 'a' removed",)),
            ([{"id": 1, "name": "a"}], None, ("1 'a' removed",)),
            (
                [{"id": 1, "name": "a"}],
                [{"id": 1, "name": "b"}],
                ("1 'a' becomes 'b'",),
            ),
            ([{"id": 1, "name": "a"}], [{"id": 2, "name": "a"}], ("1 'a' removed",)),
            (
                [{"id": 1, "name": "a"}],
                [{"id": 1, "name": "a", "color": [1, 2, 3]}, {"id": 2, "name": "b"}],
                (),
            ),
            (
                [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
                [{"id": 2, "name": "b"}, {"id": 1, "name": "a"}],
                (),
            ),
            ([], [{"id": 1, "name": "a"}], ()),
        ],
    )
    def test_removed_ids_and_other_names_count(
        self, before: Tree, after: Tree, found: tuple[str, ...]
    ) -> None:
        change = self.change(before, after)
        assert category_changes(change) == found
        blocks = guarded(part(change)).blocks
        assert len(blocks) == bool(found)
        assert guarded(part(change, exist=False)).blocks == ()

    def test_a_dataset_made_or_gone_changes_no_category(self) -> None:
        change = self.change([{"id": 1}], [])
        assert category_changes(structs.replace(change, after=None)) == ()
        assert category_changes(structs.replace(change, before=None)) == ()

    def test_categories_that_are_not_stated_do_not_change(self) -> None:
        none = Dataset(name=JANE)
        change = Change(address=Address.of_dataset(JANE), before=none, after=none)
        assert category_changes(change) == ()

    @pytest.mark.parametrize(("exist", "count"), [(True, 1), (False, 0)])
    def test_the_task_type_is_fixed_while_there_is_a_label(
        self, *, exist: bool, count: int
    ) -> None:
        change = Change(
            address=Address.of_dataset(JANE),
            before=Dataset(name=JANE, task_type="vector"),
            after=Dataset(name=JANE, task_type="bboxes"),
        )
        assert len(guarded(part(change, exist=exist)).blocks) == count
        assert risk(part(change)[0]).any_label


class TestPreventDestroy:
    """A dataset that its marker keeps."""

    @pytest.mark.parametrize(
        ("keep", "owned", "blocked"),
        [(True, True, True), (False, True, False), (True, False, False)],
    )
    def test_it_blocks_the_delete_of_what_is_ours(
        self, *, keep: bool, owned: bool, blocked: bool
    ) -> None:
        gone = Change(
            address=Address.of_dataset(JANE),
            before=Dataset(name=JANE, prevent_destroy=keep),
            owned=owned,
        )
        assert bool(guarded(part(gone, owned=0)).blocks) is blocked

    def test_no_allowance_lifts_it(self) -> None:
        gone = Change(
            address=Address.of_dataset(JANE),
            before=Dataset(name=JANE, prevent_destroy=True),
            owned=True,
            covers=2,
        )
        (block,) = guarded(part(gone, owned=2), delete=2).blocks
        assert "prevent_destroy" in block.message


def test_a_dataset_without_a_manifest_goes_by_the_projects_policy() -> None:
    differences, evidence = part(*deletes(11))
    alone = structs.replace(evidence, desired=None)
    assert len(guarded((differences, alone)).blocks) == 1
    lax = Policy(max_delete_percent=50)
    assert under(lax, (differences, alone)).blocks == ()


class TestRisk:
    """What must be read before changes can be judged."""

    def asked(self, *changes: Change) -> Risk:
        return risk(part(*changes)[0])

    def test_nothing_for_what_can_cost_nothing(self) -> None:
        create = Change(address=Address.of_sample(JANE, "a"), after=Sample(name="a"))
        label = Change(address=Address.label(JANE, "a", "x"), before=Label(), uuid="u")
        assert self.asked(create, label) == Risk()

    def test_samples_that_go_or_change_their_content(self) -> None:
        update = Change(
            address=Address.of_sample(JANE, "b"),
            before=Sample(name="b", attributes=OLD),
            after=Sample(name="b", attributes=NEW),
            uuid="u-b",
        )
        assert self.asked(delete("a"), update).samples == {"u-a", "u-b"}

    def test_label_sets_and_datasets_that_go(self) -> None:
        labelset = Change(
            address=Address(Kind.LABELSET, JANE, "", "x"), before=Labelset(name="x")
        )
        dataset = Change(address=Address.of_dataset(JANE), before=Dataset(name=JANE))
        assert self.asked(labelset).labelsets == {"x"}
        assert self.asked(dataset) == Risk(everything=True)

    def test_any_label_where_categories_change(self) -> None:
        assert self.asked(LOSING) == Risk(any_label=True)

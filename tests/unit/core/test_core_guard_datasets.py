"""The guards of datasets: categories, task types, prevent_destroy; what is read."""

import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.guard import Risk, category_changes, risk
from dsac.core.plan import Policy
from dsac.core.resources import (
    Address,
    Dataset,
    Kind,
    Label,
    Labelset,
    Sample,
)
from dsac.core.values import Tree
from tests.unit.core.guard_builders import (
    JANE,
    NEW,
    OLD,
    delete,
    deletes,
    guarded,
    part,
    under,
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

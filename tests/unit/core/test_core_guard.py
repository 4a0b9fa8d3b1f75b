"""The guards: held changes, blocks, and counts that must be exact."""

import pytest
from msgspec import structs

from dsac.core.change import Change, Loss
from dsac.core.guard import Guarded, hold_waiting
from dsac.core.plan import Policy
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Kind,
    Label,
    Labelset,
    Lifecycle,
    Sample,
)
from dsac.core.values import Tree
from tests.unit.core.guard_builders import (
    JANE,
    NEW,
    OLD,
    TREES,
    Part,
    delete,
    deletes,
    guarded,
    part,
    replace,
    under,
)


def held(result: Guarded) -> dict[str, str]:
    return {str(item.address): item.held for item in result.changes if item.held}


class TestDeletes:
    """How many samples may go without a word."""

    @pytest.mark.parametrize(
        ("count", "owned", "limit"),
        [
            (5, 10, ""),
            (5, 11, ""),
            (5, 9, "more than 10 %"),
            (6, 60, ""),
            (6, 59, "more than 10 %"),
            (6, 12, "more than 10 %"),
            (10, 100, ""),
            (11, 100, "more than 10 %"),
            (2, 4, ""),
            (3, 4, "more than 10 %"),
            (1, 2, ""),
            (1, 1, "all that dsac manages"),
            (3, 3, "all that dsac manages"),
            (1000, 10000, ""),
            (1001, 100000, "more than the limit of 1000"),
            (0, 0, ""),
        ],
    )
    def test_the_edges(self, count: int, owned: int, limit: str) -> None:
        blocks = guarded(part(*deletes(count), owned=owned)).blocks
        assert len(blocks) == bool(limit)
        assert all(limit in block.message for block in blocks)

    @pytest.mark.parametrize(
        ("lifecycle", "policy", "blocked"),
        [
            (Lifecycle(max_delete_percent=5), Policy(), True),
            (Lifecycle(max_delete_count=6), Policy(), True),
            (Lifecycle(max_delete_percent=90), Policy(max_delete_percent=5), True),
            (Lifecycle(max_delete_count=90), Policy(max_delete_count=6), True),
            (Lifecycle(max_delete_count=7, max_delete_percent=7), Policy(), False),
            (Lifecycle(max_delete_percent=90, max_delete_count=9000), Policy(), False),
        ],
    )
    def test_the_stricter_of_dataset_and_project_counts(
        self, lifecycle: Lifecycle, policy: Policy, *, blocked: bool
    ) -> None:
        found = under(policy, part(*deletes(7), owned=100, lifecycle=lifecycle))
        assert bool(found.blocks) is blocked

    def test_a_few_pass_the_percentage_but_never_the_count(self) -> None:
        few = part(*deletes(3), owned=10, lifecycle=Lifecycle(max_delete_percent=0))
        assert guarded(few).blocks == ()
        none = part(*deletes(3), owned=10, lifecycle=Lifecycle(max_delete_count=2))
        assert len(guarded(none).blocks) == 1

    @pytest.mark.parametrize(
        ("count", "owned", "blocked"),
        [
            (5, 10, False),
            (6, 10, True),
            (10, 100, False),
            (11, 100, True),
            (1, 0, True),
        ],
    )
    def test_samples_of_nobodys_count_and_leave_ours_where_they_are(
        self, count: int, owned: int, *, blocked: bool
    ) -> None:
        found = guarded(part(*deletes(count, owned=False), owned=owned))
        assert bool(found.blocks) is blocked
        assert all("all that dsac" not in block.message for block in found.blocks)

    def test_held_deletes_do_not_count(self) -> None:
        names = frozenset(f"{number:05}" for number in range(6))
        found = guarded(part(*deletes(11), owned=100, labelled=names))
        assert len(held(found)) == 6
        assert found.blocks == ()

    def test_a_dataset_counts_with_all_its_samples(self) -> None:
        gone = Change(
            address=Address.of_dataset(JANE),
            before=Dataset(name=JANE),
            owned=True,
            covers=3,
        )
        (block,) = guarded(part(gone, owned=3)).blocks
        assert "3 samples would be deleted, dsac manages 3" in block.message
        assert guarded(part(gone, owned=3), delete=3).blocks == ()

    @pytest.mark.parametrize(
        ("count", "owned", "limit"),
        [(1, 10, ""), (5, 10, ""), (6, 59, "10 %"), (1, 1, "all that dsac manages")],
    )
    def test_replacements_count_as_deletes(
        self, count: int, owned: int, limit: str
    ) -> None:
        anew = [replace(f"{number:05}") for number in range(count)]
        blocks = guarded(part(*anew, owned=owned)).blocks
        assert len(blocks) == bool(limit)
        for block in blocks:
            assert f"({count} of them to be made anew)" in block.message
            assert limit in block.message
        assert guarded(part(*anew, owned=owned), delete=count).blocks == ()

    def test_deletes_and_replacements_are_one_sum(self) -> None:
        both = part(*deletes(4), replace("x"), replace("y"), owned=59)
        (block,) = guarded(both).blocks
        assert "6 samples would be deleted (2 of them to be made anew)" in block.message
        assert guarded(both, delete=6).blocks == ()
        assert len(guarded(both, delete=4).blocks) == 1

    def test_deleting_a_label_set_deletes_no_sample(self) -> None:
        gone = Change(
            address=Address(Kind.LABELSET, JANE, "", "x"), before=Labelset(name="x")
        )
        assert guarded(part(gone)).blocks == ()

    def test_one_exact_word_covers_all_datasets(self) -> None:
        parts = (
            part(*deletes(20)),
            part(*deletes(30, dataset=TREES), dataset=TREES),
        )
        blocks = guarded(*parts).blocks
        assert [block.address for block in blocks] == [JANE, TREES]
        assert all("--allow-delete 50 if" in block.remedy for block in blocks)
        assert guarded(*parts, delete=50).blocks == ()


class TestExactness:
    """A count that was allowed must be the one of the plan."""

    CATEGORIES = Change(
        address=Address.of_dataset(JANE),
        before=Dataset(name=JANE, task_attributes={"categories": [{"id": 1}]}),
        after=Dataset(name=JANE, task_attributes={"categories": []}),
    )

    def everything(self) -> Part:
        gone = [delete(f"{number:05}") for number in range(21)]
        return part(*gone, self.CATEGORIES, labelled=frozenset({"00020"}))

    def test_all_three_are_needed_and_enough(self) -> None:
        assert len(guarded(self.everything()).blocks) == 2
        found = guarded(self.everything(), delete=21, label_loss=1, category_change=1)
        assert found.blocks == ()
        assert held(found) == {}

    def test_held_deletes_are_not_in_the_sum(self) -> None:
        found = guarded(self.everything(), delete=20, category_change=1)
        assert found.blocks == ()
        assert held(found) == {
            "jane/flowers:00020": "1 label that a person worked on would be lost"
        }

    def test_a_count_with_held_deletes_is_told_what_both_counts_must_be(self) -> None:
        gone = [delete(f"{number:05}") for number in range(3)]
        all_held = part(*gone, labelled=frozenset({"00000", "00001", "00002"}))
        (block,) = guarded(all_held, delete=3).blocks
        assert block.message.endswith("plan: 0 sample deletes, 3 more held")
        assert block.remedy == (
            "--allow-delete 3 and --allow-label-loss 3 together if the held ones are "
            "meant, too; else drop the flag"
        )
        some_held = part(*gone, labelled=frozenset({"00000"}))
        (block,) = guarded(some_held, delete=3).blocks
        assert block.message.endswith("plan: 2 sample deletes, 1 more held")
        assert block.remedy == (
            "--allow-delete 3 and --allow-label-loss 1 together if the held ones are "
            "meant, too; else --allow-delete 2 if that is meant"
        )
        assert guarded(all_held, delete=3, label_loss=3).blocks == ()
        assert guarded(some_held, delete=3, label_loss=1).blocks == ()

    @pytest.mark.parametrize("off", [-1, 1])
    @pytest.mark.parametrize(
        ("name", "flag"),
        [
            ("delete", "--allow-delete"),
            ("label_loss", "--allow-label-loss"),
            ("category_change", "--allow-category-change"),
        ],
    )
    def test_one_too_low_and_one_too_high_block(
        self, name: str, flag: str, off: int
    ) -> None:
        allow = {"delete": 21, "label_loss": 1, "category_change": 1}
        allow[name] += off
        found = guarded(self.everything(), **allow)
        assert any(block.message.startswith(flag) for block in found.blocks)
        assert bool(held(found)) is (name == "label_loss")

    @pytest.mark.parametrize("name", ["delete", "label_loss", "category_change"])
    def test_a_word_that_nothing_asked_for_blocks(self, name: str) -> None:
        (block,) = guarded(part(), **{name: 1}).blocks
        assert block.remedy == "drop the flag"
        assert guarded(part(), **{name: 0}).blocks == ()

    def test_one_label_lost_twice_counts_once(self) -> None:
        label = Change(
            address=Address.label(JANE, "a", GROUND_TRUTH),
            before=Label(status="LABELED"),
            uuid="u-a",
        )
        both = part(delete("a"), label, labelled=frozenset({"a"}))
        assert guarded(both, label_loss=1, delete=1).blocks == ()


class TestHeld:
    """What waits for a person's word, and what waits for that."""

    def rename(
        self, before: str, after: str, attributes: dict[str, Tree] = OLD
    ) -> Change:
        return Change(
            address=Address.of_sample(JANE, after),
            before=Sample(name=before, attributes=OLD),
            after=Sample(name=after, attributes=attributes),
            uuid=f"u-{before}",
            previous=before,
            owned=True,
        )

    def test_the_labels_of_a_held_sample_wait_and_the_rest_goes_on(self) -> None:
        sample = Change(
            address=Address.of_sample(JANE, "a"),
            before=Sample(name="a", attributes=OLD),
            after=Sample(name="a", attributes=NEW),
            uuid="u-a",
        )
        label = Change(
            address=Address.label(JANE, "a", "model"), after=Label(), uuid="u-a"
        )
        other = Change(address=Address.of_sample(JANE, "b"), after=Sample(name="b"))
        found = guarded(part(sample, label, other, labelled=frozenset({"a"})))
        assert held(found) == {
            "jane/flowers:a": "1 label that a person worked on would be lost",
            "jane/flowers:a@model": "its sample is held",
        }
        assert found.blocks == ()

    def test_the_labels_of_a_held_replacement_wait(self) -> None:
        label = Change(
            address=Address.label(JANE, "a", "model"), after=Label(), replaces="u-a"
        )
        found = guarded(part(replace("a"), label, labelled=frozenset({"a"})))
        assert held(found) == {
            "jane/flowers:a": "1 label that a person worked on would be lost",
            "jane/flowers:a@model": "its sample is held",
        }
        both = part(replace("a"), label, labelled=frozenset({"a"}))
        assert held(guarded(both, label_loss=1)) == {}

    def test_what_waits_for_a_held_change_keeps_its_own_reason(self) -> None:
        sample = structs.replace(replace("a"), held="because")
        label = Change(
            address=Address.label(JANE, "a", "model"), after=Label(), held="mine"
        )
        other = structs.replace(label, held="", address=Address.label(JANE, "a", "x"))
        assert [item.held for item in hold_waiting((sample, label, other))] == [
            "because",
            "mine",
            "its sample is held",
        ]

    def test_several_labels_are_counted(self) -> None:
        label = Change(
            address=Address(Kind.LABELSET, JANE, "", GROUND_TRUTH),
            before=Labelset(name=GROUND_TRUTH),
        )
        found = guarded(part(label, labelled=frozenset({"a", "b"})))
        assert held(found) == {
            "jane/flowers@ground-truth": "2 labels that people worked on would be lost"
        }

    def test_a_rename_waits_for_the_held_one_that_has_its_name(self) -> None:
        changes = [
            self.rename("a", "b", NEW),
            self.rename("c", "a"),
            self.rename("d", "c"),
            self.rename("x", "y"),
            Change(
                address=Address.label(JANE, "c", "model"), after=Label(), uuid="u-d"
            ),
        ]
        found = guarded(part(*changes, labelled=frozenset({"a"})))
        assert held(found) == {
            "jane/flowers:a": "the sample that has its new name is held",
            "jane/flowers:b": "1 label that a person worked on would be lost",
            "jane/flowers:c": "the sample that has its new name is held",
            "jane/flowers:c@model": "its sample is held",
        }

    def test_the_order_of_changes_stays(self) -> None:
        found = guarded(part(*deletes(3)))
        assert list(found.changes) == deletes(3)

    def test_losses_are_named(self) -> None:
        (change,) = guarded(part(delete("a"), labelled=frozenset({"a"}))).changes
        address = Address.label(JANE, "a", GROUND_TRUTH)
        assert change.losses == (Loss(address, "LABELED", "bob"),)
        assert len(change.evidence) == 1

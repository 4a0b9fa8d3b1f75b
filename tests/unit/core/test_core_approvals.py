"""Approvals: what they allow beside flags, and what is said of those of other plans."""

from msgspec import structs

from dsac.core.approvals import (
    Approval,
    approval_lines,
    misapproved,
    short,
    together,
    unused,
    used,
)
from dsac.core.guard import Guarded, guard
from dsac.core.plan import Allowances, Policy
from tests.factories import make_plan
from tests.unit.core.guard_builders import MACHINES, deletes, guarded, part

PLACES = {"plan": "approvals.yaml:1:7", "delete": "approvals.yaml:2:9"}


def approval(**allow: int) -> Approval:
    said = structs.replace(Allowances(), **allow)
    return Approval(plan="sha256:" + "1" * 64, allow=said, places=PLACES)


def test_flags_and_an_approval_add_up_and_neither_widens_the_other():
    flags = Allowances(delete=5)
    assert together(flags, None) is flags
    assert together(flags, approval(delete=6, label_loss=2)) == Allowances(
        delete=5, label_loss=2
    )
    assert together(flags, approval(recreate=True)).recreate
    assert together(Allowances(recreate=True), approval()).recreate


def test_a_count_of_an_approval_is_exact():
    exact = Allowances(delete=6, label_loss=0, category_change=0)
    assert not list(misapproved(None, exact))
    assert not list(misapproved(approval(delete=6), exact))
    (block,) = misapproved(approval(delete=5), exact)
    assert block.message.startswith("approvals.yaml:2:9: delete 5 is not the count")
    assert block.remedy == "delete: 6 if that is meant"
    (block,) = misapproved(approval(delete=5), structs.replace(exact, delete=0))
    assert block.remedy == "drop delete"


def test_what_approves_all_counts_what_is_held_too():
    names = frozenset({"00000", "00001"})
    found = guarded(part(*deletes(6), owned=8, labelled=names))
    assert found.waits
    assert found.costs == Allowances(delete=6, label_loss=2, category_change=0)
    assert not guarded(part(*deletes(2), owned=100)).waits
    assert guarded(part(*deletes(6), owned=8), delete=5).waits
    assert not guarded(part(*deletes(6), owned=8), delete=6).waits


def test_the_guards_take_the_word_of_an_approval():
    parts = [part(*deletes(6), owned=8, labelled=frozenset({"00000"}))]

    def found(**allow: int) -> Guarded:
        return guard(
            parts,
            machines=MACHINES,
            policy=Policy(),
            allow=Allowances(),
            approval=approval(**allow),
        )

    assert found(delete=6, label_loss=1).blocks == ()
    assert not any(item.held for item in found(delete=6, label_loss=1).changes)
    assert found(delete=5).blocks == ()
    assert any(item.held for item in found(delete=5).changes)
    (block,) = found(delete=6).blocks
    assert "approvals.yaml:2:9: delete 6 is not the count of this plan: 5" in str(block)


def test_the_lines_of_a_plan_that_waits():
    plan = structs.replace(
        make_plan(),
        asks=Allowances(delete=6, label_loss=0, category_change=0, recreate=True),
    )
    assert approval_lines(plan) == [
        f"plan: {plan.digest}",
        "delete: 6",
        "label_loss: 0",
        "category_change: 0",
        "recreate: true",
    ]
    assert approval_lines(structs.replace(plan, final=True)) == []
    assert approval_lines(make_plan()) == []


def test_approvals_of_other_plans_are_told_in_one_sentence():
    one = approval(delete=6)
    assert unused([one], "sha256:2", waits=True) == (
        "approvals.yaml:1:7: approves plan sha256:111111111111..., this is plan "
        "sha256:2: not used"
    )
    assert unused([one, one], "sha256:2", waits=False).endswith(
        "this one waits for none: not used (1 more in the file are not either)"
    )
    assert used(approval(delete=0, recreate=True)) == (
        "approvals.yaml:1:7: approves this plan: delete 0, recreate"
    )
    assert short("sha256:" + "1" * 12) == "sha256:" + "1" * 12

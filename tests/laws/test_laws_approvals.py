"""Laws of approvals: what a plan asks for allows all of it, and nothing else does."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from dsac.core.approvals import COUNTS, Approval
from dsac.core.guard import Guarded, guard
from dsac.core.plan import Allowances, Policy
from dsac.core.plan_digest import plan_digest
from tests.unit.core.guard_builders import MACHINES, TREES, Part, deletes, part

PLACES = dict.fromkeys(("plan", *COUNTS), "approvals.yaml:1:1")
COUNT = st.none() | st.integers(0, 12)
WORDS = st.builds(Allowances, delete=COUNT, label_loss=COUNT, category_change=COUNT)


@st.composite
def plans(draw: st.DrawFn) -> list[Part]:
    """Draw two datasets that lose samples, on some of which people have worked."""
    result = []
    for dataset in ("jane/flowers", TREES):
        gone = deletes(draw(st.integers(0, 6)), dataset=dataset)
        names = [item.address.sample for item in gone]
        worked = draw(st.sets(st.sampled_from(names))) if names else set()
        owned = len(gone) + draw(st.integers(0, 60))
        labelled = frozenset(worked)
        result.append(part(*gone, owned=owned, labelled=labelled, dataset=dataset))
    return result


def judged(
    parts: list[Part], allow: Allowances, approved: Allowances | None = None
) -> Guarded:
    approval = (
        None
        if approved is None
        else Approval(plan="sha256:1", allow=approved, places=PLACES)
    )
    return guard(
        parts, machines=MACHINES, policy=Policy(), allow=allow, approval=approval
    )


@given(plans(), WORDS, WORDS)
def test_what_is_allowed_does_not_count_for_the_digest(parts, allow, approved):
    def digest(found: Guarded) -> str:
        return plan_digest(found.changes, project="p", remote="local")

    plain = digest(judged(parts, Allowances()))
    assert digest(judged(parts, allow, approved)) == plain


@given(plans())
def test_what_a_plan_asks_for_allows_all_of_it(parts):
    costs = judged(parts, Allowances()).costs
    found = judged(parts, Allowances(), costs)
    assert not found.waits
    assert not found.blocks
    assert not any(change.held for change in found.changes)
    assert found.costs == costs


@given(plans(), st.sampled_from(sorted(COUNTS)), st.integers(0, 99))
def test_any_other_count_allows_nothing(parts, name, count):
    costs = judged(parts, Allowances()).costs
    other = structs.replace(costs, **{name: count})
    found = judged(parts, Allowances(), other)
    assert bool(found.blocks) is (getattr(costs, name) != count)


@given(plans(), WORDS)
def test_flags_and_approvals_are_as_exact(parts, word):
    by_flag, by_review = judged(parts, word), judged(parts, Allowances(), word)
    assert bool(by_flag.blocks) is bool(by_review.blocks)
    assert by_flag.changes == by_review.changes
    assert by_flag.costs == by_review.costs

"""Changes, plans and reports: what happens, and how it is counted."""

import pytest
from msgspec import structs

from dsac.core.change import Action, Change, Loss
from dsac.core.plan import Held, Plan, Policy, Summary
from dsac.core.report import Outcome, Report, Result
from dsac.core.resources import Address, Dataset, Kind, Sample

JANE = "jane/flowers"
ADDRESS = Address.of_sample(JANE, "a")
A = Sample(name="a")
OTHER = Sample(name="a", priority=1)


@pytest.mark.parametrize(
    ("change", "actions"),
    [
        (Change(address=ADDRESS, after=A), (Action.CREATE,)),
        (Change(address=ADDRESS, before=A), (Action.DELETE,)),
        (Change(address=ADDRESS, before=A, after=A), ()),
        (Change(address=ADDRESS, before=A, after=OTHER), (Action.UPDATE,)),
        (Change(address=ADDRESS, before=A, after=A, adopt=True), (Action.ADOPT,)),
        (
            Change(address=ADDRESS, before=Sample(name="b"), after=A, previous="b"),
            (Action.RENAME,),
        ),
        (
            Change(
                address=ADDRESS,
                before=Sample(name="b"),
                after=OTHER,
                previous="b",
                adopt=True,
            ),
            (Action.RENAME, Action.ADOPT, Action.UPDATE),
        ),
    ],
)
def test_what_happens_follows_from_before_and_after(
    change: Change, actions: tuple[Action, ...]
) -> None:
    assert change.actions == actions
    assert change.is_create is (actions == (Action.CREATE,))
    assert change.is_delete is (actions == (Action.DELETE,))
    assert change.kind is Kind.SAMPLE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Sample(name="a", metadata={"k": 1}), Sample(name="a", metadata={"k": True})),
        (Sample(name="a", metadata={"k": 0}), Sample(name="a", metadata={"k": False})),
        (Sample(name="a", readme=""), Sample(name="a")),
        (
            Sample(name="a", metadata={"k": [1]}),
            Sample(name="a", metadata={"k": [True]}),
        ),
    ],
)
def test_what_python_takes_for_equal_is_still_an_update(
    before: Sample, after: Sample
) -> None:
    change = Change(address=ADDRESS, before=before, after=after)
    assert change.actions == (Action.UPDATE,)


def test_a_loss_reads_as_what_it_costs() -> None:
    label = Address.label(JANE, "a", "x")
    assert str(Loss(label, "REVIEWED", "bob")) == ("jane/flowers:a@x (REVIEWED by bob)")
    assert str(Loss(label, "unknown")) == "jane/flowers:a@x (unknown)"


EVERY = (
    Change(address=Address.of_dataset(JANE), after=Dataset(name=JANE)),
    Change(address=ADDRESS, before=A, after=OTHER, adopt=True),
    Change(address=ADDRESS, before=Sample(name="b"), after=A, previous="b"),
    Change(address=ADDRESS, before=A),
    Change(address=ADDRESS, before=A, held="why"),
)


def plan(*changes: Change) -> Plan:
    return Plan(
        project="p",
        remote="local",
        user="jane",
        changes=changes,
        unchanged={Kind.SAMPLE: 3, Kind.LABEL: 4},
        unmanaged=5,
        kept=6,
        unknown=7,
    )


def test_a_plan_is_counted_once() -> None:
    assert plan(*EVERY).summary == Summary(
        add=1,
        change=1,
        destroy=1,
        rename=1,
        adopt=1,
        held=1,
        unchanged=7,
        unmanaged=5,
        kept=6,
        unknown=7,
    )
    assert plan(*EVERY).to_do == EVERY[:-1]


@pytest.mark.parametrize("change", EVERY[:-1])
def test_whatever_is_to_be_done_is_a_change(change: Change) -> None:
    assert plan(change).summary.changes


def test_held_is_no_change() -> None:
    assert not plan(EVERY[-1]).summary.changes
    assert not plan().summary.changes


@pytest.mark.parametrize(
    ("percent", "count", "expected"),
    [
        (None, None, (10.0, 1000)),
        (5, None, (5, 1000)),
        (None, 5, (10.0, 5)),
        (50, 5000, (10.0, 1000)),
        (0, 0, (0, 0)),
    ],
)
def test_the_stricter_of_two_policies_counts(
    percent: float | None, count: int | None, expected: tuple[float, int]
) -> None:
    found = Policy().stricter(percent=percent, count=count)
    assert (found.max_delete_percent, found.max_delete_count) == expected


@pytest.mark.parametrize(
    ("outcome", "complete"),
    [
        (Outcome.DONE, True),
        (Outcome.HELD, True),
        (Outcome.FAILED, False),
        (Outcome.SKIPPED, False),
        (Outcome.UNKNOWN, False),
    ],
)
def test_a_report_is_complete_when_all_is_done_or_held(
    outcome: Outcome, *, complete: bool
) -> None:
    results = (Result(EVERY[0], Outcome.DONE), Result(EVERY[3], outcome))
    report = Report(results=results)
    assert report.complete is complete
    assert report.count(outcome) == 1 + (outcome is Outcome.DONE)
    assert not Report(results=results, interrupted=True).complete


def test_a_report_counts_what_was_done_by_what_it_did() -> None:
    report = Report(
        results=(
            Result(EVERY[0], Outcome.DONE),
            Result(EVERY[1], Outcome.DONE),
            Result(EVERY[3], Outcome.FAILED, "502"),
        )
    )
    assert report.done == Summary(add=1, change=1, adopt=1)


def test_what_is_held_names_what_allows_it_and_a_saved_plan_a_new_one() -> None:
    lost = Loss(Address.label(JANE, "a", "ground-truth"), "REVIEWED")
    other = Loss(Address.label(JANE, "b", "ground-truth"), "REVIEWED")
    waits = Change(address=ADDRESS, before=A, after=OTHER, held="its sample is held")
    costs = structs.replace(waits, losses=(lost,))
    allowed = structs.replace(costs, held="", losses=(other,))
    plan = Plan(project="p", remote="local", user="jane")
    assert plan.held is None
    assert structs.replace(plan, changes=(allowed,)).held is None
    for changes, labels, flag in (
        ((waits,), 0, ""),
        ((waits, costs), 1, "--allow-label-loss 1"),
        ((waits, costs, costs, allowed), 1, "--allow-label-loss 2"),
    ):
        open_ = structs.replace(plan, changes=changes)
        count = sum(bool(change.held) for change in changes)
        assert open_.held == Held(count=count, labels=labels, remedy=flag)
        final = structs.replace(open_, final=True).held
        anew = f"a new plan with {flag}" if flag else "a new plan"
        assert final == Held(count=count, labels=labels, remedy=anew)

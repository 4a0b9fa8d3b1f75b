"""What is shown of plans and reports; whole outputs are in tests/golden."""

import pytest
from msgspec import structs

from dsac.core.change import Action, Change, Origin
from dsac.core.plan import Revision, Summary
from dsac.core.report import Outcome, Result
from dsac.core.resources import Address
from dsac.core.selection import Selection
from dsac.render import render_plan, render_report, summary_line
from tests.factories import make_change, make_loss, make_plan, make_report, make_sample


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (Summary(), "No changes."),
        (Summary(unchanged=9, kept=1), "No changes."),
        (Summary(held=2, unchanged=9), "No changes. 2 held."),
        (
            Summary(add=5, change=1, destroy=2),
            "Plan: 5 to add, 1 to change, 2 to destroy.",
        ),
        (Summary(rename=1), "Plan: 0 to add, 0 to change, 0 to destroy; 1 to rename."),
        (
            Summary(add=1204, rename=1, adopt=3, held=2, unchanged=18311),
            (
                "Plan: 1204 to add, 0 to change, 0 to destroy; "
                "1 to rename, 3 to adopt, 2 held, 18311 unchanged."
            ),
        ),
    ],
)
def test_the_summary_is_in_fixed_words(summary: Summary, expected: str) -> None:
    assert summary_line(summary) == expected


def test_colour_marks_lines_that_have_a_style_and_nothing_else() -> None:
    plan = make_plan(make_change(Action.DELETE))
    colored = render_plan(plan, form="text", color=True).splitlines()
    assert "\x1b[31m  - sample violet.jpg\x1b[0m" in colored
    assert "" in colored
    assert "\x1b" not in render_plan(plan, form="text")


@pytest.mark.parametrize(("count", "groups"), [(20, 0), (21, 1)])
def test_more_than_twenty_alike_are_a_group_unless_all_are_asked_for(
    count: int, groups: int
) -> None:
    plan = make_plan(*(make_change(name=f"{number}") for number in range(count)))
    assert render_plan(plan, form="text").count("(--verbose lists them)") == groups
    whole = render_plan(plan, form="text", verbose=True)
    assert whole.count("will be updated in-place") == count


def test_what_is_held_and_what_is_not_are_different_groups() -> None:
    plan = make_plan(
        *(make_change(Action.DELETE, name=f"a{number}") for number in range(21)),
        *(
            make_change(Action.DELETE, name=f"b{number}", held="why")
            for number in range(21)
        ),
    )
    text = render_plan(plan, form="text")
    assert "# 21 samples will be destroyed in jane/flowers\n" in text
    assert "# 21 samples would be destroyed in jane/flowers, but are held" in text


def test_a_group_gives_a_reason_only_where_all_share_it() -> None:
    changes = [
        make_change(Action.DELETE, name=f"{number}", reason="not in the manifest")
        for number in range(21)
    ]
    assert "(not in the manifest)" in render_plan(make_plan(*changes), form="text")
    changes[3] = structs.replace(changes[3], reason="another")
    text = render_plan(make_plan(*changes), form="text")
    assert "not in the manifest" not in text
    assert "another" not in text


def test_each_dataset_has_groups_of_its_own() -> None:
    here = [make_change(name=f"{number}") for number in range(15)]
    there = [
        structs.replace(item, address=Address.of_sample("acme/x", item.address.sample))
        for item in here
    ]
    text = render_plan(make_plan(*there, *here), form="text")
    assert text.count("will be updated in-place") == 30


def test_a_thousand_lost_labels_are_counted_and_all_listed_on_demand() -> None:
    losses = tuple(make_loss(f"{number}.jpg") for number in range(1000))
    plan = make_plan(make_change(Action.DELETE, held="why", losses=losses))
    text = render_plan(plan, form="text")
    assert text.count("REVIEWED by bob, would be lost") == 20
    assert "(980 more labels, --verbose lists them)" in text
    assert "--allow-label-loss 1000 allows it" in text
    whole = render_plan(plan, form="text", verbose=True)
    assert whole.count("REVIEWED by bob, would be lost") == 1000


def test_a_label_that_two_changes_cost_counts_once() -> None:
    loss = make_loss()
    plan = make_plan(
        make_change(name="a", held="why", losses=(loss,)),
        make_change(name="b", held="why", losses=(loss,)),
    )
    assert "--allow-label-loss 1 allows it" in render_plan(plan, form="text")


def test_output_stays_bounded_however_large_the_plan() -> None:
    long = "x" * 10_000
    metadata = {f"{long}{number}": long for number in range(100)}
    change = Change(
        address=Address.of_sample("jane/flowers", "a"),
        after=make_sample(metadata=dict(metadata)),
    )
    creates = (make_change(Action.CREATE, name=f"{number}") for number in range(5000))
    plan = make_plan(change, *creates, warnings=("careful",) * 1000)
    assert len(render_plan(plan, form="text")) < 10_000


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_not_done_is_named_with_its_message(outcome: Outcome) -> None:
    report = make_report(Result(make_change(), outcome, "because of that"))
    named = "because of that" in render_report(report, form="text")
    assert named == (outcome is not Outcome.DONE)


def test_what_the_plan_held_already_is_not_named_again() -> None:
    change = make_change(held="a label would be lost")
    report = make_report(Result(change, Outcome.HELD, "a label would be lost"))
    assert render_report(report, form="text") == "No changes. 1 held.\n"


def test_a_backup_is_named_with_the_way_back() -> None:
    done = make_report(Result(make_change(), Outcome.DONE))
    report = structs.replace(done, backup=".dsac/backup/x", saved=2)
    text = render_report(report, form="text")
    assert "Backup: 2 labels in .dsac/backup/x; dsac restore puts them back." in text


def test_an_interrupted_apply_says_so_even_if_all_that_began_was_done() -> None:
    report = make_report(Result(make_change(), Outcome.DONE), interrupted=True)
    text = render_report(report, form="text")
    assert text == "Apply interrupted: 1 done. Run it again to go on.\n"


def test_every_failure_is_listed_on_demand() -> None:
    results = (
        Result(make_change(name=f"{number}"), Outcome.FAILED, "sorry")
        for number in range(50)
    )
    report = make_report(*results)
    assert render_report(report, form="text").count("sorry") == 20
    assert render_report(report, form="text", verbose=True).count("sorry") == 50


@pytest.mark.parametrize(
    ("left_out", "unread", "told"),
    [
        (0, 0, []),
        (1, 1, ["1 change is outside", "1 dataset outside of --target was not"]),
        (2, 2, ["2 changes are outside", "2 datasets outside of --target were not"]),
    ],
)
def test_what_a_target_leaves_out_is_counted(
    left_out: int, unread: int, told: list[str]
) -> None:
    selection = Selection(target=("jane/*",))
    plan = structs.replace(
        make_plan(make_change()), selection=selection, left_out=left_out, unread=unread
    )
    text = render_plan(plan, form="text")
    assert all(words in text for words in told)
    assert ("outside of" in text) is bool(told)


@pytest.mark.parametrize("drifted", [False, True])
def test_a_plan_that_is_split_has_no_section_without_changes(*, drifted: bool) -> None:
    origin = Origin.DRIFT if drifted else Origin.CHANGE
    change = structs.replace(make_change(), origin=origin)
    plan = structs.replace(make_plan(change), base=Revision("main", "c0ffee" * 7))
    assert render_plan(plan, form="text").count("will be updated in-place") == 1

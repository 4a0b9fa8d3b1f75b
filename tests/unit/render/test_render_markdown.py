"""Markdown: lists that are cut to fit, and names that are text."""

import pytest
from msgspec import structs

from dsac.core.change import Action, Change
from dsac.core.label_changes import How, InstanceChange, LabelDifference
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Allowances, Block
from dsac.core.resources import Address
from dsac.render import markdown
from dsac.render.budget import WIDEST, Folded, fit, folded
from dsac.render.markup import code, fence, prose, shortened, size, table
from tests.factories import JANE, make_change, make_label, make_plan


def numbers(count: int, title: str = "numbers") -> Folded:
    return Folded(title, count, lambda index: [f"+ {index}"])


def test_a_list_that_fits_is_whole() -> None:
    shown = folded(numbers(2), 1000)
    assert shown.left_out == 0
    assert shown.text == (
        "<details><summary>numbers</summary>\n\n"
        "```diff\n+ 0\n+ 1\n```\n\n"
        "</details>\n\n"
    )
    exactly = size(shown.text)
    assert folded(numbers(2), exactly) == shown
    assert folded(numbers(2), exactly - 1).left_out == 2


@pytest.mark.parametrize("room", range(60, 300))
def test_a_list_is_cut_in_the_middle(room: int) -> None:
    shown = folded(numbers(100), room)
    assert size(shown.text) <= room
    if not shown.text:
        assert shown.left_out == 100
        return
    assert f"... {shown.left_out} more ...\n" in shown.text
    rows = [line[2:] for line in shown.text.splitlines() if line.startswith("+ ")]
    assert len(rows) == 100 - shown.left_out
    head = (len(rows) + 1) // 2
    expected = [*range(head), *range(100 - len(rows) + head, 100)]
    assert rows == list(map(str, expected))


def test_what_one_list_does_not_need_goes_to_the_others() -> None:
    lists = [numbers(1), numbers(1000), numbers(2)]
    text, left_out = fit(lists, 3000)
    assert 2900 < size(text) <= 3000
    assert text.count("<details>") == 3
    assert left_out == 1003 - text.count("\n+ ")


def test_lists_that_have_no_room_are_left_out_in_the_middle() -> None:
    lists = [numbers(10, f"list {number}") for number in range(9)]
    text, left_out = fit(lists, 1300)
    shown = [number for number in range(9) if f"list {number}<" in text]
    assert shown == [0, 1, 8]
    assert left_out == 60
    assert fit(lists, 10) == ("", 90)
    assert fit([], 1000) == ("", 0)


def test_a_long_line_is_cut() -> None:
    long = Folded("one", 1, lambda _: ["`" * 5000])
    text = folded(long, 10_000).text
    assert max(map(len, text.splitlines())) <= WIDEST + 10
    assert " ... " in text


def test_a_fence_is_longer_than_what_is_in_it() -> None:
    assert fence(["a `` b", "```` `"])[-1] == "`````"
    assert fence([])[-1] == "```"


def test_names_are_escaped() -> None:
    assert code("a|b`@c#1<i>") == ("<code>a&#124;b&#96;&#64;c&#35;1&#60;i&#62;</code>")
    assert prose("see @bob: #1, www.a.example") == (
        "see <span>&#64;</span>bob: <span>&#35;</span>1, www<span>.</span>a.example"
    )
    assert prose("GH-1 :a: 1a2b3c4d gh-x") == (
        "GH<span>-</span>1 <span>&#58;</span>a: 1a2b3c<span>4d</span> gh-x"
    )
    assert prose("!5 ~bug %3 5 % &9 gl-2") == (
        "<span>&#33;</span>5 <span>&#126;</span>bug <span>%</span>3 5 % "
        "<span>&#38;</span>9 gl<span>-</span>2"
    )
    assert table(("a", "b"), [("1", "2")]) == [
        "| a | b |",
        "| --- | --- |",
        "| 1 | 2 |",
    ]


@pytest.mark.parametrize(
    ("most", "expected"),
    [(9, "grün 漢"), (8, "grün…"), (6, "gr…"), (3, "…"), (2, "gr"), (0, "")],
)
def test_text_is_cut_between_characters(most: int, expected: str) -> None:
    assert shortened("grün 漢", most) == expected


def test_a_long_message_is_cut_in_the_middle() -> None:
    blocks = (Block(JANE, f"begin{'x' * 5000}end"),)
    text = markdown.plan(make_plan(blocks=blocks), NO_PICTURES)
    assert "begin" in text
    assert "xend" in text
    assert size(text) < 2000


def test_labels_of_a_long_list_tell_what_differs() -> None:
    changes = [
        Change(
            address=Address.label(JANE, f"{number:02}.jpg", "predictions"),
            before=make_label(),
            after=make_label(annotations=2),
        )
        for number in range(30)
    ]
    added = InstanceChange(id=2, change=How.ADDED, category_after="dog")
    known = {changes[0].address: LabelDifference(instances=(added,))}
    text = markdown.plan(make_plan(*changes), Pictures(differences=known))
    assert (
        "~ label 00.jpg@predictions .. 29.jpg@predictions\n"
        "    ~ attributes.annotations (30)\n\n"
        "~ label 00.jpg@predictions\n    + 1 instance added: 2 (dog)\n"
        "~ label 01.jpg@predictions\n"
    ) in text


def test_a_rename_in_a_long_list_has_both_names() -> None:
    changes = (make_change(Action.RENAME, name=f"{number}.jpg") for number in range(30))
    text = markdown.plan(make_plan(*changes), NO_PICTURES)
    assert "> sample old-0.jpg -> 0.jpg\n" in text


@pytest.mark.parametrize("room", range(400, 560))
def test_a_long_fence_takes_of_the_room(room: int) -> None:
    ticked = Folded("ticks", 100, lambda _: ["`" * 50])
    shown = folded(ticked, room)
    assert shown.text
    assert size(shown.text) <= room


def test_each_way_to_say_it_is_tried_before_the_counts_alone() -> None:
    plan = make_plan(blocks=(Block(JANE, "too many"),))
    heads = list(markdown._heads(plan, 10_000))
    assert heads[-1] == min(heads, key=len)
    assert len(heads) == len(markdown.STEPS) ** 2 + 2
    heads = list(markdown._heads(structs.replace(plan, asks=Allowances()), 10_000))
    assert heads[-1] == min(heads, key=len)
    assert len(heads) == 2 * len(markdown.STEPS) ** 2 + 3


def test_what_approves_a_plan_gives_way_to_what_blocks_it() -> None:
    blocks = tuple(Block(JANE, "m" * 100, str(number)) for number in range(3))
    plan = structs.replace(make_plan(blocks=blocks), asks=Allowances(delete=3))
    whole = markdown.plan(plan, NO_PICTURES)
    assert f"plan: {plan.digest}\ndelete: 3\n" in whole
    less = markdown.plan(plan, NO_PICTURES, max_bytes=len(whole) - 1)
    assert (less.count("m" * 100), "plan: sha256:" in less) == (3, False)


def test_what_a_group_has_in_common_gives_way_to_its_entries() -> None:
    named = Folded("numbers", 100, numbers(100).entry, head=("of all", "`" * 40))
    assert "of all" not in folded(named, 150).text
    assert "\n... 86 more ...\n" in folded(named, 150).text
    shown = folded(named, 400)
    assert shown.text.index("of all") < shown.text.index("+ 0\n")
    assert size(shown.text) <= 400
    assert shown.left_out == 100 - shown.text.count("\n+ ")


def test_a_group_tells_its_patterns_with_counts() -> None:
    names = [f"cam{one}-{two}.jpg" for one in "ab" for two in range(20)]
    text = markdown.plan(
        make_plan(*(make_change(Action.CREATE, name=name) for name in names)),
        NO_PICTURES,
    )
    assert "+ sample cama-0.jpg .. cama-19.jpg  (20)\n" in text
    assert "--verbose" not in text

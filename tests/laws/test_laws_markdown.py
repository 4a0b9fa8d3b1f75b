"""Laws of markdown: within its budget, whole, nothing in it but what we put there."""

import re
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec import structs

from dsac.core.change import Change
from dsac.core.pictures import NO_PICTURES
from dsac.core.plan import Block, Plan
from dsac.core.report import Report
from dsac.render import markdown, render_plan, render_report, summary_line
from dsac.render.markup import size
from tests.factories import make_change, make_loss, make_plan
from tests.golden.cases import DRIFTS, ENDINGS, PLANS, markup, ten_thousand
from tests.strategies import PLANS as RANDOM_PLANS
from tests.strategies import REPORTS

PARSER = MarkdownIt("commonmark").enable("table")
OURS = re.compile(r"</?(details|summary|code|span)>")
STRUCTURE = {
    "heading_open",
    "paragraph_open",
    "table_open",
    "thead_open",
    "tbody_open",
    "tr_open",
    "th_open",
    "td_open",
    "inline",
    "fence",
    "html_block",
}
INLINE = {"text", "html_inline", "strong_open", "strong_close", "em_open", "em_close"}
BUDGETS = st.integers(1, 3000) | st.sampled_from([32_768, 65_535, 65_536, 65_537])
TEXT = st.text(
    st.sampled_from("`|<>&@#*_[]()!\\~-+.:\"' \n\t\x1b\u202eüß漢🦄ab1"), max_size=40
)


def assert_whole(text: str) -> None:
    """Check that markdown has no structure but ours, and that all of it is closed."""
    tokens = PARSER.parse(text)
    opened = {token.type for token in tokens if not token.type.endswith("_close")}
    assert opened <= STRUCTURE
    tags: Counter[str] = Counter()
    cells: list[int] = []
    for token in tokens:
        if token.type == "tr_open":
            cells.append(0)
        if token.type in {"td_open", "th_open"}:
            cells[-1] += 1
        if token.type == "fence":
            lines = text.splitlines()
            first, last = token.map or (0, 0)
            assert lines[first].startswith("```")
            assert lines[last - 1] == token.markup
        raw = [token.content] if token.type == "html_block" else []
        for child in token.children or ():
            assert child.type in INLINE
            if child.type == "html_inline":
                raw.append(child.content)
        for html in raw:
            found = re.findall(r"<[^>]*>", html)
            assert all(OURS.fullmatch(tag) for tag in found)
            tags.update(found)
    assert set(cells) <= {3, 4}
    for tag in ("details", "summary", "code", "span"):
        assert tags[f"<{tag}>"] == tags[f"</{tag}>"]


@given(RANDOM_PLANS, BUDGETS)
def test_any_plan_fits_any_budget_and_is_whole(plan: Plan, budget: int) -> None:
    text = markdown.plan(plan, NO_PICTURES, max_bytes=budget)
    assert size(text) <= budget
    assert text.endswith("\n")  # or a terminal would add one
    assert_whole(text)


@given(REPORTS, BUDGETS)
def test_any_report_fits_any_budget_and_is_whole(report: Report, budget: int) -> None:
    text = render_report(report, form="markdown", max_bytes=budget)
    assert size(text) <= budget
    assert_whole(text)


def named(texts: list[str], count: int) -> Plan:
    """Make a plan in which any text stands wherever one can."""
    changes: list[Change] = []
    for number, text in enumerate(texts):
        name = f"{number}{text}"
        change = make_change(name=name, reason=text, held=text if number % 2 else "")
        changes.append(structs.replace(change, losses=(make_loss(name, author=text),)))
    more = (make_change(name=f"{''.join(texts)}-{number}") for number in range(count))
    blocks = tuple(Block(text, text, text) for text in texts)
    plan = make_plan(*changes, *more, blocks=blocks, warnings=tuple(texts))
    return structs.replace(plan, project="".join(texts))


@given(st.lists(TEXT, max_size=5), st.integers(0, 40), BUDGETS)
@example(["`" * 500, "</details>", "|"], 30, 1000)
def test_any_text_is_nothing_but_text(
    texts: list[str], count: int, budget: int
) -> None:
    plan = named(texts, count)
    text = markdown.plan(plan, NO_PICTURES, max_bytes=budget)
    assert size(text) <= budget
    assert_whole(text)
    if budget > 200:
        assert summary_line(plan.summary) in text


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_what_is_told_stands_there_word_for_word(texts: list[str]) -> None:
    """Names are read back from what a parser makes of the page."""
    plan = named(texts, 0)
    text = markdown.plan(plan, NO_PICTURES, max_bytes=10**6)
    shown = "".join(
        child.content
        for token in PARSER.parse(text)
        for child in token.children or ()
        if child.type == "text"
    )
    for told in texts:
        escaped = "".join(
            item if item.isprintable() else repr(item)[1:-1] for item in told
        )
        assert escaped.strip() in shown


@pytest.mark.parametrize("budget", [1000, 32_768, 65_535, 65_536, 65_537])
def test_ten_thousand_changes_fit(budget: int) -> None:
    plan = ten_thousand()
    text = render_plan(plan, form="markdown", max_bytes=budget)
    assert size(text) <= budget
    assert size(text) > budget - 600
    assert "**Plan: 10000 to add, 0 to change, 0 to destroy.**" in text
    assert_whole(text)
    cut = re.search(r"^\.\.\. (\d+) more \.\.\.$", text, re.MULTILINE)
    assert cut is not None
    listed = len(re.findall(r"^\+ sample (?!.* \.\. )", text, re.MULTILINE))
    assert listed + int(cut[1]) == 10_000
    assert f"{cut[1]} of 10000 entries" in text
    assert "\n+ sample kamera-ü/00000.jpg .. kamera-ü/09999.jpg\n" in text
    assert "00000.jpg" in text
    assert "09999.jpg" in text


@pytest.mark.parametrize("budget", range(1, 400))
def test_the_smallest_budgets_hold_the_counts_as_far_as_they_go(budget: int) -> None:
    plan = PLANS["blocked"]()
    text = render_plan(plan, form="markdown", max_bytes=budget)
    assert size(text) <= budget
    assert_whole(text)
    counts = summary_line(plan.summary)
    assert counts in text or counts.startswith(text.rstrip("…\n"))


def test_findings_and_labels_at_risk_come_before_everything_else() -> None:
    changes = [
        make_change(name=f"{number}.jpg", held="held", losses=(make_loss(f"{number}"),))
        for number in range(300)
    ]
    blocks = tuple(Block("jane/flowers", f"finding {item}.") for item in range(30))
    text = markdown.plan(
        make_plan(*changes, blocks=blocks), NO_PICTURES, max_bytes=20_000
    )
    assert all(block.message in text for block in blocks)
    assert "300 labels that people worked on would be lost" in text
    more = re.search(r"^\| (\d+) more \|", text, re.MULTILINE)
    assert more is not None
    assert 0 < int(more[1]) < 300
    assert "<details>" in text


@pytest.mark.parametrize("case", [*PLANS, *ENDINGS, *DRIFTS])
def test_golden_pages_are_whole(case: str) -> None:
    from tests.golden.test_golden import written

    text = written(case, "markdown")
    assert_whole(text)
    assert size(text) <= 65_536


SOURCES = (
    *("@org/team", "@everyone", "#1", "GH-12", "gh-7", "owner/repo#3", ":a:", ":+1:"),
    *("http://a.example/b", "www.a.example", "WWW.A.EXAMPLE", "bob@a.example", "&amp;"),
    *("1a2b3c4", "deadbeef" * 5, "$x$", "!1", "~2", " ", "\r\n", "\t", "\u2028"),
    *("~bug", "%3", '%"v1"', "&4", "^alert#1", "$5", "GL-7"),
    *("e\u0301", "x" * 2000, "漢" * 300, "[x]: y", "- ", "1. ", "> "),
)
CALLS = re.compile(
    r"@\w|#\d|:[\w+-]+:|\bG[HL]-\d|\b[0-9a-f]{7,40}\b|\bwww\.|https?:"
    r'|[!$&~^%][\w"]',
    re.IGNORECASE,
)


def told(text: str) -> list[str]:
    """Give the pieces of text of a page in which readers look for names."""
    found: list[str] = []
    for token in PARSER.parse(text):
        inside = False
        for child in token.children or ():
            if child.type == "html_inline" and child.content.endswith("code>"):
                inside = child.content == "<code>"
            elif child.type == "text" and not inside:
                found.append(child.content)
    return found


@given(st.lists(st.lists(st.sampled_from(SOURCES)).map("".join), max_size=4), BUDGETS)
def test_no_name_calls_anybody_or_leads_anywhere(texts: list[str], budget: int) -> None:
    text = markdown.plan(named(texts, 1), NO_PICTURES, max_bytes=budget)
    assert size(text) <= budget
    assert_whole(text)
    assert not any(map(CALLS.search, told(text)))


def test_as_many_findings_are_listed_as_fit() -> None:
    blocks = [Block(f"jane/flowers:{item}", f"finding {item}.") for item in range(5000)]
    text = markdown.plan(make_plan(blocks=tuple(blocks)), NO_PICTURES)
    assert 30_000 < size(text) <= 65_536
    assert " more |" in text


def test_nobody_is_called() -> None:
    plan = markup()
    blocks = (Block("@a/b", "see #12, @everyone and www.a.example"),)
    plan = structs.replace(plan, blocks=(*plan.blocks, *blocks))
    text = render_plan(plan, form="markdown")
    outside = re.sub(
        r"<code>.*?</code>|^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE
    )
    assert "@" not in outside
    assert "www." not in outside
    assert not re.search(r"#\w", outside.replace("&#", ""))

"""Pages without a plan, and pages cut between their blocks, at any budget."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from dsac.errors import Position, Problem
from dsac.render.budget import LEFT_OUT, shorter
from dsac.render.failures import failed, unplanned
from dsac.render.markup import size

MANY = tuple(
    Problem(Position(f"a{number}.yaml", number + 1, 3), "ödd " * 400, "fix @it")
    for number in range(300)
)


@pytest.mark.parametrize("most", [20, 60, 300, 1000, 5000, 65_536])
def test_a_failure_is_told_within_any_budget(most):
    text = failed("plan", "flowers", MANY, max_bytes=most)
    assert size(text) <= most
    if most >= 300:
        assert "300 problems" in text
    if most >= 5000:
        assert "<code>a0.yaml&#58;1&#58;3</code>" in text
        assert " more |" in text
        assert "@it" not in text


def test_a_failure_that_is_of_no_file_stands_there_whole():
    problem = Problem(Position(""), "there is no API key", "set it")
    text = failed("plan", "flowers", (problem,), max_bytes=65_536)
    assert "**1 problem.**" in text
    assert "|  | there is no API key | set it |" in text


def test_that_there_is_no_plan_is_told_with_its_reason_if_it_fits():
    assert "no key" in unplanned("flowers", "it has no key", max_bytes=1000)
    assert unplanned("flowers", "x" * 500, max_bytes=100) == "No plan was made.\n"


PAGE = """\
### dsac apply

**Done.**

<details><summary>2 changes</summary>

````diff
+ a

```
+ b
````

</details>

| a | b |
| --- | --- |
| 1 | 2 |

The end.
"""


@pytest.mark.parametrize("most", range(1, size(PAGE) + 2))
def test_a_page_is_cut_between_its_blocks(most):
    text = shorter(PAGE, most)
    assert size(text) <= most
    if text == PAGE:
        return
    kept = text.removesuffix(LEFT_OUT)
    assert PAGE.startswith(kept) or LEFT_OUT.startswith(f"*{text.rstrip('…')}")
    if text.endswith(LEFT_OUT):
        assert text.count("<details>") == text.count("</details>")
        kinds = [token.type for token in MarkdownIt().enable("table").parse(text)]
        assert kinds.count("fence") == text.count("````diff")
        assert "| a | b |" not in text or "table_open" in kinds


GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*/*.md"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
def test_every_page_of_ours_is_cut_into_a_whole_one(path):
    page = path.read_text()
    for most in {*range(60, 4000, 97), size(page) - 1, size(page)}:
        text = shorter(page, most)
        assert size(text) <= most
        tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
        blocks = [token for token in tokens if token.type == "fence"]
        assert all(block.content.endswith("\n") for block in blocks)
        assert text.count("<details>") == text.count("</details>")
        assert text == page or text.rstrip("\n").endswith(("here.*", "here.", "…"))


def test_what_dsac_writes_is_cut_as_late_as_can_be():
    assert "</details>" in shorter(PAGE, size(PAGE) - 1)
    assert "The end." not in shorter(PAGE, size(PAGE) - 1)

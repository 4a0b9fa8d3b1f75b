"""docs/planning.md is true: each line of its table is a case, and each case a line."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from dsac.core.resources import Address, Kind
from tests.laws import planning_datasets, planning_samples
from tests.laws.planning_sides import CASES

PAGE = Path(__file__).parents[2] / "docs" / "planning.md"
FOUR = ("create", "update", "delete", "hold")
NEVER = "never"


class Line(NamedTuple):
    """One line of the table."""

    kind: str
    plan: str
    condition: str
    case: str


def table() -> list[Line]:
    text = PAGE.read_text().partition("## The table")[2].partition("##")[0]
    rows = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    lines = [Line(*(cell.strip(" `") for cell in row.split(" | "))) for row in rows]
    assert lines[0] == Line("kind", "plan", "if", "case")
    return lines[1:]


LINES = [line for line in table() if line.condition != NEVER]
NEVERS = {(line.kind, line.plan) for line in table() if line.condition == NEVER}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.case)
def test_the_plan_does_what_the_line_says(line: Line) -> None:
    case = CASES[line.case]()
    assert case.outcome() == line.plan
    assert Address.parse(case.subject).kind == line.kind


def test_each_line_names_a_case_of_its_own_and_each_case_has_a_line() -> None:
    names = [line.case for line in LINES]
    assert len(names) == len(set(names))
    assert set(names) == CASES.keys()
    assert planning_datasets
    assert planning_samples


def test_no_two_lines_say_the_same() -> None:
    said = [(line.kind, line.condition) for line in LINES]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("plan", FOUR)
def test_each_kind_says_when_each_of_the_four_happens(kind: Kind, plan: str) -> None:
    told = any(line.kind == kind and line.plan == plan for line in LINES)
    assert told != ((kind, plan) in NEVERS)


def test_kinds_stand_together_in_the_order_of_addresses() -> None:
    kinds = [Kind(line.kind) for line in table()]
    assert sorted(kinds, key=list(Kind).index) == kinds

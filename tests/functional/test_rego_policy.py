"""The JSON plan under the Rego policy of the documentation, which really runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

POLICY = Path(__file__).parents[2] / "docs" / "policy" / "dsac.rego"
HEAD = "dataset: jane/flowers\ntask_type: bboxes\ncategories: [{id: 1, name: rose}]\n"

Judge = Callable[[str], set[str]]


@pytest.fixture
def judged(project) -> Judge:
    """Plan, and give what a rule of the policy says of it."""
    regopy = pytest.importorskip("regopy")

    def judge(name: str) -> set[str]:
        engine = regopy.Interpreter()
        engine.add_module("dsac", POLICY.read_text())
        engine.set_input(project.plan())
        found: Any = json.loads(str(engine.query(f"data.main.{name}")))
        (said,) = found["expressions"]
        return set(said)

    return judge


def manifest(count: int, *, more: str = "") -> str:
    rows = "".join(
        f"  - {{name: s{number:02}, image: 'https://x.test/{number}'}}\n"
        for number in range(count)
    )
    return f"{HEAD}{more}samples:\n{rows}" if count else f"{HEAD}{more}samples: []\n"


def test_a_plan_is_judged_by_opa_rules(project, judged):
    project.write(manifest(14))
    missing = "jane/flowers: a description says what is in a dataset"
    assert judged("deny") == {missing}
    project.write(manifest(14, more="description: Roses.\nsettings: {public: true}\n"))
    assert judged("deny") == {"jane/flowers would become public"}
    project.apply()
    assert judged("deny") == set()
    project.edit_label("s00", {"label_status": "LABELED"})
    project.write(manifest(0, more="description: Roses.\n"))
    denied = judged("deny")
    assert "13 samples would be deleted, at most 10 may" in denied
    assert any("jane/flowers: 13 samples would be deleted, dsac" in x for x in denied)
    (waiting,) = judged("warn")
    assert waiting == "1 changes wait for a person's word: --allow-label-loss 1"

"""Golden output: each folder beside this file holds what one case is written as.

After a wanted change of output, `pytest tests/golden --update-golden` rewrites them.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from dsac.core.pictures import NO_PICTURES
from dsac.render import FORMATS, render_drift, render_plan, render_report
from dsac.render.events import Event, plan_events, report_events
from dsac.render.page import script, style
from dsac.render.schemas import schema_of
from tests.golden.cases import DRIFTS, ENDINGS, PLANS, drawn, pictures

HERE = Path(__file__).parent
EVENTS = "events"
SUFFIX = {
    "text": "txt",
    "markdown": "md",
    "html": "html",
    "json": "json",
    EVENTS: "jsonl",
}
DIGEST = re.compile(r"'sha256-[^']+'")
MANY = 1000
FEW = 40
WIDE = 10_000


def golden_files() -> Iterator[tuple[str, str]]:
    for case in (*PLANS, *ENDINGS, *DRIFTS):
        for form in (*FORMATS, EVENTS):
            if form != EVENTS or case not in DRIFTS:
                yield case, form


def path_of(case: str, form: str) -> Path:
    return HERE / case / f"{kind_of(case)}.{SUFFIX[form]}"


def kind_of(case: str) -> str:
    return "plan" if case in PLANS else "drift" if case in DRIFTS else "report"


def written(case: str, form: str) -> str:
    if case in PLANS:
        plan = PLANS[case]()
        seen = pictures(plan) if case == "labels" else NO_PICTURES
        seen = drawn(seen) if form == "html" and case == "labels" else seen
        if form == EVENTS:
            return lines_of(plan_events(plan, operation="plan", pictures=seen))
        return render_plan(plan, form=form, pictures=seen)
    if case in DRIFTS:
        return render_drift(DRIFTS[case](), form=form)
    if form == EVENTS:
        return lines_of(report_events(ENDINGS[case]()))
    return render_report(ENDINGS[case](), form=form)


def lines_of(events: Iterable[Event]) -> str:
    """Write events without what numbers and times them."""
    return "".join(
        msgspec.json.encode({"type": kind, "message": message, **more}).decode() + "\n"
        for kind, message, more in events
    )


def bare(page: str) -> str:
    """Leave out what every page has, its style and script, and give each row a line."""
    page = page.replace(style(), "...").replace(script(), "...")
    return DIGEST.sub("'sha256-...'", page).replace('{"address":', '\n{"address":')


def abridged(text: str) -> str:
    """Leave out the middle of what nobody would read, but for its digest."""
    lines = text.splitlines(keepends=True)
    if len(lines) <= MANY and max(map(len, lines)) <= WIDE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    lines = [clipped(line) for line in lines]
    middle = f"[{len(lines) - 2 * FEW} lines; all of it has sha256 {digest}]\n"
    if len(lines) <= MANY:
        return "".join([*lines, f"[all of it has sha256 {digest}]\n"])
    return "".join([*lines[:FEW], middle, *lines[-FEW:]])


def clipped(line: str) -> str:
    if len(line) <= WIDE:
        return line
    return f"{line[: FEW * 10]}[{len(line) - FEW * 20} characters]{line[-FEW * 10 :]}"


@pytest.mark.parametrize(("case", "form"), tuple(golden_files()))
def test_output_is_as_its_golden_file(
    case: str, form: str, request: pytest.FixtureRequest
) -> None:
    text = written(case, form)
    path, found = path_of(case, form), abridged(bare(text) if form == "html" else text)
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found.encode())
    assert path.exists(), "run pytest tests/golden --update-golden, and read it"
    assert found == path.read_bytes().decode()


def test_every_golden_file_belongs_to_a_case() -> None:
    expected = {path_of(case, form) for case, form in golden_files()}
    found = {path for path in HERE.rglob("*") if path.is_file()}
    code = {path for path in found if path.suffix in {".py", ".pyc"}}
    assert found - code - expected == set()


@pytest.mark.parametrize("case", [*PLANS, *ENDINGS, *DRIFTS])
def test_what_is_json_is_as_its_schema_says(case: str) -> None:
    document: Any = msgspec.json.decode(written(case, "json"))
    if len(document.get("changes", ())) > MANY:
        document["changes"] = document["changes"][:FEW]
    schema = schema_of(kind_of(case))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(document)


@pytest.mark.parametrize("case", [*PLANS, *ENDINGS])
def test_events_are_as_their_schema_says(case: str) -> None:
    validator = jsonschema.Draft202012Validator(schema_of("events"))
    lines = written(case, EVENTS).splitlines()
    for number, line in enumerate(lines[:FEW] + lines[-FEW:], start=1):
        event: Any = msgspec.json.decode(line)
        assert {"sequence", "timestamp", "level"}.isdisjoint(event)
        told = {"sequence": number, "timestamp": "", "level": "info"}
        validator.validate({**told, **event})


@pytest.mark.parametrize(
    "damage",
    [
        {"summary": None},
        {"changes": [{"address": "jane/flowers"}]},
        {"held": {"count": -1, "labels": 0, "remedy": None}},
        {"format_version": 1},
    ],
)
def test_what_is_no_plan_is_not_as_the_schema_says(damage: dict[str, Any]) -> None:
    document: Any = msgspec.json.decode(written("held", "json"))
    validator = jsonschema.Draft202012Validator(schema_of("plan"))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**document, **damage})

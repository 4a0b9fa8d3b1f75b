"""Pages of HTML: nothing in them but what a plan says, and nothing runs but theirs."""

import base64
import hashlib
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from dsac.core.change import Change
from dsac.core.drift import Drift
from dsac.core.label_changes import How, InstanceChange, LabelDifference
from dsac.core.pictures import Drawing, IdMap, Pictures, Sides, Thumbnail
from dsac.core.plan import Block, Plan
from dsac.core.report import Outcome, Report, Result
from dsac.core.resources import Address, Label
from dsac.core.values import Tree
from dsac.render import drawn, html, render_drift, render_plan, render_report, rows
from dsac.render.page import script, style
from tests.factories import (
    JANE,
    make_change,
    make_label,
    make_loss,
    make_plan,
    make_report,
    make_sample,
    make_upload,
)
from tests.pages import Page, read_page
from tests.strategies import PLANS, REPORTS

ELEMENTS = frozenset(
    (
        *("html", "head", "meta", "link", "title", "style", "body", "header", "div"),
        *("h1", "h2", "p", "button", "ul", "ol", "li", "b", "span", "section", "main"),
        *("table", "thead", "tbody", "tr", "th", "td", "code", "noscript", "label"),
        *("input", "kbd", "script", "pre"),
    )
)
LABEL = Address.label(JANE, "a.jpg", "predictions")
SAMPLE = Address.of_sample(JANE, "a.jpg")
PHOTO = Thumbnail(data=b"jpeg", media_type="image/jpeg", width=100, height=90)


def page_of(plan: Plan, pictures: Pictures | None = None) -> Page:
    return read_page(render_plan(plan, form="html", pictures=pictures or Pictures()))


def strings(value: Any) -> list[str]:
    """Give all strings in a document, keys among them."""
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in strings(item))]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def check(text: str) -> Page:
    """Insist that a page has only elements of ours, and text that is printable."""
    page = read_page(text)
    assert {name for name, _ in page.elements} <= ELEMENTS
    handlers = [key for _, found in page.elements for key in found if key[:2] == "on"]
    assert not handlers
    assert not re.search("[<>&]", page.raw)
    assert all(item.isprintable() for item in strings(page.data))
    assert all(line.isprintable() for item in page.text for line in item.split("\n"))
    return page


@settings(max_examples=40)
@given(PLANS)
def test_no_name_in_a_plan_is_more_than_text(plan: Plan) -> None:
    page = check(render_plan(plan, form="html"))
    assert len(page.data["rows"]) == len(plan.changes)


@settings(max_examples=20)
@given(REPORTS)
def test_no_name_in_a_report_is_more_than_text(report: Report) -> None:
    page = check(render_report(report, form="html"))
    assert len(page.data["rows"]) == len(report.results)


HOSTILE = st.lists(
    st.sampled_from(
        (
            *("</script>", "<!--", "<script>", "]]>", "'", '"', "&lt;", "\\", "<b>"),
            *("\u202e", "\u2028", "\x00", "\x1b[2J", "onload=x ", "a"),
        )
    ),
    min_size=1,
).map("".join)


@settings(max_examples=40)
@given(HOSTILE)
def test_a_hostile_name_is_text_wherever_it_stands(name: str) -> None:
    problem = Thumbnail(problem=name)
    label = Address.label(name, name, name)
    instance = InstanceChange(
        id=name, change=How.CHANGED, place=name, category_after=name, fields=(name,)
    )
    pictures = Pictures(
        differences={label: LabelDifference(instances=(instance,), problem=name)},
        thumbnails={Address.of_sample(name, name): {name: Sides(after=problem)}},
        drawings={label: {name: Drawing(problem=name)}},
        names={name: {1: name}},
    )
    shape: Tree = {"id": name, "category_id": 1, "type": "bbox", "points": [[0, 0]]}
    plan = structs.replace(
        make_plan(
            Change(
                address=label,
                after=Label(attributes={"annotations": [shape, {"id": 1}]}),
                reason=name,
                held=name,
                losses=(make_loss(name, status=name, author=name),),
            ),
            Change(
                address=Address.of_sample(name, name),
                before=make_sample(name, metadata={name: name}),
                after=make_sample(name, url=make_upload(name)),
                previous=name,
            ),
            blocks=(Block(name, name, name),),
            warnings=(name,),
        ),
        project=name,
        remote=name,
        user=name,
    )
    check(render_plan(plan, form="html", pictures=pictures))
    result = Result(plan.changes[0], Outcome.FAILED, name)
    check(render_report(make_report(result, stopped=name, backup=name), form="html"))


def test_the_policy_names_what_is_in_the_page_and_nothing_else() -> None:
    page = read_page(render_plan(make_plan(), form="html"))
    (policy,) = (
        found["content"] for _, found in page.elements if "http-equiv" in found
    )

    def digest(text: str) -> str:
        found = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(found).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src {digest(style())}",
        f"script-src {digest(script())}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_script_and_style_name_no_address_but_that_of_svg() -> None:
    found = re.findall(r"\w+://[^\"' ]+|url\(|@import|fetch\(", style() + script())
    assert found == ["http://www.w3.org/2000/svg"]
    markup = re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write", script())
    assert markup is None


def test_findings_and_labels_at_risk_stand_above_the_list() -> None:
    change = make_change(losses=(make_loss(author=""),))
    page = page_of(make_plan(change, blocks=(Block("", "too much"),)))
    assert "Blocked: this plan will not be applied" in page.words
    assert "too much" in page.words
    assert "jane/flowers:violet.jpg@ground-truth REVIEWED will be lost" in page.words


def test_what_is_too_much_for_a_page_is_counted(monkeypatch) -> None:
    monkeypatch.setattr(html, "MOST_ROWS", 2)
    monkeypatch.setattr(html, "MOST_FINDINGS", 1)
    changes = [make_change(name=f"{number}.jpg") for number in range(5)]
    blocks = (Block(JANE, "one"), Block(JANE, "two"), Block(JANE, "three"))
    page = page_of(make_plan(*changes, blocks=blocks))
    assert page.data["left_out"] == 3
    assert list(page.rows) == [f"{JANE}:0.jpg", f"{JANE}:1.jpg"]
    assert "and 2 more" in page.words
    assert "Note: 3 changes more than this page lists" in page.words


def test_where_a_page_is_full_fields_are_counted(monkeypatch) -> None:
    monkeypatch.setattr(html, "MOST_TEXT", 30)
    changes = [make_change(name=f"{number}.jpg") for number in range(9)]
    label = Change(address=LABEL)
    rows = page_of(make_plan(*changes, label)).data["rows"]
    assert [len(row.get("fields", [])) for row in rows] == [1, 1, *[0] * 8]
    assert [row.get("more", 0) for row in rows] == [0, 0, *[1] * 7, 0]


def test_few_changes_are_shown_open() -> None:
    few = [make_change(name=f"{number}.jpg") for number in range(html.OPEN)]
    assert page_of(make_plan(*few)).data["open"] is True
    assert page_of(make_plan(*few, make_change())).data["open"] is False


def test_many_fields_and_labels_of_one_change_are_counted(monkeypatch) -> None:
    monkeypatch.setattr(rows, "MOST_FIELDS", 2)
    losses = tuple(make_loss(f"{number}.jpg") for number in range(3))
    metadata: dict[str, Tree] = {f"key{number}": number for number in range(9)}
    change = Change(
        address=SAMPLE, after=make_sample("a.jpg", metadata=metadata), losses=losses
    )
    (row,) = page_of(make_plan(change)).data["rows"]
    assert (len(row["fields"]), row["more"]) == (2, 7)
    assert row["notes"] == ["3 labels at stake, some of them below"]
    assert len(row["losses"]) == 2


def test_values_are_whole_unless_they_are_very_long() -> None:
    def change(text: str) -> Change:
        return Change(
            address=SAMPLE,
            before=make_sample("a.jpg", metadata={"text": "", "gone": None}),
            after=make_sample("a.jpg", metadata={"text": text}, url=make_upload()),
        )

    (row,) = page_of(make_plan(change("x" * 1000))).data["rows"]
    assert ["~", "metadata.text", '""', f'"{"x" * 1000}"'] in row["fields"]
    assert ["-", "metadata.gone", "null", ""] in row["fields"]
    (row,) = page_of(make_plan(change("x" * 9000))).data["rows"]
    (cut,) = (item[3] for item in row["fields"] if item[1] == "metadata.text")
    assert " ... " in cut
    assert len(cut) == rows.LONGEST + 5
    (file,) = (item[3] for item in row["fields"] if "url" in item[1])
    assert file.startswith("(file images/violet.jpg")


def looked_at(*instances: InstanceChange, **more: Any) -> Pictures:
    return Pictures(differences={LABEL: LabelDifference(instances=instances)}, **more)


def label_row(change: Change, pictures: Pictures) -> Any:
    (row,) = page_of(make_plan(change), pictures).data["rows"]
    return row["label"]


def test_many_instances_of_a_label_are_counted(monkeypatch) -> None:
    monkeypatch.setattr(drawn, "MOST_INSTANCES", 2)
    change = Change(address=LABEL, after=make_label(annotations=1))
    many = [
        InstanceChange(id=number, change=How.CHANGED, iou=0.559) for number in range(5)
    ]
    found = label_row(change, looked_at(*many))
    assert (len(found["instances"]), found["more"]) == (2, 3)
    assert found["instances"][0]["iou"] == "0.55"
    assert found["sentences"][-1] == "and 2 more"


@pytest.mark.parametrize(
    ("instance", "says", "reshaped"),
    [
        (InstanceChange(id=1, change=How.ADDED), "added", False),
        (
            InstanceChange(
                id=1, change=How.CHANGED, category_before="cat", category_after="dog"
            ),
            "cat -> dog",
            False,
        ),
        (InstanceChange(id=1, change=How.CHANGED, iou=0.5), "changed (IoU 0.50)", True),
        (
            InstanceChange(id=1, change=How.CHANGED, distance=4.0, place="frames[1]"),
            "moved by up to 4",
            True,
        ),
        (
            InstanceChange(id=2, change=How.CHANGED, previous_id=1, iou=1.0),
            "was instance 1",
            False,
        ),
    ],
)
def test_an_instance_says_what_differs(
    instance: InstanceChange, says: str, *, reshaped: bool
) -> None:
    change = Change(address=LABEL, after=make_label(annotations=1))
    (found,) = label_row(change, looked_at(instance))["instances"]
    assert found["says"] == says
    assert found.get("reshaped", False) is reshaped


def test_shapes_are_drawn_with_few_points_and_their_classes() -> None:
    corners: list[Tree] = [[number, number / 3] for number in range(1000)]
    line: Tree = {"id": 1, "category_id": 7, "type": "polyline", "points": corners}
    point: Tree = {"id": "p", "type": "point", "points": [[1.239, 2]]}
    change = Change(
        address=LABEL, after=Label(attributes={"annotations": [line, point]})
    )
    found = label_row(change, looked_at(names={JANE: {7: "road"}}))
    (layer,) = found["layers"]
    assert "before" not in layer
    first, second = layer["after"]["shapes"]
    assert len(first[2]) <= 2 * drawn.MOST_POINTS
    assert second == ["p", "point", [1.24, 2.0]]
    assert layer["after"]["classes"] == {"1": "road"}
    assert layer["after"]["count"] == 2


def test_pictures_lie_under_both_sides_and_are_kept_once() -> None:
    ids = IdMap(width=1, height=1, full=(1, 1), ids=(4,), runs=b"\x00\x01")
    change = Change(
        address=LABEL, before=make_label(), after=make_label(annotations=2), uuid="u"
    )
    sample = Change(address=SAMPLE, after=make_sample("a.jpg"))
    pictures = looked_at(
        thumbnails={SAMPLE: {"": Sides(after=PHOTO)}},
        drawings={LABEL: {"": Drawing(before=ids, after=ids)}},
    )
    page = page_of(make_plan(sample, change), pictures)
    assert page.data["images"] == [
        {"src": "data:image/jpeg;base64,anBlZw==", "width": 100, "height": 90}
    ]
    assert page.rows[str(SAMPLE)]["images"] == [{"after": 0}]
    (layer,) = page.rows[str(LABEL)]["label"]["layers"]
    assert layer["before"]["image"] == layer["after"]["image"] == 0
    assert layer["before"]["map"] == {
        "width": 1,
        "height": 1,
        "full": [1, 1],
        "ids": ["4"],
        "runs": "AAE=",
    }


def test_a_label_that_nobody_can_draw_has_no_layer() -> None:
    change = Change(address=LABEL, before=make_label(), after=make_label(score=1))
    assert label_row(change, looked_at())["layers"] == []


def test_what_was_not_looked_at_is_counted() -> None:
    page = page_of(make_plan(make_change()), Pictures(undepicted=7, left_out=1))
    assert "no picture of 7 samples is shown; --thumbnails N shows more" in page.words
    assert "1 label was not looked at; --pictures N looks at more" in page.words


def test_a_drift_of_nothing_is_a_page_too() -> None:
    page = check(render_drift(Drift(project="p", remote="r", user="u"), form="html"))
    assert page.data["rows"] == []
    assert "No drift." in page.words


def test_what_did_not_end_as_planned_is_first_in_a_report() -> None:
    outcomes = [Outcome.DONE, Outcome.FAILED, Outcome.UNKNOWN]
    results = [Result(make_change(), outcome, "why") for outcome in outcomes]
    page = check(render_report(make_report(*results), form="html"))
    states = [row["state"] for row in page.data["rows"]]
    assert states == ["failed", "unknown", "done"]
    asked = [found["data-state"] for _, found in page.elements if "data-state" in found]
    assert asked == ["done", "failed", "unknown"]
    assert msgspec.json.encode(page.data["facets"][0]) == b'["state","Outcome"]'

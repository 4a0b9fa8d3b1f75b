"""What differs in labels, instance by instance, through the front door."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from dsac.render.schemas import KINDS, schema_of
from tests.functional.conftest import Project

MANIFEST = """\
dataset: jane/flowers
task_type: {task}
categories: [{{id: 1, name: cat}}, {{id: 2, name: dog}}]
samples:
  - name: a.jpg
    image: ../images/a.jpg
    labels:
      predictions:
        {drawing}
        annotations: {annotations}
"""


def bitmap(project: Project, *ids: int) -> None:
    """Write a bitmap of 8 x 6 pixels: each id as wide as the others, left to right."""
    columns = np.array([ids[x * len(ids) // 8] for x in range(8)], np.uint32)
    path = project.root / "masks" / "a.npy"
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.tile(columns, (6, 1)))


def stated(project: Project, *annotations: str, task: str, drawing: str = "") -> None:
    rows = f"[{', '.join(annotations)}]"
    text = MANIFEST.format(task=task, drawing=drawing, annotations=rows)
    project.write("\n".join(line for line in text.splitlines() if line.strip()))


def masked(project: Project, *annotations: str) -> None:
    drawing = "bitmap: ../masks/a.npy"
    stated(project, *annotations, task="segmentation-bitmap", drawing=drawing)


CAT, DOG = "{id: 1, category: cat}", "{id: 2, category: dog}"


@pytest.fixture
def painted(project: Project) -> Project:
    """Apply a label of two instances, then give one another class and more pixels."""
    project.image("a.jpg")
    bitmap(project, 1, 1, 2, 2)
    masked(project, CAT, DOG)
    project.apply()
    bitmap(project, 1, 1, 1, 2)
    masked(project, "{id: 1, category: dog}", DOG)
    return project


def label_of(plan: dict[str, Any]) -> dict[str, Any]:
    (found,) = (item for item in plan["changes"] if item["kind"] == "label")
    return dict(found)


def test_pixels_and_classes_are_compared(painted: Project) -> None:
    ran = painted.dsac("plan")
    assert "~ instance 1: cat -> dog, grew by 50 % (IoU 0.66)" in ran.out
    assert "~ instance 2 shrank by 50 % (IoU 0.50)" in ran.out
    page = painted.dsac("plan", "--format", "markdown").out
    assert "~ instance 2 shrank by 50 % (IoU 0.50)" in page
    plan = painted.plan()
    jsonschema.Draft202012Validator(schema_of("plan")).validate(plan)
    first = label_of(plan)["label_difference"][0]
    assert (first["id"], first["category_before"], first["category_after"]) == (
        1,
        "cat",
        "dog",
    )
    assert (first["size_before"], first["size_after"]) == (24, 36)
    events = painted.dsac("plan", "--format", "events").out.splitlines()
    told = [json.loads(line) for line in events]
    (planned,) = (item for item in told if item["type"] == "planned_change")
    assert planned["change"]["label_difference"] == label_of(plan)["label_difference"]


def test_a_saved_plan_tells_it_offline(painted: Project) -> None:
    assert painted.dsac("plan", "--out", "saved").code == 0
    shutil.rmtree(painted.root / "masks")
    shutil.move(painted.root / ".dsac", painted.root / "elsewhere")
    shown = painted.dsac("show", "saved")
    assert "~ instance 2 shrank by 50 % (IoU 0.50)" in shown.out
    assert (
        "~ instance 2 shrank"
        in painted.dsac("show", "saved", "--format", "markdown").out
    )
    events = painted.dsac("show", "saved", "--format", "events").out
    assert '"label_difference":[{"id":1' in events
    shutil.move(painted.root / "elsewhere", painted.root / ".dsac")
    bitmap(painted, 1, 1, 1, 2)
    applied = painted.dsac("apply", "saved")
    assert applied.code == 0, applied.err
    assert "~ instance 2 shrank by 50 % (IoU 0.50)" in applied.out


def test_an_apply_shows_it_too(painted: Project) -> None:
    ran = painted.dsac("apply", "--auto-approve")
    assert "~ instance 1: cat -> dog, grew by 50 % (IoU 0.66)" in ran.out
    assert painted.plan()["changes"] == []


def test_nothing_is_looked_at_with_no_pictures(painted: Project) -> None:
    assert "instance" not in painted.dsac("plan", "--pictures", "0").out
    assert "label_difference" not in label_of(painted.plan("--pictures", "0"))


def test_a_bitmap_that_is_gone_is_said_so(painted: Project) -> None:
    for asset in (painted.root / ".dsac" / "local").rglob("*"):
        if asset.is_file() and asset.read_bytes()[:4] == b"\x89PNG":
            asset.unlink()
    ran = painted.dsac("plan")
    assert ran.code == 0, ran.err
    assert "~ instance 1: cat -> dog\n" in ran.out
    assert "(pixels are not compared: the platform's bitmap can't be read)" in ran.out
    label = label_of(painted.plan())
    assert label["label_problem"] == "the platform's bitmap can't be read"


def test_a_bitmap_that_is_none_is_said_so(painted: Project) -> None:
    for asset in (painted.root / ".dsac" / "local").rglob("*"):
        if asset.is_file() and asset.read_bytes()[:4] == b"\x89PNG":
            asset.write_bytes(b"not an image")
    ran = painted.dsac("plan")
    assert ran.code == 0, ran.err
    assert "(pixels are not compared: the bitmap is not an image that" in ran.out


def test_shapes_are_compared_without_a_request(project: Project) -> None:
    project.image("a.jpg")
    square = "type: polygon, points: [[0, 0], [4, 0], [4, 4], [0, 4]]"
    stated(project, f"{{id: 1, category: cat, {square}}}", task="vector", drawing="")
    project.apply()
    wide = square.replace("4, 0", "8, 0").replace("4, 4", "8, 4")
    stated(project, f"{{id: 1, category: cat, {wide}}}", task="vector")
    assert "~ instance 1 grew by 100 % (IoU 0.50)" in project.dsac("plan").out


def test_a_label_that_is_new_names_its_instances(project: Project) -> None:
    project.image("a.jpg")
    bitmap(project, 1, 1, 2, 2)
    masked(project, CAT, DOG)
    assert "+ 2 instances added: 1 (cat), 2 (dog)" in project.dsac("plan").out
    sizes = [
        item["size_after"] for item in label_of(project.plan())["label_difference"]
    ]
    assert sizes == [24, 24]


def test_names_of_categories_come_from_the_platform_too(painted: Project) -> None:
    text = (painted.root / "manifests" / "a.yaml").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("categories")]
    named = "\n".join(lines).replace("category: dog", "category_id: 2")
    painted.write(named)
    assert "~ instance 1: cat -> dog" in painted.dsac("plan").out


def test_those_that_change_are_looked_at_first(project: Project) -> None:
    project.image("a.jpg")
    bitmap(project, 1, 1, 2, 2)
    masked(project, CAT, DOG)
    project.apply()
    path = project.root / "manifests" / "a.yaml"
    row = path.read_text().partition("samples:\n")[2]
    more = row.replace("name: a.jpg", "name: A-new.jpg")
    masked(project, CAT, "{id: 2, category: cat}")
    path.write_text(path.read_text() + "\n" + more)
    changes = project.plan("--pictures", "1")["changes"]
    looked = [item["address"] for item in changes if "label_difference" in item]
    assert looked == ["jane/flowers:a.jpg@predictions"]


def test_the_schema_is_printed(dsac) -> None:
    for kind in KINDS:
        schema = json.loads(dsac("schema", kind).out)
        assert schema == json.loads(json.dumps(schema_of(kind)))
        jsonschema.Draft202012Validator.check_schema(schema)


def test_markdown_keeps_to_its_budget(painted: Project, dsac) -> None:
    for flags in (("plan",), ("drift",), ("apply", "--auto-approve")):
        ran = dsac(*flags, "--format", "markdown", "--max-bytes", "120")
        assert ran.out
        assert len(ran.out.encode()) <= 120
    saved = Path("saved")
    assert dsac("plan", "--out", saved).code == 0
    ran = dsac("show", saved, "--format", "markdown", "--max-bytes", "20")
    assert len(ran.out.encode()) <= 20

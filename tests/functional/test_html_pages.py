"""Pages of HTML through the front door: which pictures are in them, and which not."""

import base64
import io
import json
import shutil
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.functional.conftest import Project
from tests.pages import Page, read_page

SAMPLES = """\
dataset: jane/flowers
task_type: vector
samples:
  - {name: a.png, image: ../images/a.png, metadata: {city: A}}
  - {name: b.png, image: ../images/b.png}
"""
MASKED = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: cat}, {id: 2, name: dog}]
samples:
  - name: a.png
    image: ../images/a.png
    labels:
      predictions:
        bitmap: ../masks/a.npy
        annotations: [{id: 1, category: CLASS}, {id: 2, category: dog}]
"""


def page(project: Project, *flags: str) -> Page:
    ran = project.dsac("plan", "--format", "html", *flags)
    assert ran.code == 0, ran.err
    return read_page(ran.out)


def shown(found: Page, address: str) -> list[dict[str, Any]]:
    """Give the pictures of a row, in place of their indexes."""
    images = found.data["images"]
    return [
        {key: images[item] if key != "place" else item for key, item in pair.items()}
        for pair in found.rows[address].get("images", [])
    ]


def color(image: dict[str, Any]) -> str:
    head, _, data = image["src"].partition(",")
    assert head == "data:image/jpeg;base64"
    opened = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    red, green, blue = np.asarray(opened).reshape(-1, 3).mean(axis=0).tolist()
    return {red: "red", green: "green", blue: "blue"}[max(red, green, blue)]


@pytest.fixture
def applied(project: Project) -> Project:
    """Apply two samples, both red."""
    project.write(SAMPLES)
    project.apply()
    return project


def test_new_samples_show_their_files(project: Project) -> None:
    project.write(SAMPLES)
    project.image("b.png", "blue")
    found = page(project)
    for name, expected in (("a.png", "red"), ("b.png", "blue")):
        (pair,) = shown(found, f"jane/flowers:{name}")
        assert color(pair["after"]) == expected
        assert (pair["after"]["width"], pair["after"]["height"]) == (8, 6)
        assert "before" not in pair


def test_another_image_is_shown_before_and_after(applied: Project) -> None:
    applied.image("a.png", "blue")
    (pair,) = shown(page(applied), "jane/flowers:a.png")
    assert (color(pair["before"]), color(pair["after"])) == ("red", "blue")


def test_what_keeps_its_image_and_what_goes_show_it_once(applied: Project) -> None:
    text = SAMPLES.replace("city: A", "city: B")
    applied.write("".join(text.splitlines(keepends=True)[:-1]))
    found = page(applied)
    (pair,) = shown(found, "jane/flowers:a.png")
    assert color(pair["after"]) == "red"
    assert "before" not in pair
    (pair,) = shown(found, "jane/flowers:b.png")
    assert color(pair["before"]) == "red"
    assert "after" not in pair


def test_so_many_samples_have_pictures(applied: Project) -> None:
    applied.write(SAMPLES.replace("city: A", "city: B").replace("b.png", "c.png", 1))
    applied.image("c.png", "green")
    found = page(applied, "--thumbnails", "1")
    assert len(found.data["images"]) == 1
    assert "--thumbnails N shows more" in found.words
    assert page(applied, "--thumbnails", "0").data["images"] == []


def test_an_image_that_can_not_be_read_is_said_so(applied: Project) -> None:
    for asset in (applied.root / ".dsac" / "local").rglob("*"):
        if asset.is_file() and asset.read_bytes()[:4] == b"\x89PNG":
            asset.unlink()
    applied.image("a.png", "blue")
    (pair,) = shown(page(applied), "jane/flowers:a.png")
    assert pair["before"] == {"problem": "it can't be read where its URL leads"}
    assert color(pair["after"]) == "blue"


@pytest.fixture
def painted(project: Project) -> Project:
    """Apply a label of two instances, then give one another class and more pixels."""
    (project.root / "masks").mkdir()
    mask(project, 1, 1, 2, 2)
    project.write(MASKED.replace("CLASS", "cat"))
    project.apply()
    mask(project, 1, 1, 1, 2)
    project.write(MASKED.replace("CLASS", "dog"))
    return project


def mask(project: Project, *ids: int) -> None:
    columns = np.array(ids, np.uint32).repeat(2)
    np.save(project.root / "masks" / "a.npy", np.tile(columns, (6, 1)))


LABEL = "jane/flowers:a.png@predictions"


def runs(drawn: dict[str, Any]) -> list[int]:
    """Give the ids of the first row of a map."""
    pairs = list(base64.b64decode(drawn["runs"]))
    ids = [
        int(drawn["ids"][index])
        for index, count in zip(pairs[::2], pairs[1::2], strict=True)
        for _ in range(count)
    ]
    return ids[: drawn["width"]]


def test_a_label_is_drawn_on_the_picture_of_its_sample(painted: Project) -> None:
    found = page(painted)
    label = found.rows[LABEL]["label"]
    assert label["sentences"][0] == "instance 1: cat -> dog, grew by 50 % (IoU 0.66)"
    (layer,) = label["layers"]
    before, after = layer["before"], layer["after"]
    assert color(found.data["images"][before["image"]]) == "red"
    assert before["image"] == after["image"]
    assert runs(before["map"]) == [1, 1, 1, 1, 2, 2, 2, 2]
    assert runs(after["map"]) == [1, 1, 1, 1, 1, 1, 2, 2]
    assert runs(layer["changed"]) == [0, 0, 0, 0, 1, 1, 0, 0]
    assert before["classes"] == {"1": "cat", "2": "dog"}
    assert after["classes"] == {"1": "dog", "2": "dog"}


def test_another_class_alone_is_drawn_on_what_is_as_it_was(painted: Project) -> None:
    mask(painted, 1, 1, 2, 2)
    (layer,) = page(painted).rows[LABEL]["label"]["layers"]
    assert runs(layer["before"]["map"]) == runs(layer["after"]["map"])
    assert runs(layer["changed"]) == [0] * 8


def test_a_saved_plan_shows_what_is_here_and_says_what_is_not(painted: Project) -> None:
    painted.image("b.png", "blue")
    painted.write(MASKED.replace("CLASS", "dog") + "  - {glob: ../images/b.png}\n")
    assert painted.dsac("plan", "--out", "saved").code == 0
    shutil.move(painted.root / ".dsac", painted.root / "elsewhere")
    ran = painted.dsac("show", "saved", "--format", "html")
    assert ran.code == 0, ran.err
    found = read_page(ran.out)
    (pair,) = shown(found, "jane/flowers:b.png")
    assert color(pair["after"]) == "blue"
    (layer,) = found.rows[LABEL]["label"]["layers"]
    assert "map" not in layer["before"]
    assert runs(layer["after"]["map"]) == [1, 1, 1, 1, 1, 1, 2, 2]
    assert "not asked offline" in layer["problem"]
    problem = found.data["images"][layer["after"]["image"]]["problem"]
    assert problem == "where the picture is can't be told without the platform"


CLOUD = """\
dataset: jane/clouds
task_type: pointcloud-segmentation
samples:
  - name: a
    attributes: {pcd: {url: "https://a.example/a.pcd", type: pcd}}
    labels: {ground-truth: {attributes: {annotations: [], point_annotations: [0]}}}
"""


def test_a_cloud_of_points_is_said_to_have_no_image(project: Project) -> None:
    def problem() -> object:
        found = page(project)
        layer = found.rows["jane/clouds:a@ground-truth"]["label"]["layers"][0]
        return found.data["images"][layer["after"]["image"]]["problem"]

    project.write(CLOUD)
    assert problem() == "its sample has no image"
    assert project.dsac("apply", "--auto-approve").code == 0
    project.write(CLOUD.replace("[0]", "[0, 0]"))
    assert problem() == "its sample has no image"


def test_a_saved_plan_is_shown_without_its_project(
    painted: Project, tmp_path, monkeypatch
) -> None:
    saved = tmp_path / "elsewhere"
    saved.mkdir()
    assert painted.dsac("plan", "--out", saved / "plan").code == 0
    monkeypatch.chdir(saved)
    ran = painted.dsac("show", "plan", "--format", "html")
    assert ran.code == 0, ran.err
    (layer,) = read_page(ran.out).rows[LABEL]["label"]["layers"]
    assert "masks/a.npy is not here" in layer["problem"]


def test_frames_have_pictures_each(project: Project) -> None:
    frames = "[{image: {url: ../images/a.png}}, {image: {url: ../images/b.png}}]"
    project.write(f"""\
dataset: jane/flowers
task_type: vector
samples:
  - name: clip
    attributes: {{frames: {frames}}}
""")
    project.image("b.png", "blue")
    first, second = shown(page(project), "jane/flowers:clip")
    assert (first["place"], color(first["after"])) == ("frames[0]", "red")
    assert (second["place"], color(second["after"])) == ("frames[1]", "blue")


def test_reports_and_drift_are_pages_too(applied: Project) -> None:
    applied.write(SAMPLES.replace("city: A", "city: B"))
    drift = read_page(applied.dsac("drift", "--format", "html").out)
    assert drift.rows["jane/flowers:a.png"]["actions"] == ["changed"]
    flags = ("apply", "--auto-approve", "--format", "html")
    report = read_page(applied.dsac(*flags).out)
    assert report.rows["jane/flowers:a.png"]["state"] == "done"
    assert "Apply complete! 0 added, 1 changed, 0 destroyed." in report.words
    nothing = read_page(applied.dsac(*flags).out)
    assert nothing.data["rows"] == []


def test_a_blocked_apply_shows_its_plan(applied: Project) -> None:
    applied.write("".join(SAMPLES.splitlines(keepends=True)[:2]) + "samples: []\n")
    ran = applied.dsac("apply", "--auto-approve", "--format", "html")
    assert ran.code == 1
    assert "Blocked: this plan will not be applied" in read_page(ran.out).words


def test_a_page_is_written_beside_what_is_shown(painted: Project) -> None:
    ran = painted.dsac("plan", "--html", "page.html", "--format", "json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["summary"]["change"] == 1
    found = read_page((painted.root / "page.html").read_text())
    (layer,) = found.rows[LABEL]["label"]["layers"]
    assert color(found.data["images"][layer["after"]["image"]]) == "red"
    assert "map" in layer["before"]


def test_a_page_that_can_not_be_written_is_an_error(applied: Project) -> None:
    ran = applied.dsac("plan", "--html", "nowhere/page.html")
    assert ran.code == 1
    assert "Error: can't write the page to nowhere/page.html: No such file" in ran.err


def test_a_page_and_a_saved_plan_need_two_files(applied: Project) -> None:
    ran = applied.dsac("plan", "--html", "./plan.dsac", "--out", "plan.dsac")
    assert (ran.code, ran.out) == (1, "")
    assert "--html and --out both write plan.dsac" in ran.err
    assert not (applied.root / "plan.dsac").exists()

"""Pages of HTML in a real browser: opened from disk, filtered, looked at."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from dsac.assets.bitmaps import encode
from dsac.assets.id_maps import drawing_of
from dsac.core.change import Change
from dsac.core.instances import Id
from dsac.core.label_changes import label_difference
from dsac.core.pictures import Pictures, Sides, Thumbnail
from dsac.core.plan import Block, Plan
from dsac.core.report import Outcome, Result
from dsac.core.resources import Address, Label
from dsac.core.values import Tree
from dsac.render import render_drift, render_plan, render_report
from tests.factories import JANE, make_change, make_plan, make_report, make_sample
from tests.functional.browser import Tab, chromium
from tests.golden.cases import DRIFTS, PLANS, drawn, pictures

DATA = Path(__file__).parents[3] / "shared" / "data" / "coco-panoptic"
MANIFEST = """\
dataset: jane/panoptic
task_type: segmentation-bitmap
categories: {coco_panoptic: ../panoptic_examples.json}
samples:
  - {glob: ../input_images/*.jpg}
labels:
  predictions:
    - {coco_panoptic: ../panoptic_examples.json, masks: ../panoptic_examples}
"""
PERSON, HORSE = 1, 19


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """Start one browser for all tests."""
    with chromium() as driver:
        yield driver


@pytest.fixture
def tab(browser: Chrome, tmp_path: Path) -> Iterator[Tab]:
    """Give a tab; insist that nothing went wrong in it, and nothing left it."""
    found = Tab(browser, tmp_path)
    browser.get("about:blank")
    found.said()
    found.asked()
    yield found
    assert found.said() == []
    asked = found.asked()
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.fixture
def photographs(tmp_path: Path, dsac, monkeypatch: pytest.MonkeyPatch) -> str:
    """Move one object's category, paint another anew; give the page of the plan."""
    if not DATA.is_dir():
        pytest.skip("the photographs of ../shared/data are not here")
    root = tmp_path / "project"
    shutil.copytree(DATA, root, copy_function=shutil.copyfile)
    for folder in (root, *root.rglob("*")):
        folder.chmod(0o755)
    (root / "manifests").mkdir()
    (root / "manifests" / "panoptic.yaml").write_text(MANIFEST)
    (root / "dsac.yaml").write_text("project: panoptic\n")
    monkeypatch.chdir(root)
    assert dsac("apply", "--auto-approve").code == 0
    path = root / "panoptic_examples.json"
    found = json.loads(path.read_text())
    first, second = found["annotations"]
    moved = max(
        (item for item in first["segments_info"] if item["category_id"] == PERSON),
        key=lambda item: item["area"],
    )
    moved["category_id"] = HORSE
    path.write_text(json.dumps(found))
    paint(root / "panoptic_examples" / second["file_name"])
    ran = dsac("plan", "--format", "html")
    assert ran.code == 0, ran.err
    return str(ran.out)


def paint(path: Path) -> None:
    """Give a horse a square of what is around it."""
    rgb = np.asarray(Image.open(path).convert("RGB")).copy()
    ids = rgb.astype(np.uint32) @ np.array([1, 256, 65536], np.uint32)
    row, column = np.argwhere(ids == 16758454)[0]
    rgb[row - 60 : row + 20, column - 10 : column + 90] = rgb[row, column]
    Image.fromarray(rgb).save(path)


COLORS = """
const node = arguments[0].querySelector('[data-panel=difference] canvas');
const {data} = node.getContext('2d').getImageData(0, 0, node.width, node.height);
const found = {};
for (let at = 0; at < data.length; at += 4) {
  if (!data[at + 3]) continue;
  const [red, green, blue] = data.slice(at, at + 3);
  const key = blue > 150 ? 'other' : green > red ? 'gained' : blue > 40 ? 'lost'
    : 'class';
  found[key] = (found[key] || 0) + 1;
}
return found;
"""


def test_what_differs_in_photographs_is_seen_and_named(
    photographs: str, tab: Tab
) -> None:
    tab.open(photographs)
    assert tab.count == "2 of 2 changes"
    first, second = tab.all("#list > li")
    assert "person -> horse" in first.text
    assert set(tab.run(COLORS, first)) == {"class"}
    assert "person → horse" in tab.texts("[data-panel=difference] svg text")[0]
    named = [row for row in second.text.splitlines() if row.startswith("16758454 ")]
    assert len(named) == 1
    assert "grew by" in named[0]
    assert tab.run(COLORS, second)["other"] > 1000
    assert first.find_element("css selector", ".stage img").size["width"] > 200

    toggle = "[data-toggle=labels]"
    visible = "return getComputedStyle(arguments[0].querySelector('canvas')).visibility"
    first.find_element("css selector", toggle).click()
    assert tab.run(visible, first) == "hidden"
    assert tab.run(visible, second) == "visible"
    first.find_element("css selector", toggle).click()
    assert tab.run(visible, first) == "visible"
    panel = first.find_element("css selector", "[data-panel=before]")
    first.find_element("css selector", "[data-toggle=before]").click()
    assert not panel.is_displayed()

    pixel = "const c = arguments[0].querySelector('[data-panel=after] canvas');"
    pixel += "return [...c.getContext('2d').getImageData(9, 9, 1, 1).data]"
    before = tab.run(pixel, second)
    second.find_element("css selector", ".instances button").click()
    assert tab.run(pixel, second) != before

    shot = Image.open(io.BytesIO(tab.driver.get_screenshot_as_png())).convert("RGB")
    colors = np.unique(np.asarray(shot).reshape(-1, 3), axis=0)
    assert len(colors) > 1000


def bitmap(*ids: int) -> bytes:
    return encode(np.array([ids] * 4, np.uint32).repeat(4, axis=0).repeat(4, axis=1))


def test_pixels_are_coloured_by_what_became_of_them(tab: Tab) -> None:
    rows: list[Tree] = [{"id": key, "category_id": 1} for key in (1, 2, 3)]
    url: Tree = {"url": "https://a.example/1.png"}
    other: Tree = [{"id": 3, "category_id": 2}, *rows[:2]]
    sides = [
        Label(attributes={"annotations": items, "segmentation_bitmap": url})
        for items in (rows, other)
    ]
    address = Address.label(JANE, "a.jpg", "predictions")
    change = Change(address=address, before=sides[0], after=sides[1])
    drawing = drawing_of(bitmap(1, 1, 0, 3, 0), bitmap(1, 2, 2, 3, 0), most=100)
    gone = drawing_of(bitmap(1, 2), bitmap(1, 0), most=100)
    names: dict[Id, str] = {1: "cat", 2: "dog"}
    found = Pictures(
        differences={address: label_difference(change, names)},
        drawings={address: {"": drawing}},
    )
    tab.open(render_plan(make_plan(change), form="html", pictures=found))
    expected = {"other": 64, "gained": 64, "class": 64}
    assert tab.run(COLORS, tab.one("#list > li")) == expected
    found = structs.replace(found, drawings={address: {"": gone}})
    tab.open(render_plan(make_plan(change), form="html", pictures=found))
    assert tab.run(COLORS, tab.one("#list > li")) == {"lost": 64}
    assert "lost by an instance" in tab.one("[data-panel=difference]").text


def test_a_page_is_light_and_dark(tab: Tab) -> None:
    tab.open(render_plan(PLANS["held"](), form="html"))
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = tab.run(ground)
    tab.one("#theme").click()
    dark = tab.run(ground)
    tab.one("#theme").click()
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 27)")
    assert tab.run(ground) == light


@pytest.mark.parametrize("case", ["hostile", "markup", "labels"])
def test_hostile_names_run_and_break_nothing(case: str, tab: Tab) -> None:
    plan = PLANS[case]()
    name = """</script><img src=x onerror="document.title='owned'"><script>owned=1"""
    hostile = Change(
        address=Address.of_sample(JANE, name),
        after=make_sample(name, metadata={name: f"'{name}\"\u202e\x00"}),
    )
    plan = structs.replace(
        plan, changes=(*plan.changes, hostile), blocks=(Block(name, name, name),)
    )
    seen = drawn(pictures(plan)) if case == "labels" else Pictures()
    tab.open(render_plan(plan, form="html", pictures=seen))
    assert tab.count.startswith(f"{len(plan.changes)} of")
    assert tab.driver.title == f"dsac plan: {plan.project}"
    assert tab.run("return typeof owned") == "undefined"
    sources = tab.run("return [...document.images].map(item => item.src.slice(0, 5))")
    assert set(sources) <= {"data:"}
    assert len(tab.all("script")) == 2
    assert any(name in text for text in tab.texts("#list .fields td"))
    tab.one("#search").send_keys("onerror=")
    assert tab.count.startswith("1 of")


def thousands() -> tuple[Plan, Pictures]:
    """Change five thousand samples, of which two hundred have pictures."""
    data = io.BytesIO()
    Image.effect_noise((256, 192), 60).save(data, "JPEG")
    photo = Thumbnail(
        data=data.getvalue(), media_type="image/jpeg", width=640, height=480
    )
    changes = [
        Change(
            address=Address.of_sample(JANE, f"s{number:04}.jpg"),
            before=make_sample(f"s{number:04}.jpg", metadata={"number": number}),
            after=make_sample(f"s{number:04}.jpg", metadata={"number": -number}),
            uuid=f"u{number}",
            held="1 label is at stake" if number % 1000 == 7 else "",
        )
        for number in range(5000)
    ]
    thumbnails = {
        item.address: {"": Sides(after=structs.replace(photo, width=640 + number))}
        for number, item in enumerate(changes[:200])
    }
    return make_plan(*changes), Pictures(thumbnails=thumbnails)


def test_five_thousand_changes_open_and_are_found(tab: Tab) -> None:
    plan, seen = thousands()
    tab.open(render_plan(plan, form="html", pictures=seen))
    assert tab.count == "5,000 of 5,000 changes"
    built = len(tab.all("#list > li"))
    assert built < 1000
    tab.run("document.getElementById('more').scrollIntoView()")
    tab.wait(lambda: len(tab.all("#list > li")) > built)
    tab.choose("state", "held")
    assert tab.count == "5 of 5,000 changes"
    tab.one(".cards button[data-actions=update]").click()
    assert tab.count == "4,995 of 5,000 changes"
    tab.choose("state", "")
    tab.one("#search").send_keys("S4321 SAMPLE")
    assert tab.count == "1 of 5,000 changes"
    assert tab.texts("#list .name") == ["s4321.jpg"]
    tab.one("#list summary").click()
    tab.wait(lambda: tab.texts("#list .fields td.after") == ["-4321"])


def test_a_page_is_used_by_keys_alone(tab: Tab) -> None:
    changes = [make_change(name=f"{number:02}.jpg") for number in range(30)]
    tab.open(render_plan(make_plan(*changes), form="html"))

    def press(*keys: str) -> None:
        tab.driver.switch_to.active_element.send_keys(*keys)

    def focus() -> Any:
        return tab.run(
            "const here = document.activeElement;"
            "return here.id || here.querySelector('.name')?.textContent || here.tagName"
        )

    press("/")
    assert focus() == "search"
    press("0", "2")
    assert tab.count == "1 of 30 changes"
    press(Keys.ESCAPE)
    assert tab.count == "30 of 30 changes"
    press(Keys.ARROW_DOWN)
    assert focus() == "00.jpg"
    press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    assert focus() == "01.jpg"
    press(Keys.ENTER)
    tab.wait(lambda: tab.texts("#list .fields td.after") == ["2"])
    tab.one("#close").click()
    assert tab.all("details[open]") == []
    tab.one("#open").click()
    tab.wait(lambda: len(tab.texts("#list .fields td.after")) == 30)


FORMS: dict[str, dict[str, Tree]] = {
    "bbox": {"points": [[10, 10], [60, 50]]},
    "polygon": {"points": [[70, 10], [95, 10], [80, 40]]},
    "polyline": {"points": [[10, 60], [40, 80], [60, 60]]},
    "point": {"points": [[80, 70]]},
}


def shapes(side: int) -> Label:
    rows: list[Tree] = [
        {"id": number, "category_id": side, "type": form, **where}
        for number, (form, where) in enumerate(FORMS.items(), 1)
    ]
    return Label(attributes={"annotations": rows[side:] if side else rows})


def test_shapes_are_drawn_and_can_be_pointed_at(tab: Tab) -> None:
    change = Change(
        address=Address.label(JANE, "a.jpg", "predictions"),
        before=shapes(0),
        after=shapes(1),
    )
    found = Pictures(
        differences={change.address: label_difference(change, {0: "cat", 1: "dog"})},
        thumbnails={
            Address.of_sample(JANE, "a.jpg"): {
                "": Sides(after=Thumbnail(problem="it is gone"))
            }
        },
    )
    tab.open(render_plan(make_plan(change), form="html", pictures=found))
    for panel, expected in (("before", 4), ("after", 3)):
        kinds = tab.run(
            "return [...document.querySelectorAll(arguments[0])].map(i => i.tagName)",
            f"[data-panel={panel}] svg > *",
        )
        assert len(kinds) == expected
        assert {"polygon", "polyline", "circle"} <= set(kinds)
    marks = tab.texts("[data-panel=difference] svg text")
    assert "4: cat → dog" in marks
    assert tab.texts(".stage .why")[0] == "No picture: it is gone"
    width = "return document.querySelector('[data-panel=after] [data-id=\"4\"]')"
    width += ".getAttribute('stroke-width')"
    assert tab.run(width) == "2"
    tab.all(".instances button")[0].click()
    pressed = tab.texts(".instances button[aria-pressed=true]")
    assert pressed == tab.texts(".instances tr.chosen button")
    assert len(pressed) == 1


def test_bitmaps_of_two_sizes_lie_at_one_corner(tab: Tab) -> None:
    urls = (f"https://a.example/{number}.png" for number in (1, 2))
    rows: list[Tree] = [{"id": 1, "category_id": 1}]
    before, after = (
        Label(attributes={"annotations": rows, "segmentation_bitmap": {"url": url}})
        for url in urls
    )
    address = Address.label(JANE, "a.jpg", "predictions")
    change = Change(address=address, before=before, after=after)
    drawing = drawing_of(bitmap(0, 1), bitmap(0, 0, 1, 1), most=100)
    found = Pictures(
        differences={address: label_difference(change, {1: "cat"})},
        drawings={address: {"": drawing}},
    )
    tab.open(render_plan(make_plan(change), form="html", pictures=found))
    assert tab.run(COLORS, tab.one("#list > li")) == {"lost": 64, "gained": 128}


@pytest.mark.parametrize("drawn", ["shapes", "pixels"])
def test_all_that_goes_or_comes_is_drawn_as_a_difference(drawn: str, tab: Tab) -> None:
    rows: list[Tree] = [{"id": 1, "category_id": 1}]
    url: Tree = {"url": "https://a.example/1.png"}
    painted = Label(attributes={"annotations": rows, "segmentation_bitmap": url})
    full = shapes(0) if drawn == "shapes" else painted
    none = Label(attributes={"annotations": []})
    address = Address.label(JANE, "a.jpg", "predictions")
    for before, after, word in ((full, none, "lost by"), (none, full, "gained by")):
        change = Change(address=address, before=before, after=after)
        sides = [bitmap(1, 0) if item is painted else None for item in (before, after)]
        found = Pictures(
            differences={address: label_difference(change, {1: "cat"})},
            drawings={address: {"": drawing_of(*sides, most=100)}},
        )
        tab.open(render_plan(make_plan(change), form="html", pictures=found))
        assert word in tab.one("[data-panel=difference] figcaption").text


def test_reports_and_drift_open_too(tab: Tab) -> None:
    outcomes = [Result(make_change(), outcome, "why") for outcome in Outcome]
    tab.open(render_report(make_report(*outcomes), form="html"))
    tab.choose("state", "failed")
    assert tab.count == "1 of 5 changes"
    assert "why" in tab.one("#list").text
    tab.open(render_drift(DRIFTS["drift"](), form="html"))
    tab.choose("kind", "label")
    assert tab.count == "2 of 7 objects"
    tab.open(render_plan(PLANS["empty"](), form="html"))
    assert tab.count == "0 of 0 changes"

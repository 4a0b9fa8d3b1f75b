"""A project of real photographs and id maps, against a server on a port."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsac.assets.bitmaps import decode
from dsac.remote.client import Client

DATA = Path(__file__).parents[3] / "shared" / "data" / "coco-panoptic"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the photographs of ../shared/data are not here"
)

MANIFEST = """\
dataset: jane/panoptic
task_type: segmentation-bitmap
categories: {coco_panoptic: ../panoptic_examples.json}
samples:
  - {glob: ../input_images/*.jpg, allow_empty: true}
labels:
  ground-truth:
    - {coco_panoptic: ../panoptic_examples.json, masks: ../panoptic_examples}
"""


@pytest.fixture
def project(tmp_path: Path, server, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    shutil.copytree(DATA, root, copy_function=shutil.copyfile)
    for folder in (root, *root.rglob("*")):
        folder.chmod(0o755)
    (root / "manifests").mkdir()
    (root / "manifests" / "panoptic.yaml").write_text(MANIFEST)
    (root / "dsac.yaml").write_text(f"project: panoptic\nremote: {server.url}\n")
    monkeypatch.setenv("SEGMENTS_API_KEY", "jane-key")
    monkeypatch.chdir(root)
    return root


def test_the_first_plan_creates_everything_and_the_second_nothing(
    project, dsac
) -> None:
    first = dsac("plan", "--format", "json")
    found = json.loads(first.out)
    kinds = [change["kind"] for change in found["changes"]]
    assert sorted(kinds) == ["dataset", "label", "label", "sample", "sample"]
    assert found["summary"]["add"] == 5
    applied = dsac("apply", "--auto-approve")
    assert applied.code == 0, applied.err
    assert "Apply complete! 5 added, 0 changed, 0 destroyed." in applied.out
    again = dsac("plan", "--detailed-exitcode")
    assert again.code == 0
    assert again.out.splitlines()[-1] == "No changes."


def test_every_pixel_on_the_server_is_that_of_the_source(project, dsac, server) -> None:
    assert dsac("apply", "--auto-approve").code == 0
    with server.client() as transport:
        client = Client(transport)
        (page,) = client.list_samples(
            "jane/panoptic", labelset="ground-truth", include_full_label=True
        )
        for sample in page:
            assert sample.label is not None
            assert sample.attributes is not None
            url = sample.label["attributes"]["segmentation_bitmap"]["url"]
            ids = decode(client.download(url))
            name = Path(sample.name).stem
            source = Image.open(project / "panoptic_examples" / f"{name}.png")
            rgb = np.asarray(source.convert("RGB"), dtype=np.uint32)
            assert np.array_equal(ids, rgb @ np.array([1, 256, 65536], np.uint32))
            image = client.download(sample.attributes["image"]["url"])
            assert image == (project / "input_images" / sample.name).read_bytes()
            assert Image.open(io.BytesIO(image)).size == ids.shape[::-1]


def test_a_changed_category_is_exactly_one_label_update(project, dsac) -> None:
    assert dsac("apply", "--auto-approve").code == 0
    path = project / "panoptic_examples.json"
    found = json.loads(path.read_text())
    segment = found["annotations"][0]["segments_info"][0]
    other = next(
        item["id"]
        for item in found["categories"]
        if item["id"] != segment["category_id"]
    )
    segment["category_id"] = other
    path.write_text(json.dumps(found))
    plan = json.loads(dsac("plan", "--format", "json").out)
    (change,) = plan["changes"]
    assert (change["kind"], change["actions"]) == ("label", ["update"])
    assert dsac("apply", "--auto-approve").code == 0
    assert dsac("plan").out.splitlines()[-1] == "No changes."


def test_a_removed_photograph_is_one_delete_and_both_are_blocked(project, dsac) -> None:
    assert dsac("apply", "--auto-approve").code == 0
    first, second = sorted((project / "input_images").iterdir())
    first.unlink()
    plan = dsac("plan", "--format", "json")
    (change,) = json.loads(plan.out)["changes"]
    assert plan.code == 0
    assert (change["kind"], change["actions"]) == ("sample", ["delete"])
    second.unlink()
    blocked = dsac("plan")
    assert blocked.code == 1
    assert "Blocked" in blocked.out
    assert "--allow-delete 2" in blocked.out
    assert dsac("apply", "--auto-approve").code == 1
    assert dsac("apply", "--auto-approve", "--allow-delete", "2").code == 0


def test_a_photograph_without_annotations_is_an_error_that_lists_it(
    project, dsac
) -> None:
    source = next((project / "input_images").iterdir())
    shutil.copyfile(source, project / "input_images" / "new.jpg")
    found = dsac("validate")
    assert found.code == 1
    assert "manifests/panoptic.yaml:8:5" in found.err
    assert "1 samples have no annotation: new.jpg" in found.err
    assert "allow_unmatched: true" in found.err


def test_the_second_apply_writes_nothing_and_a_fresh_clone_agrees(
    project, dsac, tmp_path, monkeypatch
) -> None:
    assert dsac("apply", "--auto-approve").code == 0
    second = dsac("apply", "--auto-approve", "-v")
    assert second.code == 0
    assert "(0 writes)" in second.err
    assert second.err.rstrip().endswith(" 0 uploads")
    clone = tmp_path / "elsewhere" / "clone"
    shutil.copytree(project, clone, ignore=shutil.ignore_patterns(".dsac"))
    monkeypatch.chdir(clone)
    fresh = dsac("plan", "--detailed-exitcode", "-v")
    assert fresh.code == 0
    assert fresh.out.splitlines()[-1] == "No changes."
    requests = int(fresh.err.split("requests: ")[1].split()[0])
    assert requests <= 1 * (1 + 1) + 0 + 5

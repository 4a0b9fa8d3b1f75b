"""Samples and labels: sources, short and raw forms, files, and what is wrong."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from PIL import Image

from dsac.assets.cache import FileCache
from dsac.core.values import Upload
from dsac.errors import ManifestError
from dsac.manifests.load import load
from dsac.manifests.project import load_project
from tests.unit.manifests.conftest import HEAD

ONE = "samples:\n  - name: a\n    image: ../images/a.png\n"


def names(found) -> list[str]:
    return [row.sample.name for row in found.samples]


def only_label(found, labelset: str = "ground-truth") -> Any:
    return found.samples[0].labels[labelset]


def test_an_inline_sample_takes_defaults_that_it_does_not_state(folder):
    found = folder.dataset(
        "defaults: {priority: 2.0, readme: null, assigned_labeler: bob,"
        " metadata: {site: x, kept: 1}}\n"
        "samples: [{name: a, image: https://x/a.png, metadata: {site: y}},"
        " {name: b, image: https://x/b.png, metadata: null, priority: 1.5}]\n"
    )
    first, second = (row.sample for row in found.samples)
    assert first.attributes == {"image": {"url": "https://x/a.png"}}
    assert first.metadata == {"site": "y", "kept": 1}
    assert (first.priority, first.readme, first.assigned_labeler) == (2, "", "bob")
    assert (second.metadata, second.priority) == (None, 1.5)
    assert second.assigned_reviewer is UNSET


def test_local_files_become_uploads_with_their_digest(folder):
    found = folder.dataset(ONE)
    upload = found.samples[0].sample.attributes["image"]["url"]
    assert isinstance(upload, Upload)
    assert (upload.path, len(upload.sha256), upload.form) == (
        "images/a.png",
        64,
        "file",
    )


def test_raw_attributes_take_paths_and_urls_anywhere(folder):
    found = folder.dataset(
        "samples:\n  - name: a\n    attributes:\n"
        "      frames: [{image: {url: ../images/a.png}}, {image: {url: 's3://b/c'}}]\n"
        "      n: 1.0\n"
    )
    attributes = found.samples[0].sample.attributes
    assert isinstance(attributes["frames"][0]["image"]["url"], Upload)
    assert attributes["frames"][1] == {"image": {"url": "s3://b/c"}}
    assert attributes["n"] == 1


def test_a_stated_digest_is_trusted_without_the_file_and_checked_with_it(folder):
    digest = "a" * 64
    text = "samples: [{name: a, image: {path: %s, sha256: %s}}]\n"
    found = folder.dataset(text % ("../images/none.png", digest))
    assert found.samples[0].sample.attributes["image"]["url"].sha256 == digest
    wrong = folder.problem(text % ("../images/a.png", digest))
    assert "is not the stated file" in wrong
    assert "sha256 is no digest" in folder.problem(text % ("../images/a.png", "x"))


def test_a_glob_is_one_sample_for_each_file(folder):
    folder.image("images/deep/b.png")
    folder.image("images/deep/skip.png")
    folder.image("images/.hidden/c.png")
    found = folder.dataset(
        "samples:\n  - glob: ../images/**/*.png\n"
        "    name: '{parent}-{stem}'\n"
        "    exclude: ['*skip*']\n"
        "    metadata: {folder: '{parent}', list: ['{name}', 1],"
        " set: {x: '{{{suffix}'}}\n"
        "    labels: {ground-truth: {annotations: [{id: 1, category: rose}]}}\n"
    )
    assert names(found) == ["-a", "deep-b"]
    assert found.samples[1].sample.metadata == {
        "folder": "deep",
        "list": ["b.png", 1],
        "set": {"x": "{.png"},
    }
    assert only_label(found).attributes == {
        "annotations": [{"id": 1, "category_id": 1}]
    }


def test_a_glob_without_wildcards_is_one_file(folder):
    assert names(folder.dataset("samples: [{glob: ../images/a.png}]\n")) == ["a.png"]


def test_a_label_has_a_short_form_with_a_bitmap(folder):
    found = folder.dataset(
        ONE + "    labels:\n      ground-truth:\n        bitmap: ../masks/a.png\n"
        "        annotations: [{id: 1, category: rose}, {id: 2, category_id: 2}]\n"
        "        score: 1.0\n        status: LABELED\n"
    )
    label = only_label(found)
    assert (label.status, label.score) == ("LABELED", 1)
    assert label.attributes["annotations"] == [
        {"id": 1, "category_id": 1},
        {"id": 2, "category_id": 2},
    ]
    assert label.attributes["segmentation_bitmap"]["url"].form == "bitmap"


def test_a_label_has_a_raw_form(folder):
    found = folder.dataset(
        ONE + "    labels:\n      ground-truth:\n        score: 0.5\n"
        "        attributes:\n"
        "          annotations: [{id: 1, category: rose}, {id: 2, category: violet}]\n"
        "          segmentation_bitmap: {url: ../masks/a.png}\n"
    )
    label = only_label(found)
    assert label.score == 0.5
    assert label.attributes["annotations"][1]["category_id"] == 2
    assert label.attributes["segmentation_bitmap"]["url"].form == "bitmap"


def test_a_raw_label_without_annotations_is_taken_as_it_is(folder):
    found = folder.dataset(
        ONE + "    labels: {ground-truth: {attributes: {frames: [], score: null}}}\n"
    )
    assert only_label(found).attributes == {"frames": [], "score": None}


def test_a_raw_label_may_point_at_a_bitmap_that_is_there(folder):
    found = folder.dataset(
        ONE + "    labels: {ground-truth: {attributes: {annotations: [3, {id: 1, "
        "category: rose}], segmentation_bitmap: {url: 'https://x/m.png'}}}}\n"
    )
    assert only_label(found).attributes["annotations"] == [
        3,
        {"id": 1, "category_id": 1},
    ]


def test_raw_categories_that_are_odd_are_no_names(folder):
    text = "dataset: jane/flowers\ntask_attributes: {categories: [3, {name: x}]}\n"
    text += ONE + "    labels: {x: {annotations: [{id: 1, category: x}]}}\n"
    (found,) = folder.problems(text)
    assert "there is no category 'x'" in found


def test_annotations_without_ids_are_numbered(folder):
    found = folder.dataset(
        ONE + "    labels: {ground-truth: {annotations: "
        "[{category: rose, type: bbox, points: [[0.0, 1], [2, 3.5]]}]}}\n"
    )
    assert only_label(found).attributes["annotations"] == [
        {"category_id": 1, "id": 1, "type": "bbox", "points": [[0, 1], [2, 3.5]]}
    ]


def test_bitmap_sources_label_the_samples_whose_bitmap_is_there(folder):
    rows = "samples:\n  - {name: a, image: ../images/a.png}\n"
    rows += "  - {name: b, image: https://x/b.png}\n"
    folder.write("masks/a.json", json.dumps([{"id": 1, "category": "rose"}]))
    folder.mask("masks/a.png", 1)
    source = "{bitmaps: '../masks/{name}.png', annotations: '../masks/{stem}.json'%s}"
    text = rows + "labels: {predictions: [" + source % ", score: 0.5" + "]}\n"
    found = folder.dataset(text)
    assert [sorted(row.labels) for row in found.samples] == [["predictions"], []]
    assert only_label(found, "predictions").score == 0.5
    folder.write(
        "masks/a.json", json.dumps({"annotations": [{"id": 1, "category_id": 2}]})
    )
    assert folder.dataset(text)
    for content, message in (
        ("{", "broken JSON"),
        ("3", "no list of annotations"),
        ('[{"id": 1, "category": "rosa"}]', "did you mean 'rose'?"),
        ("[3]", "an annotation is a mapping"),
    ):
        folder.write("masks/a.json", content)
        assert any(message in item for item in folder.problems(HEAD + text))
    (folder.root / "masks" / "a.json").unlink()
    assert "a.json can't be read" in folder.problem(text)
    (folder.root / "masks" / "a.json").write_bytes(b'["\xff"]')
    assert "not UTF-8" in folder.problem(text)


def test_a_bitmap_source_that_matches_nothing_is_an_error_unless_it_may(folder):
    source = "{bitmaps: '../none/{name}.png', annotations: x.json%s}"
    text = ONE + "labels: {predictions: [" + source % "" + "]}\n"
    assert "matches no file for any sample" in folder.problem(text)
    text = ONE + "labels: {predictions: [" + source % ", allow_empty: true" + "]}\n"
    assert folder.dataset(text).samples[0].labels == {}
    text = ONE + "labels: {predictions: [{bitmaps: '{nme}', annotations: x}]}\n"
    assert "{nme}" in folder.problem(text)


def test_a_label_given_twice_is_refused(folder):
    folder.write("masks/a.json", json.dumps([{"id": 1, "category_id": 1}]))
    folder.mask("masks/a.png", 1)
    source = "{bitmaps: '../masks/{name}.png', annotations: '../masks/a.json'}"
    text = ONE + f"labels: {{x: [{source}, {source}]}}\n"
    assert "'a' has a label in x already" in folder.problem(text)


COCO = {
    "images": [
        {"id": 1, "file_name": "a.png"},
        {"id": 2, "file_name": "gone.png"},
        {"id": 3, "file_name": "bare.png"},
    ],
    "annotations": [
        {
            "image_id": 1,
            "file_name": "a.png",
            "segments_info": [
                {"id": 2, "category_id": 2, "area": 1, "iscrowd": 0},
                {"id": 1, "category_id": 1},
            ],
        },
        {"image_id": 2, "file_name": "gone.png", "segments_info": []},
    ],
    "categories": [
        {"id": 1, "name": "rose", "isthing": 1, "color": [1, 2, 3]},
        {"id": 2, "name": "grass"},
    ],
}

PANOPTIC = (
    "dataset: jane/flowers\ncategories: {coco_panoptic: ../coco.json}\n"
    + ONE
    + "labels: {ground-truth: [{coco_panoptic: ../coco.json, masks: ../masks%s}]}\n"
)


def test_coco_panoptic_gives_categories_and_labels(folder):
    folder.write("coco.json", json.dumps(COCO))
    found = folder.load(PANOPTIC % "")
    (dataset,) = found.datasets
    assert dataset.dataset.task_attributes["categories"] == [
        {"id": 1, "name": "rose", "color": [1, 2, 3], "has_instances": True},
        {"id": 2, "name": "grass"},
    ]
    assert only_label(dataset).attributes["annotations"] == [
        {"id": 1, "category_id": 1},
        {"id": 2, "category_id": 2},
    ]
    (warning,) = found.warnings
    assert "1 annotated images have no sample: gone.png" in warning
    assert "coco.json" in found.files


def test_samples_without_annotations_are_listed_unless_they_may_be(folder):
    folder.write("coco.json", json.dumps({**COCO, "annotations": []}))
    (found,) = folder.problems(PANOPTIC % "")
    assert "1 samples have no annotation: a" in found
    assert folder.load(PANOPTIC % ", allow_unmatched: true")


def test_images_of_one_name_in_two_folders_are_told_apart_by_full_paths(folder):
    coco = json.loads(json.dumps(COCO))
    coco["images"] = [
        {"id": 1, "file_name": "x/a.png"},
        {"id": 2, "file_name": "y/a.png"},
    ]
    folder.write("coco.json", json.dumps(coco))
    found = folder.problems(PANOPTIC % "")
    assert any("'a' fits several images: x/a.png, y/a.png" in item for item in found)
    coco["images"][0]["file_name"] = "images/a.png"
    folder.write("coco.json", json.dumps(coco))
    assert folder.load(PANOPTIC % "")


def test_a_file_that_is_no_coco_panoptic_is_refused(folder):
    folder.write("coco.json", '{"images": 3}')
    found = folder.problems(PANOPTIC % "")
    assert all("coco.json" in item for item in found)
    assert any("no COCO panoptic annotations" in item for item in found)
    assert any(
        "leaves the project" in item
        for item in folder.problems((PANOPTIC % "").replace("../coco", "../../coco"))
    )


@pytest.mark.parametrize(
    ("lines", "where", "message"),
    [
        ("samples: [3]\n", "4:11", "3 is no mapping"),
        ("samples: [{name: 3, image: x}]\n", "4:18", "write a string"),
        ("samples: [{image: https://x}]\n", "4:11", "'name' is missing"),
        ("samples: [{name: a}]\n", "4:11", "has no content"),
        (
            "samples: [{name: a, image: https://x, attributes: {}}]\n",
            "4:51",
            "image and attributes both",
        ),
        ("samples: [{name: ' ', image: https://x}]\n", "4:18", "no name of a sample"),
        ('samples: [{name: "a\\nb", image: https://x}]\n', "4:18", "no name"),
        (
            "samples: [{name: a, image: https://x, metadata: {dsac: 1}}]\n",
            "4:56",
            "kept for the ownership marker",
        ),
        ("samples: [{index: x.jsonl}]\n", "4:19", "No such file"),
        ("samples: [{glob: ../none/*.png}]\n", "4:18", "matches no file"),
        ("samples: [{glob: ../../*.png}]\n", "4:18", "leaves the project"),
        ("samples: [{glob: '../images/*', nme: x}]\n", "4:33", "unknown key 'nme'"),
        (
            "samples: [{glob: '../images/*', name: '{x}'}]\n",
            "4:11",
            "stands for nothing",
        ),
        ("samples: [{glob: '../images/*', name: '{'}]\n", "4:11", "stands for nothing"),
        (
            "samples: [{glob: '../images/*', name: ' '}]\n",
            "4:11",
            "no name of a sample",
        ),
        ("samples: [{name: a, image: /etc/passwd}]\n", "4:28", "no path beside this"),
        ("samples: [{name: a, image: ''}]\n", "4:28", "no path beside this"),
        ("samples: [{name: a, image: ../images}]\n", "4:28", "is not a file"),
        ("samples: [{name: a, attributes: {image: {url: 3}}}]\n", "4:47", "is missing"),
    ],
)
def test_what_is_wrong_with_samples_is_reported(lines, where, message, folder):
    found = folder.problem(lines)
    assert f"manifests/a.yaml:{where}" in found
    assert message in found


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("{}", "either bitmap and annotations, or attributes"),
        ("{annotations: [], attributes: {}}", "either bitmap and annotations"),
        ("{annotations: [{id: 1}]}", "an annotation has no category"),
        ("{annotations: [{id: 1, category_id: 9}]}", "no category with the id 9"),
        ("{annotations: [{id: 1, category: rose, category_id: 1}]}", "keep one"),
        ("{annotations: [{id: x, category: rose}]}", "is no whole number"),
        (
            "{annotations: [{id: 1, category: rose}, {id: 1, category: rose}]}",
            "or is taken",
        ),
        ("{annotations: [3]}", "write a mapping"),
        ("{status: DONE, annotations: []}", "Invalid enum value"),
        ("{annotation: []}", "did you mean"),
        ("{annotations: [], score: x}", "write a number"),
        ("{annotations: [], bitmap: ../masks/none.png}", "there is no file none.png"),
        ("{annotations: [], bitmap: ../dsac.yaml}", "can be read"),
        ("{bitmap: ../masks/a.png}", "1, 2 only in the bitmap"),
    ],
)
def test_what_is_wrong_with_labels_is_reported(label, message, folder):
    found = folder.problem(ONE + f"    labels: {{ground-truth: {label}}}\n")
    assert "manifests/a.yaml:7:" in found
    assert message in found


def test_what_is_wrong_in_one_key_hides_nothing_elsewhere(folder):
    label = ONE + "    labels: {x: {annotations: [{id: 1, category: rosa}]}}\n"
    found = folder.problems(HEAD + "descriptoin: x\n" + label)
    assert ["'rosa'" in item or "'descriptoin'" in item for item in found] == [True] * 2
    unreadable = "dataset: jane/flowers\ncategories: [{name: rose}]\n" + label
    (found,) = folder.problems(unreadable)
    assert "'id' is missing" in found


def test_a_category_by_name_needs_stated_categories(folder):
    text = "dataset: jane/flowers\n" + ONE
    text += "    labels: {x: {annotations: [{id: 1, category: rose}]}}\n"
    (found,) = folder.problems(text)
    assert "the manifest states no categories to find 'rose' in" in found
    text = text.replace("category: rose", "category_id: 7")
    assert folder.load(text)


def test_many_ids_that_disagree_are_counted(folder):
    folder.mask("masks/a.png", 1, 2, 3, 4, 5, 6, 7)
    rows = ", ".join(f"{{id: {key}, category: rose}}" for key in range(10, 25))
    found = folder.problem(
        ONE + f"    labels: {{x: {{bitmap: ../masks/a.png, annotations: [{rows}]}}}}\n"
    )
    assert "10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 5 more" in found


def test_a_file_whose_name_is_no_text_is_refused(folder):
    path = os.fsencode(folder.root) + b"/images/b\xff.png"
    with open(path, "wb") as file:  # noqa: PTH123 - a name that no Path prints
        file.write((folder.root / "images" / "a.png").read_bytes())
    found = folder.problem("samples: [{glob: '../images/b*'}]\n")
    assert "has a name that is no plain text" in found


def test_a_symbolic_link_out_of_the_project_is_not_followed(folder):
    (folder.root.parent / "out.png").write_bytes(b"")
    (folder.root / "images" / "link.png").symlink_to(folder.root.parent / "out.png")
    found = folder.problem("samples: [{name: a, image: ../images/link.png}]\n")
    assert "leaves the project" in found


def test_unchanged_files_are_not_opened_again(folder, monkeypatch):
    folder.write("manifests/a.yaml", HEAD + ONE)
    monkeypatch.setattr(FileCache, "now", lambda _: 2**62)
    project = load_project(folder.root, environ={})

    def opened() -> int:
        cache = FileCache(Path(folder.root) / ".dsac" / "files")
        return load(project, cache=cache).opened

    assert [opened(), opened()] == [1, 0]
    folder.image("images/a.png")
    assert opened() == 1


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("images/**.png", "'images/**.png' is no pattern\n  write **/ for folders"),
        ("/*.png", "'/*.png' is no path beside this file"),
    ],
)
def test_a_pattern_that_can_not_be_meant_is_reported(pattern, message, folder):
    found = folder.problem(f"samples: [{{glob: '{pattern}'}}]\n")
    assert found.startswith("manifests/a.yaml:4:")
    assert message in found


def test_a_bitmap_of_another_size_than_its_image_is_refused(folder):
    Image.new("L", (4, 3), 1).save(folder.root / "masks" / "a.png")
    found = folder.problem(
        ONE + "    labels: {x: {bitmap: ../masks/a.png, "
        "annotations: [{id: 1, category: rose}]}}\n"
    )
    assert "masks/a.png is 4 x 3 pixels, its image 8 x 6" in found


MASK = "../masks/a.png"
MASKED = """\
samples:
  - name: a
    image: ../images/a.png
    labels: {x: {bitmap: ../masks/a.png, annotations: [{id: 1, category: rose}]}}
"""


def test_what_the_cache_knows_of_masks_is_checked_as_well(folder, monkeypatch):
    monkeypatch.setattr(FileCache, "now", lambda _: 2**62)
    folder.write("manifests/a.yaml", HEAD + MASKED)
    project = load_project(folder.root, environ={})
    cache = FileCache()
    for _ in range(2):
        with pytest.raises(ManifestError) as caught:
            load(project, cache=cache)
        (problem,) = caught.value.problems
        assert "a.png and its annotations disagree: 2 only in the bitmap" in str(
            problem
        )
    folder.mask("masks/a.png", 1)
    assert load(project, cache=cache).opened == 1
    assert load(project, cache=cache).opened == 0
    Image.new("RGB", (9, 9)).save(folder.root / "images" / "a.png")
    with pytest.raises(ManifestError, match="its image 9 x 9"):
        load(project, cache=cache)


def test_of_a_mask_that_is_not_here_only_what_fits_its_digest_is_known(
    folder, monkeypatch
):
    monkeypatch.setattr(FileCache, "now", lambda _: 2**62)
    mask = folder.root / "masks" / "a.png"
    cache, project = FileCache(), load_project(folder.root, environ={})

    def write(digest: str) -> None:
        stated = f"{{path: ../masks/a.png, sha256: {digest}}}"
        folder.write("manifests/a.yaml", HEAD + MASKED.replace(MASK, stated))

    write(hashlib.sha256(mask.read_bytes()).hexdigest())
    for _ in range(2):
        with pytest.raises(ManifestError, match="annotations disagree"):
            load(project, cache=cache)
        mask.unlink(missing_ok=True)
    write("ab" * 32)
    assert load(project, cache=cache).opened == 0


def test_who_watches_is_told_of_the_files_that_are_read(folder, monkeypatch):
    class Watch:
        def __init__(self) -> None:
            self.told: list[tuple[str, int | None]] = []

        def phase(self, name: str, total: int | None) -> None:
            self.told.append((name, total))

        def advance(self, count: int = 1) -> None:
            self.told.append(("step", count))

    monkeypatch.setattr(FileCache, "now", lambda _: 2**62)
    folder.write("manifests/a.yaml", HEAD + ONE)
    project, cache = load_project(folder.root, environ={}), FileCache()
    for told in ([("read files", 1), ("step", 1)], []):
        watch = Watch()
        load(project, cache=cache, watch=watch)
        assert watch.told == told


def test_a_folder_that_cannot_be_listed_is_no_empty_folder(folder, monkeypatch):
    def fail(*_: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied", "images/")

    monkeypatch.setattr("dsac.manifests.matching.matching", fail)
    found = folder.problem("samples: [{glob: '../images/*', allow_empty: true}]\n")
    assert "images/ can't be listed: Permission denied" in found

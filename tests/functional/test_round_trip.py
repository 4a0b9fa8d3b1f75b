"""What was imported plans empty, and applied elsewhere it imports as the same files."""

import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dsac.assets.bitmaps import encode
from dsac.remote.client import Client
from tests import states

STATUSES = (
    "PRELABELED",
    "LABELED",
    "REVIEWED",
    "REJECTED",
    "SKIPPED",
    "VERIFIED",
    "LABELING_IN_PROGRESS",
    "REVIEWING_IN_PROGRESS",
    "UNLABELED",
)
NAME = "jane/flowers"


@dataclass(frozen=True)
class Trip:
    """A project with a platform, and two empty folders."""

    project: Any
    home: Path
    away: Path
    back: Path

    def dsac(self, *arguments: str | Path) -> str:
        """Run a command, insist that it went well, and give its result."""
        ran = self.project.dsac(*arguments)
        assert ran.code == 0, ran.err + ran.out
        assert "not be empty" not in ran.err
        out: str = ran.out
        return out

    def settled(self, folder: Path) -> None:
        """Insist that the plan of a folder is empty and puts no label in danger."""
        out = self.dsac("-C", folder, "plan", "--detailed-exitcode", "--fail-on-held")
        assert out.splitlines()[-1] == "No changes.", out
        assert "held" not in out

    def there(self, *flags: str, name: str = NAME) -> str:
        """Import into an empty folder; the plan is empty. Give the manifest."""
        self.dsac("import", name, "--out", self.away, *flags)
        shutil.rmtree(self.home / "manifests", ignore_errors=True)
        shutil.copytree(self.away / "manifests", self.home / "manifests")
        self.settled(self.home)
        (manifest,) = (self.away / "manifests").rglob("*.yaml")
        return manifest.read_text()

    def and_back(self, *flags: str, name: str = NAME) -> None:
        """Apply to an empty platform, import from there: the files are the same."""
        self.dsac("-C", self.away, "apply", "--auto-approve")
        self.settled(self.away)
        self.dsac("-C", self.away, "import", name, "--out", self.back, *flags)
        assert files_of(self.back) == files_of(self.away)


def files_of(folder: Path) -> dict[str, bytes]:
    """Give the files that an import writes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".dsac" not in path.relative_to(folder).parts
    }


@pytest.fixture
def trip(project, tmp_path) -> Trip:
    """Make two empty folders beside a project."""
    return Trip(project, project.root, tmp_path / "away", tmp_path / "back")


def put(client: Client, sample: str, labelset: str, **fields: Any) -> None:
    """Write a label."""
    client.put_label(sample, labelset, fields)


@pytest.mark.parametrize("task_type", states.STATES)
def test_every_task_type_comes_back_as_it_was(task_type: str, trip: Trip) -> None:
    sample, labels = states.STATES[task_type]
    with trip.project.platform() as client:
        fields = {"task_type": task_type, "task_attributes": states.RICH}
        client.add_dataset(NAME, fields)
        client.add_labelset(NAME, "model.v1", description="A model, ${v}")
        client.add_labelset(NAME, "second")
        rows = [
            {
                "name": f"s/{number}.jpg",
                "attributes": {**sample, "extra": {"${k}": None}},
                "priority": number - 0.5,
                "metadata": {"n": number, "nested": {"url": "x/y", "none": None}},
                "assigned_labeler": "eve" if number else None,
                "assigned_reviewer": "",
                "readme": "two\nlines",
            }
            for number in range(len(labels))
        ]
        found = client.add_samples(NAME, [*rows, {"name": "z", "attributes": sample}])
        for number, (row, attributes) in enumerate(zip(found, labels, strict=False)):
            status = STATUSES[number % len(STATUSES)]
            put(client, row.uuid, "ground-truth", attributes=attributes, score=0.25)
            put(
                client,
                row.uuid,
                "model.v1",
                attributes=attributes,
                label_status=status,
                score=-1,
            )
    trip.there()
    trip.and_back()


def test_every_field_of_a_dataset_comes_back_as_it_was(trip: Trip) -> None:
    with trip.project.platform() as client:
        client.add_dataset(NAME, {**states.EVERYTHING, "task_attributes": states.PLAIN})
        client.add_release(NAME, "v1", description="First: ${x}")
        client.add_release(NAME, "v.2")
    manifest = trip.there()
    trip.and_back()
    assert "description: |\n  line $${1}\n    two\n" in manifest
    assert "labeling_inactivity_timeout_seconds: null" in manifest
    assert (
        'releases:\n  - {name: v.2}\n  - {name: v1, description: "First: ' in manifest
    )


def test_what_a_new_dataset_has_is_left_out(trip: Trip) -> None:
    with trip.project.platform() as client:
        client.add_dataset(NAME, {"task_attributes": states.PLAIN})
    manifest = trip.there()
    trip.and_back()
    text = manifest.partition("dataset:")[2]
    assert text == (
        " jane/flowers\n"
        "task_type: segmentation-bitmap\n"
        "categories:\n"
        "  - {id: 1, name: rose, color: [220, 40, 40]}\n"
        '  - {id: 2, name: "no"}\n'
        "samples: []\n"
    )


@pytest.mark.parametrize("more", [0, 30])
def test_hostile_names_come_back_as_they_were(more: int, trip: Trip) -> None:
    names = [*states.HOSTILE, *(f"n{number}" for number in range(more))]
    with trip.project.platform() as client:
        client.add_dataset(NAME, {"task_attributes": states.PLAIN})
        for few in (names[:18], names[18:]) if more else (names[:18],):
            rows = [
                {
                    "name": name,
                    "attributes": states.IMAGE,
                    "metadata": {name: name},
                    "readme": name,
                    "assigned_labeler": name,
                }
                for name in few
            ]
            client.add_samples(NAME, rows)
    trip.there()
    trip.and_back()
    index = trip.away / "manifests" / "jane" / "flowers.samples.jsonl"
    assert index.exists() == bool(more)


def test_the_status_of_every_label_comes_back(trip: Trip) -> None:
    with trip.project.platform() as client:
        client.add_dataset(NAME, {"task_attributes": states.PLAIN})
        rows = [{"name": name, "attributes": states.IMAGE} for name in STATUSES]
        for row, status in zip(client.add_samples(NAME, rows), STATUSES, strict=True):
            put(client, row.uuid, "ground-truth", attributes={}, label_status=status)
    manifest = trip.there()
    trip.and_back()
    assert all(f"status: {status}" in manifest for status in STATUSES[1:])


def mask(*ids: int, size: tuple[int, int] = (6, 8)) -> bytes:
    pixels = np.zeros(size, np.uint32)
    pixels[0, : len(ids)] = ids
    return encode(pixels)


def upload(client: Client, data: bytes, name: str) -> str:
    return str(client.upload_asset(BytesIO(data), filename=name).url)


def picture(color: str) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (8, 6), color).save(stream, "PNG")
    return stream.getvalue()


def annotated(client: Client, data: bytes, *ids: int) -> dict[str, Any]:
    return {
        "annotations": [{"id": key, "category_id": 1} for key in ids],
        "segmentation_bitmap": {"url": upload(client, data, "mask.png")},
    }


def test_downloaded_files_go_up_elsewhere_and_come_back(trip: Trip) -> None:
    names = [*states.HOSTILE[:8], "plain.png"]
    with trip.project.platform() as client:
        client.add_dataset(NAME, {"task_attributes": states.PLAIN})
        client.add_labelset(NAME, "A")
        client.add_labelset(NAME, "a")
        rows = [
            {
                "name": name,
                "attributes": {
                    "image": {"url": upload(client, picture(color), "x.png")}
                },
            }
            for name, color in zip(names, ["red", "blue"] * 9, strict=False)
        ]
        for row in client.add_samples(NAME, rows):
            for labelset in ("ground-truth", "A", "a"):
                fields = annotated(client, mask(1, 9), 1, 9)
                put(
                    client,
                    row.uuid,
                    labelset,
                    attributes=fields,
                    label_status="LABELED",
                )
    manifest = trip.there("--download")
    assert "http" not in manifest.partition("dataset:")[2]
    trip.and_back("--download")
    written = [path for path in files_of(trip.away) if path.endswith(".png")]
    assert len({path.casefold() for path in written}) == 4 * len(names)


def test_downloaded_masks_of_another_format_change_nothing(trip: Trip) -> None:
    """The marker has the digest of a palette image; the platform has RGBA."""
    pixels = Image.new("P", (8, 6))
    pixels.putpalette([0, 0, 0, 255, 0, 0])
    pixels.putpixel((2, 2), 1)
    pixels.save(trip.home / "images" / "mask.png")
    trip.project.write(
        "dataset: jane/flowers\ntask_type: segmentation-bitmap\n"
        "categories: [{id: 1, name: rose}]\n"
        "samples:\n  - name: a\n    image: ../images/a.png\n    labels:\n"
        "      ground-truth:\n        bitmap: ../images/mask.png\n"
        "        annotations: [{id: 1, category: rose}]\n"
    )
    trip.project.apply()
    trip.there("--download")
    (away,) = (trip.away / "manifests").rglob("labels-ground-truth/a.png")
    away.write_bytes(mask(1))
    shutil.copytree(
        trip.away / "manifests", trip.home / "manifests", dirs_exist_ok=True
    )
    assert trip.project.actions() == {"jane/flowers:a@ground-truth": ["update"]}


def test_files_that_no_manifest_can_name_stay_urls(trip: Trip) -> None:
    gone = "http://dsac.invalid/assets/local/gone.png"
    with trip.project.platform() as client:
        client.add_dataset(NAME, {"task_attributes": states.PLAIN})
        images = {
            "gone": gone,
            "bucket": "gs://bucket/a.png",
            "text": upload(client, b"no image", "x.png"),
            "good": upload(client, picture("red"), "x.png"),
            "small": upload(client, picture("red"), "x.png"),
            "path": "../no/url.png",
        }
        rows = [
            {"name": name, "attributes": {"image": {"url": url}}}
            for name, url in images.items()
        ]
        for row in client.add_samples(NAME, rows):
            size = (3, 3) if row.name == "small" else (6, 8)
            data = b"no mask" if row.name == "text" else mask(1, 2, size=size)
            fields = annotated(client, data, 1, *([2] if row.name == "small" else []))
            fields["other"] = {"url": upload(client, b"any", "notes.txt")}
            fields["url"] = "kept"
            put(client, row.uuid, "ground-truth", attributes=fields)
    ran = trip.project.dsac("import", NAME, "--out", trip.away, "--download")
    assert ran.code == 0, ran.err
    assert "gs://bucket/a.png stays a URL: it can't be read (and 1 more" in ran.err
    assert "its ids are not those of the annotations (and 3 more" in ran.err
    assert ran.err.count("the bitmap is not of the size of its image") == 1
    assert "is not an image" in ran.err
    assert "not be empty" not in ran.err
    shutil.copytree(trip.away / "manifests", trip.home / "manifests")
    trip.settled(trip.home)


def test_a_bucket_that_cannot_be_read_takes_one_line(trip: Trip) -> None:
    with trip.project.platform() as client:
        client.add_dataset(NAME, {"task_attributes": states.PLAIN})
        urls = [f"gs://private/{number}.png" for number in range(15)]
        odd = [upload(client, b"no image", "x.png") for _ in range(12)]
        rows = [
            {"name": f"{number:02}", "attributes": {"image": {"url": url}}}
            for number, url in enumerate(urls + odd)
        ]
        client.add_samples(NAME, rows)
    ran = trip.project.dsac("import", NAME, "--out", trip.away, "--download")
    assert ran.code == 0, ran.err
    told = [line for line in ran.err.splitlines() if " URL" in line]
    first = (
        "Note: gs://private/0.png stays a URL: it can't be read (and 14 more like it)"
    )
    assert told[0] == first
    assert told[-1] == "Note: 3 more files stay URLs, for other reasons"
    assert len(told) == 11

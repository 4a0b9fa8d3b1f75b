"""Two versions of manifests between which operations of every kind lie."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dsac.core.values import Tree
from tests.functional.stage import Stage
from tests.functional.truth import State

DATASETS = ("jane/flowers", "jane/trees")

FIRST = """\
dataset: jane/flowers
description: Flowers.
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
metadata: {team: botany, old: 1}
labelsets:
  predictions: {owner: manifest}
  outdated: {owner: manifest, description: Goes.}
collaborators: {bob: labeler, eve: labeler}
releases: [{name: v0, description: Goes.}]
samples:
  - {name: picture, image: ../images/picture.png}
  - {name: fields, image: ../images/fields.png, metadata: {city: Rome}}
  - {name: before, image: ../images/renamed.png}
  - {name: one, image: ../images/one.png}
  - {name: two, image: ../images/two.png}
  - {name: gone1, image: ../images/gone.png}
  - {name: gone2, image: "https://x.test/gone.png"}
  - name: labelled
    image: ../images/labelled.png
    labels:
      ground-truth: {bitmap: ../masks/a.png, annotations: [{id: 1, category: rose}]}
      predictions: {annotations: [], status: LABELED, score: 0.5}
      outdated: {annotations: []}
  - name: unlabelled
    image: ../images/unlabelled.png
    labels:
      predictions: {bitmap: ../masks/b.png, annotations: [{id: 1, category: rose}]}
  - {name: theirs, image: "https://x.test/theirs.png"}
"""

SECOND = """\
dataset: jane/flowers
description: Flowers of all kinds.
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}, {id: 3, name: lily}]
metadata: {team: zoology, old: null}
labelsets:
  predictions: {owner: manifest}
  fresh: {owner: manifest, description: Comes.}
collaborators: {bob: reviewer}
releases: [{name: v1, description: Comes.}]
removed: ["@outdated", "+eve", "#v0"]
moved: [{from: before, to: after}, {from: one, to: two}, {from: two, to: three}]
samples:
  - {name: picture, image: ../images/other.png}
  - {name: fields, image: ../images/fields.png, metadata: {city: Oslo}, priority: 3}
  - {name: after, image: ../images/renamed.png, priority: 1}
  - {name: two, image: ../images/one.png}
  - {name: three, image: ../images/two.png}
  - name: labelled
    image: ../images/labelled.png
    labels:
      ground-truth: {bitmap: ../masks/c.png, annotations: [{id: 1, category: lily}]}
      predictions: {annotations: [], status: LABELED, score: 0.75}
  - {name: unlabelled, image: ../images/unlabelled.png}
  - {name: theirs, image: "https://x.test/theirs.png", priority: 7}
  - name: new1
    image: ../images/new1.png
    labels:
      ground-truth: {bitmap: ../masks/d.png, annotations: [{id: 1, category: rose}]}
      fresh: {annotations: []}
  - {name: new2, image: ../images/new2.png}
  - {name: new3, image: ../images/new2.png, metadata: {twin: true}}
---
dataset: jane/trees
description: Trees.
task_type: segmentation-bitmap
categories: [{id: 1, name: oak}]
labelsets: {predictions: {owner: manifest}}
collaborators: {bob: labeler}
releases: [{name: v1}]
samples:
  - name: oak
    image: ../images/oak.png
    labels:
      predictions: {bitmap: ../masks/b.png, annotations: [{id: 1, category: oak}]}
  - {name: ash, image: "https://x.test/ash.png"}
"""

PEOPLES = ("fields", "before", "theirs", "two")
"""Samples on which bob worked."""

REVIEWED: dict[str, Tree] = {"label_status": "REVIEWED", "attributes": {}}
"""What he did there."""

IMAGES = (
    *("picture", "other", "fields", "renamed", "one", "two", "gone", "labelled"),
    *("unlabelled", "new1", "new2", "oak"),
)


def write(root: Path, text: str) -> None:
    """Make a project with a manifest, and with the files that it names."""
    (root / "manifests").mkdir(parents=True, exist_ok=True)
    (root / "manifests" / "all.yaml").write_text(text)
    (root / "dsac.yaml").write_text("project: flowers\n")
    for number, name in enumerate(IMAGES):
        _image(root / "images" / f"{name}.png", number)
    for number, name in enumerate("abcd"):
        _mask(root / "masks" / f"{name}.png", number)


def prepare(stage: Stage) -> None:
    """Apply the first version, let bob label; leave the manifest in its second."""
    write(stage.root, FIRST)
    ran = stage.apply()
    assert ran.code == 0, ran.err + ran.out
    for name in PEOPLES:
        stage.label("jane/flowers", name, REVIEWED)
    write(stage.root, SECOND)


def _image(path: Path, number: int) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (4, 3), (number * 9, 0, 99)).save(path)


def _mask(path: Path, number: int) -> None:
    path.parent.mkdir(exist_ok=True)
    pixels = np.zeros((3, 4), np.uint8)
    pixels[0, number] = 1
    Image.fromarray(pixels).save(path)


RENAMED = {"before": "after", "one": "two", "two": "three"}


def differences(expected: State, found: State) -> Iterator[str]:
    """Say where the platform is not as it should be."""
    for address in sorted(expected.keys() | found.keys()):
        if expected.get(address) != found.get(address):
            yield f"{address}: {expected.get(address)} became {found.get(address)}"


def moved(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Tell which samples were not kept, but deleted and made again."""
    for name, uuid in before.items():
        if not name.startswith("gone") and after[RENAMED.get(name, name)] != uuid:
            yield f"{name} is another one now"

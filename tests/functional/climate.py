"""A project that changes at random, and what the platform should have of it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from dsac.assets import bitmaps
from tests.functional.truth import State

NAME = "jane/world"
MASKS = 4
CITIES = ("Oslo", "Rome", "Paris", None)
FEWEST, MOST = 6, 14
"""How many samples there are; so many that deletes pass the guards."""


@dataclass
class Label:
    """A label as the manifest has it; without a mask it has no annotations."""

    mask: int | None
    score: float


@dataclass
class Sample:
    """A sample as the manifest has it, and its labels by label set."""

    image: int
    city: str | None
    priority: int
    labels: dict[str, Label] = field(default_factory=dict)


@dataclass
class World:
    """The manifest of a project, and what people did on its platform.

    `peoples` are samples whose ground truth bob worked on; `removed` and `moved` are
    of the last step alone.
    """

    root: Path
    rng: Random
    description: str = "First."
    categories: int = 1
    samples: dict[str, Sample] = field(default_factory=dict)
    labelsets: set[str] = field(default_factory=lambda: {"predictions"})
    people: dict[str, str] = field(default_factory=dict)
    releases: set[str] = field(default_factory=set)
    peoples: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    moved: list[dict[str, str]] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        """Make the files of the project."""
        (self.root / "files").mkdir(parents=True)
        (self.root / "manifests").mkdir()
        (self.root / "dsac.yaml").write_text("project: world\n")
        self.images: list[str] = []
        self.masks = [self._mask(number) for number in range(MASKS)]
        while len(self.samples) < FEWEST:
            self._add_sample()

    def _image(self) -> int:
        """Make an image that no other sample ever had: else it might be a rename."""
        number = len(self.images)
        path = self.root / "files" / f"image{number}.png"
        Image.new("RGB", (4, 3), (number % 256, number // 256, 99)).save(path)
        self.images.append(hashlib.sha256(path.read_bytes()).hexdigest())
        return number

    def _mask(self, number: int) -> str:
        pixels = np.zeros((3, 4), np.uint32)
        pixels[0, number] = 1
        np.save(self.root / "files" / f"mask{number}.npy", pixels)
        return hashlib.sha256(bitmaps.encode(pixels)).hexdigest()

    def fresh(self, prefix: str) -> str:
        """Make a name that never was."""
        self.made += 1
        return f"{prefix}{self.made}"

    def step(self, count: int) -> None:
        """Change so many things."""
        self.removed, self.moved = [], []
        for _ in range(count):
            self.rng.choice(
                (
                    self._add_sample,
                    self._add_sample,
                    self._remove_sample,
                    self._rename_sample,
                    self._edit_sample,
                    self._edit_sample,
                    self._replace_image,
                    self._label,
                    self._label,
                    self._label,
                    self._unlabel,
                    self._describe,
                    self._add_labelset,
                    self._remove_labelset,
                    self._invite,
                    self._dismiss,
                    self._release,
                    self._forget,
                )
            )()

    def _pick(self, *, peoples: bool = True) -> str:
        """Choose a sample, one that this step did not rename."""
        taken = {name for move in self.moved for name in move.values()}
        names = sorted(self.samples.keys() - taken)
        return self.rng.choice(
            [name for name in names if peoples or name not in self.peoples] or [""]
        )

    def _add_sample(self) -> None:
        if len(self.samples) < MOST:
            self.samples[self.fresh("s")] = Sample(
                image=self._image(),
                city=self.rng.choice(CITIES),
                priority=self.rng.randrange(3),
            )

    def _remove_sample(self) -> None:
        name = self._pick(peoples=False)
        if name and len(self.samples) > FEWEST:
            del self.samples[name]

    def _rename_sample(self) -> None:
        name = self._pick()
        if name and name not in self.removed and self._is_there(name):
            after = self.fresh("r")
            self.samples[after] = self.samples.pop(name)
            self.moved.append({"from": name, "to": after})
            if name in self.peoples:
                self.peoples.remove(name)
                self.peoples.add(after)

    def _is_there(self, name: str) -> bool:
        """Tell whether a sample is on the platform already."""
        return name in self.settled

    def _edit_sample(self) -> None:
        name = self._pick()
        if name:
            self.samples[name].city = self.rng.choice(CITIES)
            self.samples[name].priority = self.rng.randrange(5)

    def _replace_image(self) -> None:
        name = self._pick(peoples=False)
        if name:
            self.samples[name].image = self._image()

    def _label(self) -> None:
        name = self._pick()
        labelset = self.rng.choice(sorted({"ground-truth", *self.labelsets}))
        if name:
            masked = labelset in {"ground-truth", "predictions"}
            mask = self.rng.randrange(MASKS) if masked else None
            self.samples[name].labels[labelset] = Label(mask, self.rng.randrange(8) / 8)

    def _unlabel(self) -> None:
        name = self._pick()
        if name:
            labelset = self.rng.choice(sorted(self.labelsets))
            self.samples[name].labels.pop(labelset, None)

    def _describe(self) -> None:
        self.description = self.fresh("Words ")
        self.categories = min(5, self.categories + self.rng.randrange(2))

    def _add_labelset(self) -> None:
        if len(self.labelsets) < 3:
            self.labelsets.add(self.fresh("extra"))

    def _remove_labelset(self) -> None:
        for name in sorted(self.labelsets - {"predictions"})[:1]:
            self.labelsets.remove(name)
            self.removed.append(f"@{name}")
            for sample in self.samples.values():
                sample.labels.pop(name, None)

    def _invite(self) -> None:
        user = self.rng.choice(("bob", "eve"))
        self.people[user] = self.rng.choice(("labeler", "reviewer"))
        self.removed = [item for item in self.removed if item != f"+{user}"]

    def _dismiss(self) -> None:
        for user in sorted(self.people)[:1]:
            del self.people[user]
            self.removed.append(f"+{user}")

    def _release(self) -> None:
        self.releases.add(self.fresh("v"))

    def _forget(self) -> None:
        for name in sorted(self.releases)[:1]:
            self.releases.remove(name)
            self.removed.append(f"#{name}")

    settled: frozenset[str] = frozenset()
    """The samples of the last step that is over."""

    def write(self) -> None:
        """Write the manifest."""
        document = {
            "dataset": NAME,
            "description": self.description,
            "task_type": "segmentation-bitmap",
            "categories": [
                {"id": number + 1, "name": f"c{number}"}
                for number in range(self.categories)
            ],
            "labelsets": {name: {"owner": "manifest"} for name in self.labelsets},
            "collaborators": self.people,
            "releases": [{"name": name} for name in sorted(self.releases)],
            "removed": self.removed,
            "moved": self.moved,
            "samples": [
                {
                    "name": name,
                    "image": f"../files/image{sample.image}.png",
                    "metadata": {"city": sample.city},
                    "priority": sample.priority,
                    "labels": {
                        labelset: _stated(label)
                        for labelset, label in sample.labels.items()
                    },
                }
                for name, sample in self.samples.items()
            ],
        }
        path = self.root / "manifests" / "world.yaml"
        path.write_text(json.dumps(document, indent=1))

    def expected(self) -> State:
        """Say what the platform should have; of people's labels only that they are."""
        found: State = {
            NAME: {"description": self.description, "categories": self.categories},
            **{f"{NAME}@{name}": "" for name in self.labelsets},
            **{f"{NAME}+{user}": role for user, role in self.people.items()},
            **{f"{NAME}#{name}": "" for name in self.releases},
        }
        for name, sample in self.samples.items():
            found[f"{NAME}:{name}"] = {
                "image": self.images[sample.image],
                "metadata": {"city": sample.city} if sample.city else {},
                "priority": sample.priority,
            }
            for labelset, label in sample.labels.items():
                found[f"{NAME}:{name}@{labelset}"] = self._label_value(label)
        for name in self.peoples:
            found[f"{NAME}:{name}@ground-truth"] = "LABELED"
        return found

    def _label_value(self, label: Label) -> Any:
        mask = None if label.mask is None else self.masks[label.mask]
        return {"mask": mask, "score": label.score, "by": "local"}


def _stated(label: Label) -> Any:
    if label.mask is None:
        return {"annotations": [], "score": label.score}
    return {
        "bitmap": f"../files/mask{label.mask}.npy",
        "annotations": [{"id": 1, "category": "c0"}],
        "score": label.score,
    }


def plain(found: State) -> State:
    """Give a platform's state as `World.expected` has it."""
    return dict(_plain(found))


def _plain(found: State) -> Iterator[tuple[str, Any]]:
    for address, value in found.items():
        if ":" in address and "@" in address:
            yield address, _plain_label(value[0])
        elif ":" in address:
            row = value[0]
            yield (
                address,
                {
                    "image": row["attributes"]["image"]["url"],
                    "metadata": row["metadata"],
                    "priority": row["priority"],
                },
            )
        elif "#" in address:
            yield address, value[0]
        elif address == NAME:
            row = value[0]
            count = len(row["task_attributes"]["categories"])
            told = {"description": row["description"], "categories": count}
            yield address, told
        else:
            yield address, value


def _plain_label(row: Any) -> Any:
    if row["label_status"] != "PRELABELED":
        return row["label_status"]
    bitmap = row["attributes"].get("segmentation_bitmap", {})
    by = row["updated_by"]
    return {"mask": bitmap.get("url"), "score": row["score"], "by": by}

"""Knows what nobody may lose or touch, by the plainest reading of the rules."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.world.platform import BOT, OWNER, Platform

Key = tuple[str, str]
"""The uuid of a sample, and a label set."""

Cells = tuple[Any, ...]

MACHINES = frozenset({OWNER, BOT})
FEW = 5
PERCENT = 10


class BrokenError(AssertionError):
    """A promise was broken; `promise` is its name."""

    def __init__(self, promise: str, what: object) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise = promise


@dataclass(frozen=True)
class Wanted:
    """Whose run it is, and what its manifests and flags ask for.

    `documents` are manifests by dataset; `gone` names datasets that shall go.
    """

    project: str
    documents: Mapping[str, Mapping[str, Any]]
    gone: frozenset[str] = frozenset()
    take_over: frozenset[str] = frozenset()
    may_delete: bool = False
    may_recategorise: bool = False

    @property
    def datasets(self) -> frozenset[str]:
        """The names of all datasets that the run is about."""
        return self.gone | self.documents.keys()


@dataclass(frozen=True)
class View:
    """All that a platform holds at one moment; samples and labels by uuid."""

    datasets: Mapping[int, Cells]
    samples: Mapping[str, Cells]
    labels: Mapping[Key, Cells]
    labelsets: frozenset[Cells]

    def dataset_of(self, uuid: str) -> Cells:
        """Give the dataset of a sample."""
        return self.datasets[self.samples[uuid][0]]

    def sense(self, uuid: str) -> tuple[Any, ...]:
        """Give what a label of a sample speaks about: its content and categories."""
        dataset, _, attributes = self.samples[uuid][:3]
        fields = json.loads(self.datasets[dataset][1])
        return dataset, attributes, fields["task_type"], names_of(fields)


def names_of(fields: Mapping[str, Any]) -> dict[int, str]:
    """Give the names of the categories of a dataset by their ids."""
    found = (fields.get("task_attributes") or {}).get("categories") or []
    return {item["id"]: item["name"] for item in found}


def look(platform: Platform) -> View:
    """Read the database."""
    datasets = platform.rows(
        "SELECT id, owner || '/' || name AS name, fields, metadata FROM datasets"
    )
    samples = platform.rows(
        "SELECT uuid, dataset, name, attributes, metadata, priority, "
        "assigned_labeler, assigned_reviewer, readme FROM samples"
    )
    labels = platform.rows(
        "SELECT s.uuid, labelset, status, updated_by, l.created_by, reviewed_by, "
        "rating, score, l.attributes, l.created_at, updated_at, reviewed_at "
        "FROM labels l JOIN samples s ON s.id = l.sample"
    )
    return View(
        datasets={row[0]: tuple(row)[1:] for row in datasets},
        samples={row[0]: tuple(row)[1:] for row in samples},
        labels={(row[0], row[1]): tuple(row)[2:] for row in labels},
        labelsets=frozenset(map(tuple, platform.rows("SELECT * FROM labelsets"))),
    )


@dataclass
class Keeper:
    """Compares what was there with what is there; `written` are dsac's own labels."""

    platform: Platform
    written: dict[Key, Cells] = field(default_factory=dict)

    def note(self) -> None:
        """Take what is there now for what must not be lost from now on."""
        self.before = look(self.platform)

    def treasures(self, wanted: Wanted) -> Iterator[Key]:
        """Name the labels on which a person worked.

        What the user of dsac's key did in a browser is such work, too, but where the
        manifest has the say and says the same status: nobody could tell them apart.
        """
        for key, cells in self.before.labels.items():
            status, updated_by, created_by, reviewed_by, rating = cells[:5]
            touched = reviewed_by is not None or rating is not None
            ours = (updated_by or created_by) in MACHINES
            untouched = status == "PRELABELED" or self.written.get(key) == cells
            alike = untouched or self.is_stated(key, str(status), wanted)
            if touched or not (ours and alike):
                yield key

    def is_stated(self, key: Key, status: str, wanted: Wanted) -> bool:
        """Tell whether a manifest has the say over a label and gives this status."""
        uuid, labelset = key
        document = wanted.documents.get(self.before.dataset_of(uuid)[0], {})
        default = "annotators" if labelset == "ground-truth" else "manifest"
        declared = document.get("labelsets", {}).get(labelset, {})
        if declared.get("owner", default) != "manifest":
            return False
        name = self.before.samples[uuid][1]
        names = {move["from"]: move["to"] for move in document.get("moved", ())}
        return any(
            row["labels"].get(labelset, {}).get("status") == status
            for row in document.get("samples") or ()
            if row["name"] in {name, names.get(name)}
        )

    def check(self, wanted: Wanted, *, alone: bool) -> None:
        """Insist that a run kept all promises since `note`.

        Args:
            wanted: What the run was asked for.
            alone: Whether nobody else did anything meanwhile, so that shares of
                samples mean something.
        """
        now = look(self.platform)
        self._check_labels(now, wanted)
        self._check_strangers(now, wanted)
        if alone and not wanted.may_delete:
            self._check_share(now, wanted)
        for key, cells in now.labels.items():
            if self.before.labels.get(key) != cells:
                self.written[key] = cells

    def _check_labels(self, now: View, wanted: Wanted) -> None:
        for key in self.treasures(wanted):
            was, cells = self.before.labels[key], now.labels.get(key)
            if cells is None:
                raise BrokenError("labels", f"{key} is gone: {was}")
            if cells != was:
                raise BrokenError("labels", f"{key} was {was}, is {cells}")
            *content, names = self.before.sense(key[0])
            *content_now, names_now = now.sense(key[0])
            if content != content_now:
                raise BrokenError("content", f"{key}: {content} became {content_now}")
            lost = dict(names.items() - names_now.items())
            if lost and not wanted.may_recategorise:
                raise BrokenError("categories", f"{key}: {lost} became {names_now}")

    def _check_share(self, now: View, wanted: Wanted) -> None:
        """Insist that no more of a dataset's own samples went than may go."""
        for number, (name, *_) in self.before.datasets.items():
            own = [
                uuid
                for uuid, cells in self.before.samples.items()
                if cells[0] == number and self.owner(uuid) == wanted.project
            ]
            gone = sum(uuid not in now.samples for uuid in own)
            few = gone <= FEW and (len(own) - gone) * 2 >= len(own)
            if gone and not few and gone * 100 > PERCENT * len(own):
                raise BrokenError("share", f"{gone} of {len(own)} in {name} are gone")

    def owner(self, uuid: str) -> str:
        """Name the project whose sample it is, by the marker; empty for nobody's."""
        dataset, metadata = (
            self.before.dataset_of(uuid)[0],
            self.before.samples[uuid][3],
        )
        marker = json.loads(metadata).get("dsac")
        if marker is None:
            return ""
        _, project, where, *_ = marker.split(" ")
        return str(project) if where == dataset else ""

    def _check_strangers(self, now: View, wanted: Wanted) -> None:
        """Insist that what is another's, or in no manifest, is as it was."""
        for number, cells in self.before.datasets.items():
            if cells[0] not in wanted.datasets and now.datasets.get(number) != cells:
                raise BrokenError("strangers", f"{cells[0]} is not as it was")
        for uuid, cells in self.before.samples.items():
            self._check_stranger(uuid, cells, now, wanted)

    def _check_stranger(
        self, uuid: str, cells: Cells, now: View, wanted: Wanted
    ) -> None:
        dataset = self.before.dataset_of(uuid)[0]
        if dataset in wanted.gone and cells[0] not in now.datasets:
            return
        document = wanted.documents.get(dataset, {"samples": None})
        removed = {name.removeprefix("@") for name in document.get("removed", ())}
        if self._is_managed(uuid, cells[1], document, wanted):
            return
        if now.samples.get(uuid) != cells:
            raise BrokenError("strangers", f"{cells[1]} of {dataset} is not as it was")
        for key, label in self.before.labels.items():
            out_of_scope = key[0] == uuid and key[1] not in removed
            if out_of_scope and now.labels.get(key) != label:
                raise BrokenError("strangers", f"a label of {cells[1]} was touched")

    def _is_managed(
        self, uuid: str, name: str, document: Mapping[str, Any], wanted: Wanted
    ) -> bool:
        owner = self.owner(uuid)
        if document["samples"] is None:
            return False
        if owner not in {"", wanted.project, *wanted.take_over}:
            return False
        named = {row["name"] for row in document["samples"]}
        named |= {move["from"] for move in document.get("moved", ())}
        prune = document.get("lifecycle", {}).get("prune", "owned")
        pruned = {"owned": {wanted.project}, "none": set(), "all": {wanted.project, ""}}
        return name in named or owner in pruned[prune]

"""One document of a manifest to the dataset that it wants."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec
from msgspec import UNSET

from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Collaborator,
    Dataset,
    Desired,
    DesiredLabelset,
    Kind,
    Labelset,
    Lifecycle,
    Release,
    Samples,
    labelsets_in,
)
from dsac.core.values import Json, Tree, normal
from dsac.errors import Position
from dsac.manifests import coco
from dsac.manifests.categories import Categories, check_categories
from dsac.manifests.document import Document, Place, Where
from dsac.manifests.files import Files
from dsac.manifests.ignored import check_ignored
from dsac.manifests.label_sources import LabelSources
from dsac.manifests.labels import LabelBuilder
from dsac.manifests.models import convert
from dsac.manifests.problems import Problems
from dsac.manifests.samples import Row, SampleBuilder, is_index
from dsac.manifests.schema import CocoCategories, DatasetModel, LabelIndex
from dsac.manifests.schema_rows import Defaults
from dsac.manifests.store import SampleStore
from dsac.manifests.waiting_labels import WaitingLabels

NAME = re.compile(r"[A-Za-z0-9._-]+")
SIGNS = {"@": Kind.LABELSET, "+": Kind.COLLABORATOR, "#": Kind.RELEASE}


class DatasetBuilder:
    """Builds the desired dataset of one document; files and problems gather."""

    def __init__(
        self, model: DatasetModel, document: Document, folder: Path, files: Files
    ) -> None:
        self.model = model
        self.place = Place(document, folder, ())
        self.files = files
        self.problems: Problems = files.problems
        self.warnings: list[str] = []

    def build(self) -> Desired:
        """Build the dataset; where it is wrong, problems say so."""
        model = self.model
        self._check_name()
        task_attributes = self._task_attributes()
        stated = task_attributes is not None
        root = self.place.document.root
        written = isinstance(root, dict) and "categories" in root
        readable = stated or not written
        found = task_attributes.get("categories") if task_attributes else None
        labels = LabelBuilder(
            Categories(found, stated=stated, readable=readable),
            self.files,
            self.problems,
        )
        names, samples = self._samples(labels)
        self._check_moved(names)
        labelsets = tuple(self._labelsets(samples))
        check_ignored(
            model.lifecycle.ignore_changes,
            [item.labelset.name for item in labelsets],
            place=self.place.inside("lifecycle", "ignore_changes"),
            problems=self.problems,
        )
        return Desired(
            dataset=self._dataset(task_attributes),
            labelsets=labelsets,
            collaborators=tuple(self._collaborators()),
            releases=tuple(self._releases()),
            samples=samples,
            removed=tuple(self._removed()),
            moved=tuple((item.from_, item.to) for item in model.moved),
            lifecycle=self._lifecycle(),
        )

    def _check_name(self) -> None:
        name, where = self.model.dataset, self.place.at("dataset")
        owner, slash, rest = name.partition("/")
        if not slash:
            self.problems.add(
                where,
                f"the dataset {name!r} has no owner",
                f"write dataset: OWNER/{name}",
            )
        elif not (NAME.fullmatch(owner) and NAME.fullmatch(rest)):
            self.problems.add(
                where,
                f"{name!r} is no name of a dataset",
                "write OWNER/NAME of letters, digits, '.', '_' and '-'",
            )

    def _task_attributes(self) -> dict[str, Tree] | None:
        model, where = self.model, self.place.at("categories")
        if model.task_attributes is not None:
            if model.categories is not None:
                self.problems.add(
                    where, "categories and task_attributes both", "keep one of the two"
                )
            found = normal(model.task_attributes)
            return found if isinstance(found, dict) else None
        if model.categories is None:
            return None
        rows: list[dict[str, Json]] = []
        if isinstance(model.categories, CocoCategories):
            name = model.categories.coco_panoptic
            where = self.place.at("categories", "coco_panoptic")
            panoptic = coco.read(self.files, name, self.place.folder, where)
            rows = [] if panoptic is None else coco.categories(panoptic)
            places = [where] * len(rows)
        else:
            rows = [item.model_dump(exclude_none=True) for item in model.categories]
            places = [self.place.at("categories", key) for key in range(len(rows))]
        check_categories(rows, places, self.problems)
        return {"format_version": "0.1", "categories": [*rows]}

    def _samples(self, labels: LabelBuilder) -> tuple[AbstractSet[str], Samples | None]:
        document, model = self.place.document, self.model
        root = document.root
        # Not the model's copy: only what was read knows where it stands.
        written = root.get("defaults") if isinstance(root, dict) else None
        defaults = convert(
            Defaults,
            {} if written is None else written,
            document=document,
            path=("defaults",),
            problems=self.problems,
        )
        if model.samples is None:
            if model.labels:
                self.problems.add(
                    self.place.at("labels"),
                    "labels without samples: the manifest does not manage samples",
                    "write samples: [...]",
                )
            return frozenset(), None
        builder = SampleBuilder(labels, defaults or Defaults())
        place = self.place.inside("samples")
        waiting = self._waiting(labels)
        others = [
            item
            for items in model.labels.values()
            for item in items
            if not isinstance(item, LabelIndex)
        ]
        if not others and any(map(is_index, model.samples)):
            return self._stored(builder, model.samples, place, waiting)
        rows = self._unique(list(builder.rows(model.samples, place)))
        names = {row.sample.sample.name for row in rows}
        if not model.labels:
            return names, tuple(row.sample for row in rows)
        sources = LabelSources(labels, rows, waiting)
        found = sources.read(model.labels, self.place.inside("labels"))
        self.warnings.extend(sources.warnings)
        return names, tuple(
            msgspec.structs.replace(row.sample, labels=found[row.sample.sample.name])
            for row in rows
        )

    def _waiting(self, labels: LabelBuilder) -> WaitingLabels:
        indexes = {
            labelset: [
                (number, item)
                for number, item in enumerate(items)
                if isinstance(item, LabelIndex)
            ]
            for labelset, items in self.model.labels.items()
        }
        return WaitingLabels(labels, indexes, self.place.inside("labels"))

    def _stored(
        self,
        builder: SampleBuilder,
        sources: list[Json],
        place: Place,
        waiting: WaitingLabels,
    ) -> tuple[AbstractSet[str], Samples]:
        """Put the samples of all sources on disk, as there may be very many."""
        store = SampleStore()
        take = None if len(waiting) else store.add_plain
        for row, where, image in builder.kept(sources, place, take=take):
            twin = store.add(waiting.join(row, where, image), where)
            if twin is not None:
                self._report_twin(row.name, where, twin)
        waiting.finish()
        return store.names, store.finish()

    def _report_twin(self, name: str, where: Where, twin: Where) -> None:
        self.problems.add(
            where,
            f"a second sample is named {name!r}, the first one at {twin}",
            "give each sample a name of its own",
        )

    def _unique(self, rows: list[Row]) -> list[Row]:
        first: dict[str, Row] = {}
        for row in rows:
            name = row.sample.sample.name
            twin = first.setdefault(name, row)
            if twin is not row:
                self._report_twin(name, row.where, twin.where)
        return sorted(first.values(), key=lambda row: row.sample.sample.name)

    def _check_moved(self, names: AbstractSet[str]) -> None:
        pairs = {item.from_: item.to for item in self.model.moved}
        for number, item in enumerate(self.model.moved):
            where = self.place.at("moved", number)
            if item.from_ in names and item.from_ not in pairs.values():
                self.problems.add(
                    where,
                    f"{item.from_!r} is still a sample of this manifest",
                    "take it out, or drop the move",
                )
            if pairs[item.from_] != item.to or self._ends_twice(item.to):
                self.problems.add(
                    where, "a name is moved twice", "keep one move for each name"
                )
            if _is_cycle(item.from_, pairs):
                self.problems.add(
                    where, "these moves go in a circle", "go by way of a third name"
                )

    def _ends_twice(self, name: str) -> bool:
        return sum(item.to == name for item in self.model.moved) > 1

    def _dataset(self, task_attributes: dict[str, Tree] | None) -> Dataset:
        model = self.model
        settings: dict[str, Json] = {}
        for field, cleared in (("description", ""), ("category", "other")):
            if field in model.model_fields_set:
                settings[field] = getattr(model, field) or cleared
        for field in sorted(model.settings.model_fields_set):
            value = normal(getattr(model.settings, field))
            settings[field] = "" if field == "readme" and value is None else value
        metadata = normal(model.metadata)
        if isinstance(metadata, dict) and "dsac" in metadata:
            self.problems.add(
                self.place.at("metadata", "dsac"),
                "the metadata key 'dsac' is kept for the ownership marker",
                "give the key another name",
            )
        stated = "metadata" in model.model_fields_set
        kept = metadata if isinstance(metadata, dict) else None
        return Dataset(
            name=model.dataset,
            task_type=model.task_type or UNSET,
            task_attributes=task_attributes or UNSET,
            settings=settings,
            metadata=kept if stated else UNSET,
        )

    def _labelsets(self, samples: Samples | None) -> list[DesiredLabelset]:
        """Give the label sets that are declared, and those that labels are in."""
        declared = self.model.labelsets
        used = labelsets_in(samples)
        result = []
        for name in sorted({*declared, *used, *self.model.labels}):
            self._check_part(name, self.place.at("labelsets", name))
            model = declared.get(name)
            owner = model.owner if model else None
            described = model.description if model else None
            default = "annotators" if name == GROUND_TRUTH else "manifest"
            labelset = Labelset(
                name=name, description=UNSET if described is None else described
            )
            result.append(DesiredLabelset(labelset=labelset, owner=owner or default))
        return result

    def _check_part(self, name: str, where: Position) -> None:
        if not NAME.fullmatch(name):
            self.problems.add(
                where,
                f"{name!r} is no name of a label set or release",
                "write letters, digits, '.', '_' and '-'",
            )

    def _releases(self) -> list[Release]:
        result: dict[str, Release] = {}
        for number, item in enumerate(self.model.releases):
            where = self.place.at("releases", number)
            self._check_part(item.name, where)
            if item.name in result:
                self.problems.add(
                    where, f"a second release is named {item.name!r}", "rename one"
                )
            described = UNSET if item.description is None else item.description
            result[item.name] = Release(name=item.name, description=described)
        return sorted(result.values(), key=lambda item: item.name)

    def _collaborators(self) -> Iterator[Collaborator]:
        name = self.model.dataset
        for user, role in sorted(self.model.collaborators.items()):
            if user == name.partition("/")[0]:
                self.problems.add(
                    self.place.at("collaborators", user),
                    f"{user} owns the dataset {name}, and can't be a collaborator too",
                    "take the line out",
                )
            yield Collaborator(user=user, role=role)

    def _removed(self) -> list[Address]:
        model = self.model
        declared = {
            Kind.LABELSET: {*model.labelsets, *model.labels, GROUND_TRUTH},
            Kind.COLLABORATOR: set(model.collaborators),
            Kind.RELEASE: {item.name for item in model.releases},
        }
        result = []
        for number, text in enumerate(model.removed):
            where = self.place.at("removed", number)
            kind = SIGNS.get(text[:1])
            if kind is None or not text[1:]:
                self.problems.add(
                    where,
                    f"{text!r} names nothing that can be removed here",
                    "write '@labelset', '+collaborator' or '#release' in quotes",
                )
            elif text[1:] in declared[kind]:
                self.problems.add(
                    where,
                    f"{text!r} is declared in this document, or is always there",
                    "keep the declaration or the removal",
                )
            else:
                result.append(Address(kind, model.dataset, "", text[1:]))
        return result

    def _lifecycle(self) -> Lifecycle:
        model, where = self.model.lifecycle, self.place.at("lifecycle")
        prune = model.prune or ("owned" if model.marker else "none")
        if not model.marker and (prune != "none" or self.model.moved):
            self.problems.add(
                where,
                "marker: false goes with neither prune nor moved",
                "write prune: none, or leave the marker on",
            )
        if not model.marker and self.files.named:
            self.problems.add(
                where,
                "marker: false goes with URLs only: the marker tells which file is "
                "behind which URL",
                "leave the marker on",
            )
        return Lifecycle(
            prune=prune,
            adopt=model.adopt,
            ignore_changes=tuple(model.ignore_changes),
            max_delete_percent=model.max_delete.percent,
            max_delete_count=model.max_delete.count,
            prevent_destroy=model.prevent_destroy,
            marker=model.marker,
        )


def _is_cycle(name: str, pairs: Mapping[str, str]) -> bool:
    steps, found = 0, pairs.get(name)
    while found is not None and steps <= len(pairs):
        if found == name:
            return True
        found = pairs.get(found)
        steps += 1
    return False

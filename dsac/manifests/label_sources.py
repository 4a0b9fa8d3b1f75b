"""Whole-dataset label sources: bitmaps by pattern, and COCO panoptic annotations."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import UNSET

from dsac.core.resources import Label
from dsac.core.values import Json, Tree
from dsac.errors import Position
from dsac.manifests import coco
from dsac.manifests.document import Document, Place, Text, Where
from dsac.manifests.labels import LabelBuilder, label_of
from dsac.manifests.problems import few
from dsac.manifests.samples import Row
from dsac.manifests.schema import BitmapSource, CocoSource, LabelIndex
from dsac.manifests.templates import fill, placeholders
from dsac.manifests.waiting_labels import WaitingLabels, report_second

Labels = dict[str, dict[str, Label]]
"""Labels by sample and label set."""


class LabelSources:
    """Reads the sources of one document; labels and warnings gather.

    Args:
        builder: Builds labels, and takes what is wrong.
        rows: The samples.
        waiting: The labels of those sources that are indexes.
    """

    def __init__(
        self, builder: LabelBuilder, rows: Sequence[Row], waiting: WaitingLabels
    ) -> None:
        self.builder = builder
        self.files = builder.files
        self.problems = builder.problems
        self.rows = rows
        self.labels: Labels = {
            row.sample.sample.name: dict(row.sample.labels) for row in rows
        }
        self.warnings: list[str] = []
        self.waiting = waiting

    def read(
        self,
        sources: Mapping[str, Sequence[BitmapSource | CocoSource | LabelIndex]],
        place: Place,
    ) -> Labels:
        """Read every source of every label set; two labels for one are a problem."""
        indexed = self._indexed()
        for labelset, items in sources.items():
            covered = indexed.get(labelset, set())
            lenient = not any(isinstance(item, CocoSource) for item in items)
            for number, item in enumerate(items):
                inside = place.inside(labelset, number)
                if isinstance(item, CocoSource):
                    lenient = lenient or item.allow_unmatched
                    covered |= self._coco(labelset, item, inside)
                elif not isinstance(item, LabelIndex):
                    covered |= self._bitmaps(labelset, item, inside)
            if not lenient:
                self._report_uncovered(covered, place.at(labelset))
        return self.labels

    def _indexed(self) -> dict[str, set[str]]:
        """Give out the labels of indexes; name the samples of each label set."""
        covered: dict[str, set[str]] = {}
        for row in self.rows:
            name = row.sample.sample.name
            for labelset, label, where in self.waiting.of(name, row.image):
                covered.setdefault(labelset, set()).add(name)
                self._give(row, labelset, label, where)
        self.waiting.finish()
        return covered

    def _give(self, row: Row, labelset: str, label: Label, where: Where) -> None:
        labels = self.labels[row.sample.sample.name]
        if labelset in labels:
            name = row.sample.sample.name
            report_second(self.problems, where, name, labelset, row.where)
        labels[labelset] = label

    def _bitmaps(self, labelset: str, source: BitmapSource, place: Place) -> set[str]:
        covered: set[str] = set()
        where = place.at("bitmaps")
        for row in self.rows:
            name = row.sample.sample.name
            values = placeholders(PurePosixPath(name)) | {"name": name}
            try:
                bitmap = fill(source.bitmaps, values)
                annotations = fill(source.annotations, values)
            except LookupError as error:
                known = ", ".join(f"{{{key}}}" for key in sorted(values))
                self.problems.add(where, str(error), f"known are {known}")
                return covered
            if not self.files.is_there(bitmap, place.folder, where):
                continue
            covered.add(name)
            label = self._bitmap_label(row, (bitmap, annotations), source, place)
            if label is not None:
                self._give(row, labelset, label, where)
        if not covered and not source.allow_empty:
            self.problems.add_unmatched(
                where,
                f"{source.bitmaps!r} matches no file for any sample",
                "mend the pattern, or write allow_empty: true",
            )
        return covered

    def _bitmap_label(
        self, row: Row, names: tuple[str, str], source: BitmapSource, place: Place
    ) -> Label | None:
        bitmap, annotations = names
        path = self.files.locate(annotations, place.folder, place.at("annotations"))
        found = None if path is None else self.files.json(path, place.at("annotations"))
        if isinstance(found, dict):
            found = found.get("annotations")
        if path is None or found is None:
            return None
        if not isinstance(found, list):
            where = Position(self.files.name_of(path))
            self.problems.add(
                where, "no list of annotations", "write [{id: 1, category: NAME}]"
            )
            return None
        rows = self._resolved(found, path)
        return self._label(row, bitmap, rows, source=source, place=place)

    def _resolved(self, rows: Sequence[Json], path: Path) -> list[Tree]:
        document = Document(Text(self.files.name_of(path)), None)
        return self.builder.annotations(rows, Place(document, path.parent, ()))

    def _label(
        self,
        row: Row,
        bitmap: str,
        rows: list[Tree],
        *,
        source: BitmapSource | CocoSource,
        place: Place,
    ) -> Label:
        where = place
        upload = self.files.upload(bitmap, place.folder, where=where, form="bitmap")
        self.builder.pair(upload, rows, row.image, where)
        attributes: Tree = {
            "annotations": rows,
            "segmentation_bitmap": {"url": upload},
        }
        score = UNSET if source.score is None else source.score
        return label_of(attributes, status=source.status, score=score)

    def _coco(self, labelset: str, source: CocoSource, place: Place) -> set[str]:
        where = place.at("coco_panoptic")
        panoptic = coco.read(self.files, source.coco_panoptic, place.folder, where)
        if panoptic is None:
            return {row.sample.sample.name for row in self.rows}
        index, covered, used = coco.Index(panoptic), set(), set()
        for row in self.rows:
            name = row.sample.sample.name
            matches = index.find([item for item in (row.image_path, name) if item])
            if len(matches) > 1:
                covered.add(name)
                files = ", ".join(match.image.file_name for match in matches)
                self.problems.add(
                    row.where,
                    f"{name!r} fits several images: {files}",
                    "use full paths",
                )
            for match in matches[:1]:
                covered.add(name)
                used.add(match.image.file_name)
                self._coco_label(row, labelset, match, source=source, place=place)
        self._warn_of_unused(index, used, where)
        return covered

    def _coco_label(
        self,
        row: Row,
        labelset: str,
        match: coco.Match,
        *,
        source: CocoSource,
        place: Place,
    ) -> None:
        where = place.at("coco_panoptic")
        rows = [
            self.builder.categories.resolve(item, where, self.problems)
            for item in coco.annotations_of(match)
        ]
        bitmap = f"{source.masks}/{match.annotation.file_name}"
        label = self._label(row, bitmap, [*rows], source=source, place=place)
        self._give(row, labelset, label, where)

    def _warn_of_unused(
        self, index: coco.Index, used: set[str], where: Position
    ) -> None:
        names = [match.image.file_name for match in index.matches]
        unused = sorted(set(names) - used)
        if unused:
            self.warnings.append(
                f"{where}: {len(unused)} annotated images have no sample: "
                f"{few(unused, len(unused))}"
            )

    def _report_uncovered(self, covered: set[str], where: Position) -> None:
        missing = sorted(self.labels.keys() - covered)
        if missing:
            self.problems.add(
                where,
                f"{len(missing)} samples have no annotation: "
                f"{few(missing, len(missing))}",
                "annotate them, or write allow_unmatched: true",
            )

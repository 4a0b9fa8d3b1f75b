"""Whole-dataset label sources: bitmaps by pattern, and COCO panoptic annotations."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import UNSET, UnsetType

from dsac.core.resources import Label
from dsac.core.values import Json, Tree
from dsac.errors import Position
from dsac.manifests import coco
from dsac.manifests.document import Document, Place, Text, Where
from dsac.manifests.index import read_label_index
from dsac.manifests.index_rows import report_depth
from dsac.manifests.labels import LabelBuilder, label_of
from dsac.manifests.samples import Row
from dsac.manifests.schema import BitmapSource, CocoSource, LabelIndex
from dsac.manifests.schema_rows import LabelEntry, LabelRow
from dsac.manifests.templates import fill, placeholders

SHOWN = 10

Labels = dict[str, dict[str, Label]]
"""Labels by sample and label set."""


class LabelSources:
    """Reads the sources of one document; labels and warnings gather."""

    def __init__(self, builder: LabelBuilder, rows: Sequence[Row]) -> None:
        self.builder = builder
        self.files = builder.files
        self.problems = builder.problems
        self.rows = rows
        self.labels: Labels = {
            row.sample.sample.name: dict(row.sample.labels) for row in rows
        }
        self.warnings: list[str] = []
        self.by_name = {row.sample.sample.name: row for row in rows}
        self.indexed: dict[str, Position] = {}

    def read(
        self,
        sources: Mapping[str, Sequence[BitmapSource | CocoSource | LabelIndex]],
        place: Place,
    ) -> Labels:
        """Read every source of every label set; two labels for one are a problem."""
        for labelset, items in sources.items():
            covered: set[str] = set()
            self.indexed = {}
            lenient = not any(isinstance(item, CocoSource) for item in items)
            for number, item in enumerate(items):
                inside = place.inside(labelset, number)
                if isinstance(item, CocoSource):
                    lenient = lenient or item.allow_unmatched
                    covered |= self._coco(labelset, item, inside)
                elif isinstance(item, LabelIndex):
                    covered |= self._index(labelset, item, inside)
                else:
                    covered |= self._bitmaps(labelset, item, inside)
            if not lenient:
                self._report_uncovered(covered, place.at(labelset))
        return self.labels

    def _give(self, row: Row, labelset: str, label: Label, where: Where) -> None:
        labels = self.labels[row.sample.sample.name]
        if labelset in labels:
            self.problems.add(
                where,
                f"{row.sample.sample.name!r} has a label in {labelset} already, from "
                f"another source or its own entry at {row.where}",
                "keep one of the two",
            )
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

    def _index(self, labelset: str, source: LabelIndex, place: Place) -> set[str]:
        covered: set[str] = set()
        unmatched: list[str] = []
        for entry, where in read_label_index(self.files, source, place):
            row = self.by_name.get(entry.name)
            if row is None:
                if not source.allow_unmatched:
                    unmatched.append(f"{entry.name} ({where})")
                continue
            covered.add(entry.name)
            if not self._is_first(entry.name, labelset, where):
                continue
            label = self._built(label_of_row(entry, source), where, row.image)
            if label is not None:
                self._give(row, labelset, label, where)
        if unmatched:
            # The samples of files that git does not keep are not known of the past.
            self.problems.add_unmatched(
                place.at("index"),
                f"{len(unmatched)} labels are of no sample: {few(unmatched)}",
                "add the samples, or write allow_unmatched: true",
            )
        return covered

    def _built(self, entry: LabelEntry, place: Place, image: Tree) -> Label | None:
        try:
            return self.builder.build(entry, place, image)
        except RecursionError:
            report_depth(self.problems, place)
        return None

    def _is_first(self, name: str, labelset: str, where: Place) -> bool:
        position = where.at()
        twin = self.indexed.setdefault(name, position)
        if twin is not position:
            self.problems.add(
                position,
                f"a second label of {name!r} in {labelset}, the first one at {twin}",
                "keep one of the two",
            )
        return twin is position

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
                f"{where}: {len(unused)} annotated images have no sample: {few(unused)}"
            )

    def _report_uncovered(self, covered: set[str], where: Position) -> None:
        missing = sorted(self.labels.keys() - covered)
        if missing:
            self.problems.add(
                where,
                f"{len(missing)} samples have no annotation: {few(missing)}",
                "annotate them, or write allow_unmatched: true",
            )


def label_of_row(row: LabelRow, source: LabelIndex) -> LabelEntry:
    """Give the label of a row, with what the source says for all of them."""
    score = UNSET if source.score is None else source.score
    return LabelEntry(
        status=source.status if isinstance(row.status, UnsetType) else row.status,
        score=score if row.score is UNSET else row.score,
        bitmap=row.bitmap,
        annotations=row.annotations,
        attributes=row.attributes,
        verbatim=row.verbatim,
    )


def few(names: Sequence[str]) -> str:
    """List the first names, and count the others."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"

"""Samples of a manifest: inline entries, globs and indexes to desired samples."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from dsac.core.marker import KEY
from dsac.core.resources import DesiredSample, Label, Sample
from dsac.core.values import ALREADY_NORMAL, Json, Tree, normal
from dsac.errors import Position
from dsac.manifests.document import Place, Where
from dsac.manifests.files import URL
from dsac.manifests.index import read_index
from dsac.manifests.index_jsonl import Take
from dsac.manifests.index_rows import report_depth
from dsac.manifests.labels import LabelBuilder
from dsac.manifests.matching import find
from dsac.manifests.models import convert
from dsac.manifests.schema_rows import (
    Defaults,
    Entry,
    GlobEntry,
    ImageFile,
    IndexEntry,
    LabelEntry,
    SampleEntry,
)
from dsac.manifests.stored_rows import LONGEST_NAME, Kept, kept
from dsac.manifests.templates import filled_in, placeholders

PLAIN = ("priority", "assigned_labeler", "assigned_reviewer", "readme")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LOOKED_AT = frozenset({KEY, "url", "signed_url"})
"""Keys of metadata that are refused, or mean something to the normal form."""

CONTENT = ("image", "attributes", "verbatim")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A sample that was read, where it was written, and its image."""

    sample: DesiredSample
    where: Where
    image: Tree = None
    image_path: str = ""


class SampleBuilder:
    """Builds the samples of one document from its sources."""

    def __init__(self, labels: LabelBuilder, defaults: Defaults) -> None:
        self.labels = labels
        self.files = labels.files
        self.problems = labels.problems
        self.defaults = defaults
        self._general: dict[str, Any] = {  # as _plain_fields gives them
            field: _settled(field, getattr(defaults, field))
            for field in PLAIN
            if getattr(defaults, field) is not UNSET
        }

    def kept(
        self, sources: list[Json], place: Place, *, take: Take | None
    ) -> Iterator[tuple[Kept, Position, Tree]]:
        """Yield the samples of each source as they lie on disk, places and images.

        Those that `take` takes, many at once, are not among them.
        """
        for number, source in enumerate(sources):
            inside = place.inside(number)
            if is_index(source):
                yield from self._kept_index(source, inside, take)
            else:
                for row in self.rows([source], place):
                    where = row.where
                    at = where if isinstance(where, Position) else where.at()
                    yield kept(row.sample, files=True), at, row.image

    def _kept_index(
        self, source: Json, place: Place, take: Take | None
    ) -> Iterator[tuple[Kept, Position, Tree]]:
        entry = self._index_entry(source, place)
        if entry is None:
            return
        builder = SampleBuilder(self.labels, _overlaid(self.defaults, entry))
        # Lines that are taken as they are have nothing of what others say for them.
        whole = take if builder.defaults == Defaults() else None
        for row, inside in read_index(self.files, entry, place, take=whole):
            plain = builder.plain(row)
            if plain is not None:
                yield plain, inside.at(), None
                continue
            named = self.files.named
            found = builder._bounded(row, inside)
            if found is not None:
                files = self.files.named > named
                yield kept(found.sample, files=files), inside.at(), found.image

    def plain(self, entry: SampleEntry) -> Kept | None:
        """Build a sample of which there are most: a URL, no labels, plain metadata.

        None where more must be looked at. It says what `_sample` would.
        """
        image, name, metadata = entry.image, entry.name, entry.metadata
        if (
            not isinstance(image, str)
            or "?" in image
            or not URL.match(image)
            or entry.labels
            or entry.attributes is not UNSET
            or entry.verbatim is not UNSET
            or not is_name(name)
        ):
            return None
        general = self.defaults.metadata
        if metadata is UNSET:
            metadata = general
        elif isinstance(metadata, dict) and isinstance(general, dict):
            metadata = {**general, **metadata}
        if isinstance(metadata, dict):
            if not LOOKED_AT.isdisjoint(metadata):
                return None
            for item in metadata.values():
                if type(item) not in ALREADY_NORMAL:
                    return None
        return Kept(
            name=name,
            attributes={"image": {"url": image}},
            metadata=metadata,
            **self._plain_fields(entry),
        )

    def rows(self, sources: list[Json], place: Place) -> Iterator[Row]:
        """Yield the samples of each source in turn; a source is one entry."""
        for number, source in enumerate(sources):
            inside = place.inside(number)
            if is_index(source):
                yield from self._index(source, inside)
            elif isinstance(source, dict) and "glob" in source:
                yield from self._glob(source, inside)
            else:
                row = self._inline(source, inside)
                if row is not None:
                    yield row

    def _inline(self, source: Json, place: Place) -> Row | None:
        entry = convert(
            SampleEntry,
            source,
            document=place.document,
            path=place.path,
            problems=self.problems,
        )
        return None if entry is None else self._sample(entry, place)

    def _index(self, source: Json, place: Place) -> Iterator[Row]:
        entry = self._index_entry(source, place)
        if entry is not None:
            builder = SampleBuilder(self.labels, _overlaid(self.defaults, entry))
            for found, inside in read_index(self.files, entry, place):
                row = builder._bounded(found, inside)
                if row is not None:
                    yield row

    def _bounded(self, entry: SampleEntry, place: Place) -> Row | None:
        try:
            return self._sample(entry, place)
        except RecursionError:
            report_depth(self.problems, place)
        return None

    def _index_entry(self, source: Json, place: Place) -> IndexEntry | None:
        return convert(
            IndexEntry,
            source,
            document=place.document,
            path=place.path,
            problems=self.problems,
        )

    def _sample(self, entry: SampleEntry, place: Place) -> Row | None:
        attributes = self._content(entry, place)
        inner = attributes.get("image") if isinstance(attributes, dict) else None
        image = inner.get("url") if isinstance(inner, dict) else None
        return self._row(entry, entry.name, attributes, place=place, image=image)

    def _content(self, entry: SampleEntry, place: Place) -> Tree:
        stated = _stated(entry)
        if not stated:
            self.problems.add(
                place.at(), f"sample {entry.name!r} has no content", "write image: PATH"
            )
        if stated[1:]:
            first, second, *_ = stated
            where = place.at(second)
            self.problems.add(where, f"{first} and {second} both", "keep one of them")
        elif not isinstance(entry.image, UnsetType):
            return {"image": {"url": self._image(entry.image, place)}}
        elif not isinstance(entry.attributes, UnsetType):
            return self.labels.resolved(entry.attributes, place.inside("attributes"))
        elif not isinstance(entry.verbatim, UnsetType):
            return entry.verbatim
        return None

    def _image(self, value: str | ImageFile, place: Place) -> Json:
        written = msgspec.to_builtins(value) if isinstance(value, ImageFile) else value
        where = place.inside("image")
        return self.files.upload(written, place.folder, where=where, image=True)

    def _glob(self, source: Json, place: Place) -> Iterator[Row]:
        entry = convert(
            GlobEntry,
            source,
            document=place.document,
            path=place.path,
            problems=self.problems,
        )
        if entry is None:
            return
        where = place.at("glob")
        folder, matches = find(
            self.files,
            entry.glob,
            folder=place.folder,
            where=where,
            exclude=entry.exclude,
            allow_empty=entry.allow_empty,
        )
        for relative in matches:
            yield from self._matched(entry, relative, folder, place)

    def _matched(
        self, entry: GlobEntry, relative: str, folder: Path, place: Place
    ) -> Iterator[Row]:
        if not relative.isprintable():
            self.problems.add(
                place.at("glob"),
                f"the file {relative!r} has a name that is no plain text",
                "rename the file",
            )
            return
        values = placeholders(PurePosixPath(relative))
        try:
            filled = filled_in(entry, values)
        except LookupError as error:
            known = ", ".join(f"{{{key}}}" for key in sorted(values))
            self.problems.add(place.at(), str(error), f"known are {known}")
            return
        upload = self.files.upload(
            relative, folder, where=place.inside("glob"), image=True
        )
        attributes: Tree = {"image": {"url": upload}}
        row = self._row(filled, filled.name, attributes, place=place, image=upload)
        if row is not None:
            yield row

    def _row(
        self, entry: Entry, name: str, attributes: Tree, *, place: Place, image: Tree
    ) -> Row | None:
        where = place.inside("name") if isinstance(entry, SampleEntry) else place
        if not self._is_name(name, where):
            return None
        content = normal(attributes)
        sample = Sample(
            name=name,
            attributes=content if isinstance(content, dict) else UNSET,
            metadata=self._metadata(entry, place),
            **self._plain_fields(entry),
        )
        return Row(
            sample=DesiredSample(
                sample=sample,
                labels=self._labels(entry.labels, place, image) if entry.labels else {},
            ),
            where=where,
            image=image,
            image_path=getattr(image, "path", ""),
        )

    def _plain_fields(self, entry: Entry) -> dict[str, Any]:  # of its field's type
        """Give the fields of one value each that an entry states, or the defaults."""
        values = (
            entry.priority,
            entry.assigned_labeler,
            entry.assigned_reviewer,
            entry.readme,
        )
        fields = self._general.copy()
        for field, value in zip(PLAIN, values, strict=True):
            if value is not UNSET:
                fields[field] = _settled(field, value)
        return fields

    def _is_name(self, name: str, where: Where) -> bool:
        good = is_name(name)
        if not good:
            self.problems.add(
                where,
                f"{name!r} is no name of a sample",
                f"write up to {LONGEST_NAME} characters, control characters not",
            )
        return good

    def _metadata(
        self, entry: Entry, place: Place
    ) -> dict[str, Json] | UnsetType | None:
        own, general = entry.metadata, self.defaults.metadata
        if isinstance(own, dict) and KEY in own:
            self.problems.add(
                place.at("metadata", KEY),
                f"the metadata key {KEY!r} is kept for the ownership marker",
                "give the key another name",
            )
        if own is UNSET:
            own = general
        elif isinstance(own, dict) and isinstance(general, dict):
            own = {**general, **own}
        if not isinstance(own, dict):
            return own
        found = normal(own)
        return found if isinstance(found, dict) else UNSET

    def _labels(
        self, entries: Mapping[str, LabelEntry], place: Place, image: Tree
    ) -> dict[str, Label]:
        result = {}
        for labelset, entry in entries.items():
            label = self.labels.build(entry, place.inside("labels", labelset), image)
            if label is not None:
                result[labelset] = label
        return result


def is_index(source: Json) -> bool:
    """Tell whether a source of samples is an index."""
    return isinstance(source, dict) and "index" in source


def _settled(field: str, value: Tree) -> Tree:
    """Give a field's value in normal form; no readme is an empty one."""
    return "" if field == "readme" and value is None else normal(value)


def _stated(entry: SampleEntry) -> list[str]:
    """Name the keys by which an entry states its content; one of them is right."""
    forms = (entry.image, entry.attributes, entry.verbatim)
    return [key for key, form in zip(CONTENT, forms, strict=True) if form is not UNSET]


def is_name(text: str) -> bool:
    """Tell whether the platform takes a text as the name of a sample."""
    fits = len(text) <= LONGEST_NAME and not CONTROLS.search(text)
    return fits and bool(text.strip())


def _overlaid(general: Defaults, own: Defaults) -> Defaults:
    """Give what a source says for all its samples, over what the document says."""
    metadata = general.metadata if own.metadata is UNSET else own.metadata
    if isinstance(own.metadata, dict) and isinstance(general.metadata, dict):
        metadata = {**general.metadata, **own.metadata}
    fields = {
        field: getattr(general if getattr(own, field) is UNSET else own, field)
        for field in PLAIN
    }
    return Defaults(metadata=metadata, **fields)

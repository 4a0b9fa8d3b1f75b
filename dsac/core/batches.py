"""What changes about samples, in batches: uploads, samples, labels.

A batch is through before the next is begun, so that an interrupted run leaves few
uploads without a sample. Samples without files are batched by more, so that several of
their bulk calls run at the same time.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import UNSET, structs

from dsac.core.change import Change
from dsac.core.levels import Level, Step
from dsac.core.moves import waves
from dsac.core.operations import (
    CreateSamples,
    DeleteLabel,
    DeleteSamples,
    Mark,
    Marks,
    NewSample,
    Operation,
    PutLabel,
    UpdateSample,
    UploadFile,
    files,
    files_of,
    metadata_change,
)
from dsac.core.plain import BULK, chunks, plain_marks
from dsac.core.resources import Kind, Label, Sample, attributes_of
from dsac.core.values import Upload, has_uploads, same

BATCH = 1000
"""So many samples with files are uploaded, created and labelled before the next."""

WIDTH = 16
"""A batch has so many times as many samples where few of them have files."""


class Row:
    """What changes about one sample: itself, its labels, or both."""

    __slots__ = ("_files", "dataset", "labels", "name", "sample")

    def __init__(self, dataset: str, name: str) -> None:
        self.dataset = dataset
        self.name = name
        self.sample: Change | None = None
        self.labels: tuple[Change, ...] = ()
        self._files: tuple[Upload, ...] | None = None

    def every(self) -> tuple[Change, ...]:
        """Give all that changes, labels first."""
        return self.labels if self.sample is None else (*self.labels, self.sample)

    @property
    def previous(self) -> str:
        """The sample's name before its rename; empty without one."""
        return self.sample.previous if self.sample else ""

    @property
    def replaces(self) -> str:
        """The uuid of the sample that goes first; empty without one."""
        return self.sample.replaces if self.sample else ""

    @property
    def files(self) -> tuple[Upload, ...]:
        """The files of the sample and of the labels that are written."""
        if self._files is None:
            found: list[Upload] = []
            for change in self.every():
                if isinstance(change.after, Sample | Label):
                    found += files_of(change.after)
            self._files = tuple(found)
        return self._files

    @property
    def creates(self) -> Sample | None:
        """The sample as it is made, where it is new or made anew."""
        change = self.sample
        if change is None or not (change.is_create or change.is_replacement):
            return None
        return change.after if isinstance(change.after, Sample) else None

    def marks(self, project: str) -> Marks | None:
        """Tell what the sample's marker must say; None where it need not change."""
        every = self.every()
        if not any(change.owned or change.adopt for change in every):
            return None
        labels = {
            change.address.name: Mark(change.stated, attributes_of(change.after))
            for change in self.labels
            if isinstance(change.after, Label) and has_uploads(change.stated)
        }
        is_new = self.creates is not None
        has_files = self.sample is not None and has_uploads(self.sample.stated)
        if is_new and not (has_files or labels):
            return plain_marks(project, self.dataset)
        sample = None
        if self.sample and isinstance(self.sample.after, Sample):
            sample = Mark(self.sample.stated, attributes_of(self.sample.after))
        adopted = any(change.adopt for change in every)
        if not (is_new or adopted or has_files or labels):
            return None
        return Marks(
            project=project, dataset=self.dataset, sample=sample, labels=labels
        )


def batches(changes: Iterable[Change]) -> Iterator[list[Row]]:
    """Group what changes about samples and labels, renames first."""
    rows: dict[tuple[str, str], Row] = {}
    for change in changes:
        address = change.address
        is_sample = address.kind is Kind.SAMPLE
        if is_sample and change.after is None:
            continue
        key = (address.dataset, address.sample)
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(*key)
        if is_sample:
            row.sample = change
        else:
            row.labels += (change,)
    renamed = [row for row in rows.values() if row.previous]
    if renamed:
        yield renamed
    yield from _cut(row for row in rows.values() if not row.previous)


def _cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into batches, by those with files or else by all."""
    part: list[Row] = []
    with_files = 0
    for row in rows:
        part.append(row)
        with_files += bool(row.files)
        if BATCH in {with_files, len(part) / WIDTH}:
            yield part
            part, with_files = [], 0
    if part:
        yield part


def batch(project: str, rows: Sequence[Row], seen: set[Upload]) -> Iterator[Level]:
    """Yield the levels of one batch; `seen` has the files that are up already."""
    creates = tuple(_bulk_creates(project, rows))
    after_of = {(row.dataset, row.previous): row.name for row in rows if row.previous}
    updates = {
        (row.dataset, row.name): _update(
            project, row, behind=after_of.get((row.dataset, row.name), "")
        )
        for row in rows
    }
    labels = tuple(_label_puts(rows))
    writes: list[Operation] = [
        *creates,
        *(item for item in updates.values() if item),
        *labels,
    ]
    fresh: dict[Upload, None] = {}
    if any(row.files for row in rows):
        wanted = (upload for item in writes for upload in files(item))
        fresh = dict.fromkeys(upload for upload in wanted if upload not in seen)
    seen.update(fresh)
    yield Level(Step.UPLOADS, tuple(UploadFile(upload) for upload in fresh))
    for wave in _rename_waves(rows):
        renames = [updates.pop(key) for key in wave]
        yield Level(Step.RENAMES, tuple(item for item in renames if item))
    yield Level(Step.REPLACEMENTS, tuple(_replacements(rows)))
    rest = tuple(item for item in updates.values() if item)
    yield Level(Step.SAMPLES, (*creates, *rest))
    yield Level(Step.LABELS, labels)
    yield Level(Step.LABEL_DELETES, tuple(_label_deletes(rows)))


def _rename_waves(rows: Sequence[Row]) -> Iterator[list[tuple[str, str]]]:
    for dataset in sorted({row.dataset for row in rows if row.previous}):
        pairs = [
            (row.previous, row.name)
            for row in rows
            if row.previous and row.dataset == dataset
        ]
        for wave in waves(pairs):
            yield [(dataset, after) for _, after in wave]


def _replacements(rows: Sequence[Row]) -> Iterator[DeleteSamples]:
    """Yield the deletes of what is made anew, with the files that this takes."""
    for dataset in dict.fromkeys(row.dataset for row in rows):
        going = [
            row
            for row in rows
            if row.dataset == dataset and row.sample and row.sample.is_replacement
        ]
        for chunk in chunks(going, BULK):
            yield DeleteSamples(
                dataset,
                tuple((row.replaces, row.name) for row in chunk),
                {row.replaces: row.files for row in chunk},
            )


def _bulk_creates(project: str, rows: Sequence[Row]) -> Iterator[CreateSamples]:
    for dataset in dict.fromkeys(row.dataset for row in rows):
        new = [
            NewSample(made, row.marks(project), row.sample.replaces)
            for row in rows
            if row.dataset == dataset and row.sample and (made := row.creates)
        ]
        for chunk in chunks(new, BULK):
            yield CreateSamples(dataset, tuple(chunk))


def _update(project: str, row: Row, *, behind: str) -> UpdateSample | None:
    change = row.sample
    if change is None:
        marks = row.marks(project)
        if marks is None:
            return None
        return UpdateSample(
            dataset=row.dataset,
            uuid=row.labels[0].uuid,
            renamed=False,
            fields=Sample(name=row.name),
            metadata=metadata_change(UNSET, UNSET),
            marks=marks,
        )
    before, after = change.before, change.after
    if row.creates or not isinstance(before, Sample) or not isinstance(after, Sample):
        return None
    return UpdateSample(
        dataset=row.dataset,
        uuid=change.uuid,
        renamed=bool(change.previous),
        behind=behind if change.previous else "",
        fields=_sample_patch(before, after),
        metadata=metadata_change(before.metadata, after.metadata),
        marks=row.marks(project),
    )


def _sample_patch(before: Sample, after: Sample) -> Sample:
    fields: dict[str, object] = {
        field: getattr(after, field)
        for field in after.__struct_fields__
        if field not in {"name", "metadata"}
        and not same(getattr(before, field), getattr(after, field))
    }
    return structs.replace(Sample(name=after.name), **fields)


def _label_puts(rows: Sequence[Row]) -> Iterator[PutLabel]:
    for row in rows:
        for change in row.labels:
            if isinstance(change.after, Label):
                yield PutLabel(
                    dataset=row.dataset,
                    sample=row.name,
                    uuid=change.uuid,
                    labelset=change.address.name,
                    label=change.after,
                )


def _label_deletes(rows: Sequence[Row]) -> Iterator[DeleteLabel]:
    for row in rows:
        for change in row.labels:
            if change.is_delete:
                yield DeleteLabel(
                    dataset=row.dataset,
                    sample=row.name,
                    uuid=change.uuid,
                    labelset=change.address.name,
                )

"""Performs operations: the only part of dsac that changes the platform."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import BinaryIO

from msgspec import UNSET, UnsetType, structs

from dsac.core.marker import (
    KEY,
    Marker,
    Pair,
    label_key,
    pair_of,
    read,
    write,
)
from dsac.core.operations import (
    CreateDataset,
    CreateLabelset,
    CreateRelease,
    CreateSamples,
    DeleteDataset,
    DeleteLabel,
    DeleteLabelset,
    DeleteRelease,
    DeleteSamples,
    Mark,
    Marks,
    MetadataChange,
    NewSample,
    Operation,
    PutCollaborator,
    PutLabel,
    RemoveCollaborator,
    UpdateDataset,
    UpdateSample,
    UploadFile,
)
from dsac.core.resources import Address, Dataset, Sample, attributes_of
from dsac.core.values import (
    Json,
    Tree,
    Upload,
    covers,
    normal,
    replace_uploads,
    same,
    uploads,
)
from dsac.errors import NotFoundError
from dsac.remote import wire
from dsac.remote.client import Client
from dsac.remote.removals import Removal, insist
from dsac.remote.resources import metadata, sample_resource

GONE_IS_FINE = suppress(NotFoundError)
"""What is deleted already counts as deleted."""

Opener = Callable[[Upload], tuple[BinaryIO, str]]
"""Opens a file for its upload: the bytes as they go up, and a file name."""


class Writer:
    """Performs one operation at a time for each of several threads.

    `urls` remembers what was uploaded, `uuids` the samples that were created, so
    that the operations behind them can refer to both. `notes` says what the platform
    would not do.
    """

    def __init__(self, client: Client, *, opener: Opener) -> None:
        self._client = client
        self._open = opener
        self._lock = threading.Lock()
        self.urls: dict[Upload, str] = {}
        self.uuids: dict[tuple[str, str], str] = {}
        self.notes: list[str] = []

    def perform(self, operation: Operation) -> dict[Address, str]:  # noqa: C901, PLR0912 - one case each
        """Perform an operation; give why it failed for some of its resources.

        Raises:
            DsacError: it failed as a whole.
        """
        match operation:
            case UploadFile():
                self._upload(operation)
            case CreateDataset():
                self._create_dataset(operation)
            case UpdateDataset():
                self._update_dataset(operation)
            case DeleteDataset():
                with GONE_IS_FINE:
                    self._client.delete_dataset(operation.dataset)
            case CreateLabelset(dataset=dataset, labelset=labelset):
                described = labelset.description
                text = "" if isinstance(described, UnsetType) else described
                self._client.add_labelset(dataset, labelset.name, description=text)
            case DeleteLabelset(dataset=dataset, name=name):
                with GONE_IS_FINE:
                    self._client.delete_labelset(dataset, name)
            case PutCollaborator():
                self._put_collaborator(operation)
            case RemoveCollaborator(dataset=dataset, user=user):
                with GONE_IS_FINE:
                    self._client.delete_collaborator(dataset, user)
            case CreateRelease(dataset=dataset, release=release):
                described = release.description
                text = "" if isinstance(described, UnsetType) else described
                self._client.add_release(dataset, release.name, description=text)
            case DeleteRelease(dataset=dataset, name=name):
                with GONE_IS_FINE:
                    self._client.delete_release(dataset, name)
            case CreateSamples():
                return self._create_samples(operation)
            case UpdateSample():
                self._update_sample(operation)
            case PutLabel():
                self._put_label(operation)
            case DeleteLabel():
                with GONE_IS_FINE:
                    self._client.delete_label(
                        self.uuid_of(operation), operation.labelset
                    )
            case DeleteSamples(dataset=dataset, samples=samples):
                self._client.delete_samples(dataset, [uuid for uuid, _ in samples])
        return {}

    def _upload(self, operation: UploadFile) -> None:
        stream, filename = self._open(operation.upload)
        with stream:
            asset = self._client.upload_asset(stream, filename=filename)
        with self._lock:
            self.urls[operation.upload] = asset.url

    def _create_dataset(self, operation: CreateDataset) -> None:
        dataset = operation.dataset
        body = dataset_body(dataset)
        metadata = _stated(dataset.metadata)
        if operation.project:
            metadata[KEY] = dataset_marker(dataset, operation.project)
        if metadata:
            body["metadata"] = metadata
        self._client.add_dataset(dataset.name, body)

    def _update_dataset(self, operation: UpdateDataset) -> None:
        fields = operation.fields
        body = dataset_body(fields)
        found = self._client.get_dataset(fields.name)
        metadata = merge(found.metadata, operation.metadata)
        if operation.project:
            kept = read(found.metadata.get(KEY))
            metadata[KEY] = dataset_marker(fields, operation.project, kept=kept)
        if not same(metadata, dict(found.metadata or {})):
            body["metadata"] = metadata
        if not body:
            return
        name = fields.name
        answer = self._client.update_dataset(name, body)
        note = insist(
            Removal(Address.of_dataset(name), operation.metadata.drop, metadata),
            answer.metadata,
            patch=lambda body: self._client.update_dataset(name, body).metadata,
        )
        self._note(note)

    def _put_collaborator(self, operation: PutCollaborator) -> None:
        dataset, who = operation.dataset, operation.collaborator
        if operation.exists:
            self._client.update_collaborator(dataset, who.user, role=who.role)
        else:
            self._client.add_collaborator(dataset, who.user, role=who.role)

    def _create_samples(self, operation: CreateSamples) -> dict[Address, str]:
        if not operation.samples:
            return {}
        bodies = {new.sample.name: self._new_sample(new) for new in operation.samples}
        answer = self._client.add_samples(operation.dataset, list(bodies.values()))
        created = {row.name: row for row in answer}
        failures = {}
        for name, body in bodies.items():
            address = Address.of_sample(operation.dataset, name)
            row = created.get(name)
            if row is None:
                failures[address] = "the platform's answer does not speak of it"
            elif not _is_as_sent(row, body):
                failures[address] = (
                    "a sample of this name appeared since the plan, with other "
                    "content; plan again"
                )
            else:
                with self._lock:
                    self.uuids[operation.dataset, name] = row.uuid
        return failures

    def _new_sample(self, new: NewSample) -> dict[str, Json]:
        body = self._sample_body(new.sample)
        metadata = _stated(new.sample.metadata)
        if new.marks:
            metadata[KEY] = write(self._marker(None, new.marks))
        if metadata:
            body["metadata"] = metadata
        body["name"] = new.sample.name
        return body

    def _sample_body(self, sample: Sample) -> dict[str, Json]:
        body: dict[str, Json] = {}
        for field in sample.__struct_fields__:
            value = getattr(sample, field)
            if field not in {"name", "metadata"} and value is not UNSET:
                body[field] = value
        if "attributes" in body:
            body["attributes"] = self._resolved(attributes_of(sample))
        return body

    def _update_sample(self, operation: UpdateSample) -> None:
        body = self._sample_body(operation.fields)
        metadata: dict[str, Json] = {}
        if operation.renamed:
            body["name"] = operation.fields.name
        if operation.metadata or operation.marks:
            found = self._client.get_sample(operation.uuid)
            metadata = merge(found.metadata, operation.metadata)
            if operation.marks:
                kept = read(metadata.get(KEY))
                metadata[KEY] = write(self._marker(kept, operation.marks))
            if not same(metadata, dict(found.metadata or {})):
                body["metadata"] = metadata
        if not body:
            return
        uuid = operation.uuid
        answer = self._client.update_sample(uuid, body)
        address = Address.of_sample(operation.dataset, operation.fields.name)
        note = insist(
            Removal(address, operation.metadata.drop, metadata),
            answer.metadata,
            patch=lambda body: self._client.update_sample(uuid, body).metadata,
        )
        self._note(note)

    def _note(self, text: str) -> None:
        if text:
            with self._lock:
                self.notes.append(text)

    def _put_label(self, operation: PutLabel) -> None:
        uuid = self.uuid_of(operation)
        self._client.put_label(uuid, operation.labelset, self.label_body(operation))

    def label_body(self, operation: PutLabel) -> dict[str, Json]:
        """Give a label as it goes over the wire, its files uploaded."""
        label = operation.label
        body: dict[str, Json] = {
            "label_status": label.status,
            "attributes": self._resolved(attributes_of(label)),
        }
        if not isinstance(label.score, UnsetType):
            body["score"] = label.score
        return body

    def uuid_of(self, operation: PutLabel | DeleteLabel) -> str:
        """Give the uuid of a label's sample, which this run may have created."""
        return operation.uuid or self.uuids[operation.dataset, operation.sample]

    def _resolved(self, attributes: Tree) -> Tree:
        return replace_uploads(attributes, lambda _, upload: self.urls[upload])

    def _marker(self, kept: Marker | None, marks: Marks) -> Marker:
        """Lay what an operation writes over the pairs that a marker had before."""
        if kept is None or not kept.known or kept.dataset != marks.dataset:
            kept = Marker(project=marks.project, dataset=marks.dataset)
        pair = kept.sample
        if marks.sample is not None:
            pair = self._pair(marks.sample)
        labels = dict(kept.labels)
        for labelset, mark in marks.labels.items():
            found = self._pair(mark)
            if found is not None:
                labels[label_key(labelset)] = found
        return structs.replace(kept, project=marks.project, sample=pair, labels=labels)

    def _pair(self, mark: Mark) -> Pair | None:
        missing = any(upload not in self.urls for _, upload in uploads(mark.placed))
        return None if missing else pair_of(mark.stated, self._resolved(mark.placed))


def dataset_body(dataset: Dataset) -> dict[str, Json]:
    """Give the fields of a dataset that are set, by their names in the API."""
    body: dict[str, Json] = dict(dataset.settings)
    if not isinstance(dataset.task_type, UnsetType):
        body["task_type"] = dataset.task_type
    if not isinstance(dataset.task_attributes, UnsetType):
        body["task_attributes"] = dataset.task_attributes
    return body


def dataset_marker(
    dataset: Dataset, project: str, *, kept: Marker | None = None
) -> str:
    """Write the marker of a dataset; what else its own marker says stays."""
    if kept is None or kept.dataset != dataset.name:
        kept = Marker(project=project, dataset=dataset.name)
    keep = dataset.prevent_destroy is True
    return write(structs.replace(kept, project=project, prevent_destroy=keep))


def merge(found: Mapping[str, Json] | None, change: MetadataChange) -> dict[str, Json]:
    """Lay a change over metadata that was read just now."""
    merged = {**(found or {}), **change.put}
    for key in change.drop:
        merged.pop(key, None)
    return merged


def _stated(
    metadata: dict[str, Json] | UnsetType | None,
) -> dict[str, Json]:
    stated = metadata if isinstance(metadata, dict) else {}
    return {key: value for key, value in stated.items() if value is not None}


def _is_as_sent(row: wire.Sample, body: Mapping[str, Json]) -> bool:
    """Tell whether a sample in a bulk answer is the one that was sent.

    Existing samples are returned unchanged and without an error, so that an answer
    says nothing by itself; fields that were not sent are the platform's own.
    """
    found = sample_resource(row)
    sent = {**body, "metadata": metadata(_object(body.get("metadata")))}
    marker = _object(body.get("metadata")).get(KEY)
    return (row.metadata or {}).get(KEY) == marker and all(
        covers(getattr(found, key), normal(value)) for key, value in sent.items()
    )


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}

"""Performs operations: the only part of dsac that changes the platform."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus

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
    NewSample,
    Operation,
    PutCollaborator,
    PutLabel,
    RemoveCollaborator,
    UpdateDataset,
    UpdateSample,
    UploadFile,
)
from dsac.core.report import Ending
from dsac.core.resources import Address, Sample, attributes_of
from dsac.core.values import (
    Json,
    Tree,
    Upload,
    has_uploads,
    replace_uploads,
    same,
    uploads,
)
from dsac.errors import ConflictError, NotFoundError, RemoteError
from dsac.remote import bulk, wire
from dsac.remote.bodies import (
    NewSampleBody,
    dataset_body,
    dataset_marker,
    merge,
    raws,
    sample_body,
    sent_metadata,
    stated,
    text_of,
)
from dsac.remote.client import Client
from dsac.remote.removals import Metadata, Removal, insist
from dsac.remote.settling import created, is_as_created, settled, verified
from dsac.remote.stripes import Stripes
from dsac.remote.uploading import Hands, Memory, Opener, Uploader

GONE_IS_FINE = suppress(NotFoundError)
"""What is deleted already counts as deleted."""


class Writer:
    """Performs one operation at a time for each of several threads.

    `urls` remembers what was uploaded, `uuids` the samples that were created, so
    that the operations behind them can refer to both. `notes` says what the platform
    would not do.
    """

    def __init__(
        self,
        client: Client,
        *,
        opener: Opener,
        memory: Memory | None = None,
        hands: Hands | None = None,
        datasets: Stripes | None = None,
    ) -> None:
        self.client = client
        self._uploader = Uploader(client, opener=opener, memory=memory, hands=hands)
        self._datasets = datasets or Stripes()
        self._lock = threading.Lock()
        self.urls: dict[Upload, str] = {}
        self.uuids: dict[str, dict[str, str]] = {}
        self.notes: list[str] = []

    def perform(self, operation: Operation) -> dict[Address, Ending]:
        """Perform an operation; give how it ended for its resources that are not done.

        Where a reply was lost, what became of the request is looked up; what can't be
        looked up is unknown.

        Raises:
            DsacError: it failed as a whole.
        """
        try:
            return self._perform(operation)
        except RemoteError as error:
            if not error.uncertain or _divides(operation, error):
                raise
            return self.settle(operation, error)

    def settle(self, operation: Operation, error: RemoteError) -> dict[Address, Ending]:
        """Look up what became of an operation; give what is not done of it."""
        return settled(self, self.client, operation, error)

    def _perform(self, operation: Operation) -> dict[Address, Ending]:  # noqa: C901, PLR0912 - one case each
        match operation:
            case UploadFile():
                self._upload(operation)
            case CreateDataset():
                self._create_dataset(operation)
            case UpdateDataset(fields=fields):
                with self._datasets.lock(fields.name):
                    self._update_dataset(operation)
            case DeleteDataset():
                with GONE_IS_FINE:
                    self.client.delete_dataset(operation.dataset)
            case CreateLabelset():
                self._create_labelset(operation)
            case DeleteLabelset(dataset=dataset, name=name):
                with GONE_IS_FINE:
                    self.client.delete_labelset(dataset, name)
            case PutCollaborator():
                self._put_collaborator(operation)
            case RemoveCollaborator(dataset=dataset, user=user):
                with GONE_IS_FINE:
                    self.client.delete_collaborator(dataset, user)
            case CreateRelease():
                self._create_release(operation)
            case DeleteRelease(dataset=dataset, name=name):
                with GONE_IS_FINE:
                    self.client.delete_release(dataset, name)
            case CreateSamples():
                return self._create_samples(operation)
            case UpdateSample():
                self._update_sample(operation)
            case PutLabel():
                self._put_label(operation)
            case DeleteLabel():
                with GONE_IS_FINE:
                    self.client.delete_label(
                        self.uuid_of(operation), operation.labelset
                    )
            case DeleteSamples(dataset=dataset, samples=samples):
                self._delete_samples(dataset, [uuid for uuid, _ in samples])
        return {}

    def _upload(self, operation: UploadFile) -> None:
        url = self._uploader.place(operation.upload)
        with self._lock:
            self.urls[operation.upload] = url

    def _create_dataset(self, operation: CreateDataset) -> None:
        dataset = operation.dataset
        body = dataset_body(dataset)
        metadata = stated(dataset.metadata)
        if operation.project:
            metadata[KEY] = dataset_marker(dataset, operation.project)
        if metadata:
            body["metadata"] = metadata
        found = created(
            lambda: self.client.add_dataset(dataset.name, body),
            lambda: self.client.get_dataset(dataset.name),
        )
        if found is not None and not is_as_created(found, operation):
            raise ConflictError(
                f"{dataset.name} appeared since the plan, and is not as it would have "
                "been created",
                status=HTTPStatus.CONFLICT,
                hint="plan again",
            )

    def _create_labelset(self, operation: CreateLabelset) -> None:
        dataset, wanted = operation.dataset, operation.labelset
        text = text_of(wanted.description)
        created(
            lambda: self.client.add_labelset(dataset, wanted.name, description=text),
            lambda: self.client.get_labelset(dataset, wanted.name),
        )

    def _create_release(self, operation: CreateRelease) -> None:
        dataset, wanted = operation.dataset, operation.release
        text = text_of(wanted.description)
        created(
            lambda: self.client.add_release(dataset, wanted.name, description=text),
            lambda: self.client.get_release(dataset, wanted.name),
        )

    def _update_dataset(self, operation: UpdateDataset) -> None:
        name = operation.fields.name
        body = self.dataset_patch(operation, self.client.get_dataset(name))
        if not body:
            return
        answer = self.client.update_dataset(name, body)
        self._insist(
            Removal(
                Address.of_dataset(name), operation.metadata.drop, sent_metadata(body)
            ),
            answer.metadata,
            lambda body: self.client.update_dataset(name, body).metadata,
        )

    def dataset_patch(
        self, operation: UpdateDataset, found: wire.Dataset
    ) -> dict[str, Json]:
        """Give what a dataset that was read just now must be sent."""
        fields = operation.fields
        body = dataset_body(fields)
        metadata = merge(found.metadata, operation.metadata)
        if operation.project:
            kept = read(found.metadata.get(KEY))
            metadata[KEY] = dataset_marker(fields, operation.project, kept=kept)
        if not same(metadata, dict(found.metadata or {})):
            body["metadata"] = metadata
        return body

    def _put_collaborator(self, operation: PutCollaborator) -> None:
        dataset, who = operation.dataset, operation.collaborator
        found: wire.Collaborator | None = None
        if not operation.exists:
            found = created(
                lambda: self.client.add_collaborator(dataset, who.user, role=who.role),
                lambda: self.client.get_collaborator(dataset, who.user),
            )
        if operation.exists or (found is not None and found.role != who.role):
            self.client.update_collaborator(dataset, who.user, role=who.role)

    def _create_samples(self, operation: CreateSamples) -> dict[Address, Ending]:
        if not operation.samples:
            return {}
        dataset = operation.dataset
        bodies = self._new_samples(operation.samples)
        endings: dict[Address, Ending] = {}
        gone = {
            new.sample.name: new.replaces for new in operation.samples if new.replaces
        }
        for part in bulk.create(self.client, dataset, bodies):
            ended = verified(self.client, dataset, part, gone=gone)
            for name, end in ended.items():
                if isinstance(end, Ending):
                    endings[Address.of_sample(dataset, name)] = end
            with self._lock:
                self.uuids.setdefault(dataset, {}).update(
                    {name: uuid for name, uuid in ended.items() if type(uuid) is str}
                )
        return endings

    def _delete_samples(self, dataset: str, uuids: Sequence[str]) -> None:
        """Delete samples, and insist until an answer says that none of them is left.

        Unknown uuids are skipped: a count that falls short may mean that somebody
        else was quicker, that a lost reply was repeated, or that some are still there.
        """
        left = len(uuids)
        while left > 0 and (count := self.client.delete_samples(dataset, uuids)):
            left -= count

    def _new_samples(self, samples: Sequence[NewSample]) -> list[NewSampleBody]:
        own: list[Tree] = [attributes_of(new.sample) for new in samples]
        if self.urls:  # else nothing has a file: what lacks one is skipped before
            own = [self._resolved(attributes) for attributes in own]
        told = raws(list(self._new_metadata(samples)))
        return [
            sample_body(new.sample, attributes, metadata)
            for new, attributes, metadata in zip(samples, raws(own), told, strict=True)
        ]

    def _new_metadata(self, samples: Sequence[NewSample]) -> Iterator[dict[str, Json]]:
        marks, text = None, ""
        for new in samples:
            metadata = stated(new.sample.metadata)
            if new.marks is not marks:
                marks = new.marks
                text = self._new_marker(marks) if marks else ""
            if text:
                metadata[KEY] = text
            yield metadata

    def _new_marker(self, marks: Marks) -> str:
        return write(self._marker(None, marks))

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
        found = None
        if operation.metadata or operation.marks:
            found = self.client.get_sample(operation.uuid)
        body = self.sample_patch(operation, found)
        if not body:
            return
        uuid = operation.uuid
        address = Address.of_sample(operation.dataset, operation.fields.name)
        answer = self.client.update_sample(uuid, body)
        self._insist(
            Removal(address, operation.metadata.drop, sent_metadata(body)),
            answer.metadata,
            lambda body: self.client.update_sample(uuid, body).metadata,
        )

    def sample_patch(
        self, operation: UpdateSample, found: wire.Sample | None
    ) -> dict[str, Json]:
        """Give what a sample must be sent; `found` is it as it was read just now.

        Without it nothing is sent of its metadata.
        """
        body = self._sample_body(operation.fields)
        if operation.renamed:
            body["name"] = operation.fields.name
        if found is not None:
            metadata = merge(found.metadata, operation.metadata)
            if operation.marks:
                kept = read(metadata.get(KEY))
                metadata[KEY] = write(self._marker(kept, operation.marks))
            if not same(metadata, dict(found.metadata or {})):
                body["metadata"] = metadata
        return body

    def _insist(
        self,
        removal: Removal,
        answered: Metadata | None,
        patch: Callable[[Mapping[str, Json]], Metadata | None],
    ) -> None:
        note = insist(removal, answered, patch=patch)
        if note:
            with self._lock:
                self.notes.append(note)

    def _put_label(self, operation: PutLabel) -> None:
        uuid = self.uuid_of(operation)
        self.client.put_label(uuid, operation.labelset, self.label_body(operation))

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
        return operation.uuid or self.uuids[operation.dataset][operation.sample]

    def _resolved(self, attributes: Tree) -> Tree:
        if not has_uploads(attributes):
            return attributes
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


def _divides(operation: Operation, error: RemoteError) -> bool:
    """Tell whether an operation is rather done in two halves than looked up."""
    if not isinstance(operation, DeleteSamples):
        return False
    return len(operation.samples) > 1 and bulk.is_divisible(error)

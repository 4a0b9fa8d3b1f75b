"""What the public client says about samples, labels and assets."""

from collections.abc import Sequence
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from msgspec import UNSET, UnsetType

from dsac.core.values import Json
from dsac.remote import wire
from dsac.remote.client import Client
from dsac.remote.segments_datasets import JsonObject, stated

Words = str | Sequence[str] | None
"""One word, several, or none."""


def _joined(words: Words) -> str:
    if words is None or isinstance(words, str):
        return words or ""
    return ",".join(words)


class SampleMethods:
    """Samples one by one and in bulk, their labels, files."""

    _client: Client

    def get_samples(  # noqa: PLR0913, PLR0917 - the order of the platform's SDK
        self,
        dataset_identifier: str,
        labelset: str | None = None,
        name: str | None = None,
        label_status: Words = None,
        metadata: Words = None,
        sort: str = "name",
        direction: str = "asc",
        per_page: int = 1000,
        page: int | None = None,
        include_full_label: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> list[wire.Sample]:
        """Give the samples of a dataset: GET /datasets/{ds}/samples/.

        Args:
            dataset_identifier: The full name, owner/name.
            labelset: Whose labels come along as `label`; none by default.
            name: Only samples in whose names this stands.
            label_status: Only samples with one of these; UNLABELED for none.
            metadata: Only samples with these pairs, each as key:value.
            sort: name, created_at, priority, updated_at or gt_label__updated_at.
            direction: asc or desc.
            per_page: So many are asked for at a time.
            page: Only this page, from 1 on; all by default.
            include_full_label: The whole label rather than its summary.

        Raises:
            NotFoundError: there is no such dataset, or no such page.
        """
        conditions = {
            "name__contains": name or "",
            "filters": _joined(metadata),
            "label_status": _joined(label_status),
        }
        pages = self._client.list_samples(
            dataset_identifier,
            labelset=labelset or "",
            include_full_label=include_full_label,
            per_page=per_page,
            page=page,
            sort=sort if direction == "asc" else f"-{sort}",
            **{key: value for key, value in conditions.items() if value},
        )
        return list(chain.from_iterable(pages))

    def get_sample(
        self,
        uuid: str,
        labelset: str | None = None,
        include_signed_url: bool = False,  # noqa: FBT001, FBT002 - the SDK's order
    ) -> wire.Sample:
        """Give a sample, with its label in a label set: GET /samples/{uuid}/.

        Args:
            uuid: The sample's.
            labelset: Whose label comes along as `label`.
            include_signed_url: Whether a `signed_url` stands beside each URL.

        Raises:
            NotFoundError: there is no such sample.
        """
        params = {"labelset": labelset} if labelset else {}
        if include_signed_url:
            params["include_signed_urls"] = "1"
        return self._client.get_sample(uuid, **params)

    def add_sample(  # noqa: PLR0913, PLR0917 - the order of the platform's SDK
        self,
        dataset_identifier: str,
        name: str,
        attributes: JsonObject,
        metadata: JsonObject | None = None,
        priority: float = 0,
        assigned_labeler: str | None = None,
        assigned_reviewer: str | None = None,
        readme: str = "",
    ) -> wire.Sample:
        """Create a sample: POST /datasets/{ds}/samples/.

        Args:
            dataset_identifier: The full name, owner/name.
            name: The sample's name, unique in the dataset.
            attributes: Such as {"image": {"url": ...}} (fact sheet, section 7).
            metadata: Facts of your own.
            priority: What has more is labelled first.
            assigned_labeler: Who shall label it.
            assigned_reviewer: Who shall review it.
            readme: A note, in Markdown.

        Raises:
            ConflictError: there is one of that name.
        """
        body: dict[str, Json] = {
            "name": name,
            "attributes": dict(attributes),
            "priority": priority,
            "readme": readme,
        }
        people = stated(
            assigned_labeler=assigned_labeler, assigned_reviewer=assigned_reviewer
        )
        facts: dict[str, Json] = {} if metadata is None else {"metadata": {**metadata}}
        return self._client.add_sample(dataset_identifier, {**body, **people, **facts})

    def add_samples(
        self, dataset_identifier: str, samples: Sequence[JsonObject]
    ) -> list[wire.Sample]:
        """Create samples in one call: POST /datasets/{ds}/samples_bulk/.

        Those whose names exist come back as they are, unchanged.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
            ForbiddenError: the key's user may not administer the dataset.
            ResponseError: a sample is not as it must be; then none was created.
        """
        return self._client.add_samples(dataset_identifier, samples)

    def update_sample(  # noqa: PLR0913, PLR0917 - the order of the platform's SDK
        self,
        uuid: str,
        name: str | None = None,
        attributes: JsonObject | None = None,
        metadata: JsonObject | None = None,
        priority: float | None = None,
        assigned_labeler: str | UnsetType | None = UNSET,
        assigned_reviewer: str | UnsetType | None = UNSET,
        readme: str | None = None,
    ) -> wire.Sample:
        """Change the fields that are given: PATCH /samples/{uuid}/.

        None leaves a field as it is, but for the two assignees, which it unsets.

        Raises:
            NotFoundError: there is no such sample.
            ConflictError: there is another one of the new name.
        """
        body: dict[str, Json] = stated(name=name, priority=priority, readme=readme)
        if attributes is not None:
            body["attributes"] = dict(attributes)
        if metadata is not None:
            body["metadata"] = dict(metadata)
        if not isinstance(assigned_labeler, UnsetType):
            body["assigned_labeler"] = assigned_labeler
        if not isinstance(assigned_reviewer, UnsetType):
            body["assigned_reviewer"] = assigned_reviewer
        return self._client.update_sample(uuid, body)

    def delete_sample(self, uuid: str) -> None:
        """Delete a sample with its labels: DELETE /samples/{uuid}/.

        Raises:
            NotFoundError: there is no such sample.
            ForbiddenError: the key's user may not administer the dataset.
        """
        self._client.delete_sample(uuid)

    def delete_samples(
        self, dataset_identifier: str, uuids: Sequence[str]
    ) -> wire.Deleted:
        """Delete up to 1000 samples, all or none; `deleted_count` tells how many.

        Endpoint: DELETE /datasets/{ds}/samples_bulk/. Unknown uuids are skipped.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
            ForbiddenError: the key's user may not administer the dataset.
        """
        return wire.Deleted(
            deleted_count=self._client.delete_samples(dataset_identifier, uuids)
        )

    def get_label(self, sample_uuid: str, labelset: str = "ground-truth") -> wire.Label:
        """Give a label: GET /labels/{sample_uuid}/{labelset}/.

        Raises:
            NotFoundError: the sample has no label there.
        """
        return self._client.get_label(sample_uuid, labelset)

    def add_label(
        self,
        sample_uuid: str,
        labelset: str,
        attributes: JsonObject,
        label_status: str = "PRELABELED",
        score: float | None = None,
    ) -> wire.Label:
        """Create a label, or replace the one that is there.

        Endpoint: PUT /labels/{sample_uuid}/{labelset}/.

        Args:
            sample_uuid: The sample.
            labelset: The label set.
            attributes: Annotations and bitmap (fact sheet, section 7).
            label_status: PRELABELED, LABELED, REVIEWED, ...
            score: How sure a model was.

        Raises:
            NotFoundError: there is no such sample, or no such label set.
            ResponseError: the attributes are not those of the dataset's task type.
        """
        body: dict[str, Json] = {
            "label_status": label_status,
            "attributes": dict(attributes),
            **stated(score=score),
        }
        return self._client.put_label(sample_uuid, labelset, body)

    def update_label(
        self,
        sample_uuid: str,
        labelset: str,
        attributes: JsonObject | None = None,
        label_status: str | None = None,
        score: float | None = None,
    ) -> wire.Label:
        """Change the fields that are given: PATCH /labels/{uuid}/{labelset}/.

        None leaves a field as it is.

        Raises:
            NotFoundError: the sample has no label there.
        """
        body = stated(label_status=label_status, score=score)
        if attributes is not None:
            body["attributes"] = dict(attributes)
        return self._client.update_label(sample_uuid, labelset, body)

    def delete_label(self, sample_uuid: str, labelset: str = "ground-truth") -> None:
        """Delete a label: DELETE /labels/{sample_uuid}/{labelset}/.

        Raises:
            NotFoundError: there is no such label.
        """
        self._client.delete_label(sample_uuid, labelset)

    def upload_asset(
        self, file: BinaryIO | bytes, filename: str = "label.png"
    ) -> wire.Asset:
        """Upload a file; `["url"]` of the result goes into attributes.

        Endpoint: POST /assets/, then a form to the address in its answer.

        Args:
            file: The bytes, or a binary file open for reading.
            filename: Its extension becomes that of the URL.

        Raises:
            TransportError: the file did not arrive whole.
            ResponseError: it is larger than the storage takes.
        """
        stream = BytesIO(file) if isinstance(file, bytes) else file
        return self._client.upload_asset(stream, filename=filename)

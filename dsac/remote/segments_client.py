"""The public client: the platform's SDK of 2021 with only the import changed."""

import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from dsac.core.values import Json
from dsac.errors import AuthenticationError
from dsac.remote import wire
from dsac.remote.client import Client
from dsac.remote.transport import Transport

API_URL = "https://api.segments.ai/"
UNAUTHORIZED = 401

JsonObject = Mapping[str, Json]

DEFAULT_TASK_ATTRIBUTES: dict[str, Json] = {
    "format_version": "0.1",
    "categories": [{"id": 1, "name": "object"}],
}
"""What the platform's own SDK sends for a dataset without task attributes."""


class SegmentsClient:
    """A typed client for the labelling platform.

    Results read both ways: `dataset.name` and `dataset["name"]`. A `dataset`
    argument is a full name such as "jane/flowers".

    >>> client = SegmentsClient("key", check=False)
    >>> client.close()

    Args:
        api_key: The key; by default from SEGMENTS_API_KEY or the file
            SEGMENTS_API_KEY_FILE.
        api_url: The address of the API.
        check: Ask the API at once whether the key is right.

    Raises:
        AuthenticationError: there is no key, or the API does not accept it.
    """

    def __init__(
        self, api_key: str | None = None, api_url: str = API_URL, *, check: bool = True
    ) -> None:
        self._transport = Transport(api_url, key=api_key or _key_of_environment())
        self._client = Client(self._transport)
        if check:
            try:
                self._client.get_user()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def get_user(self, user: str | None = None) -> wire.User:
        """Give a user, the key's own by default: GET /user, /users/{user}."""
        return self._client.get_user(user or "")

    def get_datasets(self, user: str | None = None) -> list[wire.Dataset]:
        """List the datasets of a user, of the key's own by default.

        Endpoint: GET /user/datasets/ or /users/{user}/datasets/, all pages.
        """
        return self._client.get_datasets(user or "")

    def get_dataset(self, dataset_identifier: str) -> wire.Dataset:
        """Give a dataset: GET /datasets/{owner}/{name}/.

        Raises:
            NotFoundError: there is none, or it can't be seen with this key.
        """
        return self._client.get_dataset(dataset_identifier)

    def add_dataset(  # noqa: PLR0913 - the order of 2021, then keywords
        self,
        name: str,
        description: str = "",
        category: str = "other",
        task_type: str = "segmentation-bitmap",
        task_attributes: JsonObject | None = None,
        *,
        metadata: JsonObject | None = None,
        public: bool = False,
        organization: str | None = None,
        **settings: Json,
    ) -> wire.Dataset:
        """Create a dataset: POST /user/datasets/ or /organizations/{org}/datasets/.

        Args:
            name: The name, or organisation/name.
            description: One sentence.
            category: garden, agriculture, people, ... (fact sheet, section 5).
            task_type: segmentation-bitmap, bboxes, vector, ...
            task_attributes: Categories and attributes; one category by default.
            metadata: Facts of your own.
            public: Whether everybody may see it.
            organization: Who shall own it, the key's user by default.
            settings: Other fields of the API, by their names there.

        Raises:
            ConflictError: there is one of that name.
        """
        owner, slash, rest = name.partition("/")
        if not slash:
            owner, rest = organization or self._client.get_user().username, name
        fields: dict[str, Json] = {
            "description": description,
            "category": category,
            "task_type": task_type,
            "task_attributes": dict(task_attributes or DEFAULT_TASK_ATTRIBUTES),
            "public": public,
            **settings,
        }
        if metadata:
            fields["metadata"] = dict(metadata)
        return self._client.add_dataset(f"{owner}/{rest}", fields)

    def update_dataset(self, dataset_identifier: str, **fields: Json) -> wire.Dataset:
        """Change the fields that are given: PATCH /datasets/{owner}/{name}/."""
        return self._client.update_dataset(dataset_identifier, fields)

    def delete_dataset(self, dataset_identifier: str) -> None:
        """Delete a dataset: DELETE /datasets/{owner}/{name}/."""
        self._client.delete_dataset(dataset_identifier)

    def get_samples(
        self,
        dataset_identifier: str,
        *,
        labelset: str = "",
        include_full_label: bool = False,
        per_page: int = 1000,
        **filters: str,
    ) -> list[wire.Sample]:
        """Give all samples of a dataset: GET /datasets/{ds}/samples/, all pages.

        Args:
            dataset_identifier: The full name, owner/name.
            labelset: Whose labels come along as `label`; none by default.
            include_full_label: The whole label rather than its summary.
            per_page: So many samples are asked for at a time.
            filters: name__contains, filters, label_status or sort.
        """
        pages = self._client.list_samples(
            dataset_identifier,
            labelset=labelset,
            include_full_label=include_full_label,
            per_page=per_page,
            **filters,
        )
        return [sample for page in pages for sample in page]

    def get_sample(self, uuid: str, labelset: str | None = None) -> wire.Sample:
        """Give a sample, with its label in a label set: GET /samples/{uuid}/."""
        return self._client.get_sample(
            uuid, **({"labelset": labelset} if labelset else {})
        )

    def add_sample(
        self,
        dataset_identifier: str,
        name: str,
        attributes: JsonObject,
        metadata: JsonObject | None = None,
        **fields: Json,
    ) -> wire.Sample:
        """Create a sample: POST /datasets/{ds}/samples/.

        Args:
            dataset_identifier: The full name, owner/name.
            name: The sample's name, unique in the dataset.
            attributes: Such as {"image": {"url": ...}} (fact sheet, section 7).
            metadata: Facts of your own.
            fields: priority, assigned_labeler, assigned_reviewer, readme.

        Raises:
            ConflictError: there is one of that name.
        """
        body = {"name": name, "attributes": dict(attributes), **fields}
        if metadata:
            body["metadata"] = dict(metadata)
        return self._client.add_sample(dataset_identifier, body)

    def add_samples(
        self, dataset_identifier: str, samples: Sequence[JsonObject]
    ) -> list[wire.Sample]:
        """Create samples in one call: POST /datasets/{ds}/samples_bulk/.

        Those whose names exist come back as they are, unchanged.
        """
        return self._client.add_samples(dataset_identifier, samples)

    def update_sample(self, uuid: str, **fields: Json) -> wire.Sample:
        """Change the fields that are given: PATCH /samples/{uuid}/."""
        return self._client.update_sample(uuid, fields)

    def delete_sample(self, uuid: str) -> None:
        """Delete a sample with its labels: DELETE /samples/{uuid}/."""
        self._client.delete_sample(uuid)

    def delete_samples(self, dataset_identifier: str, uuids: Sequence[str]) -> int:
        """Delete up to 1000 samples, all or none; give how many there were.

        Endpoint: DELETE /datasets/{ds}/samples_bulk/.
        """
        return self._client.delete_samples(dataset_identifier, uuids)

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
        """
        body: dict[str, Json] = {
            "label_status": label_status,
            "attributes": dict(attributes),
        }
        if score is not None:
            body["score"] = score
        return self._client.put_label(sample_uuid, labelset, body)

    def update_label(
        self, sample_uuid: str, labelset: str, **fields: Json
    ) -> wire.Label:
        """Change attributes, label_status or score: PATCH /labels/{uuid}/{set}/."""
        return self._client.update_label(sample_uuid, labelset, fields)

    def delete_label(self, sample_uuid: str, labelset: str = "ground-truth") -> None:
        """Delete a label: DELETE /labels/{sample_uuid}/{labelset}/."""
        self._client.delete_label(sample_uuid, labelset)

    def get_labelsets(self, dataset_identifier: str) -> list[wire.Labelset]:
        """List label sets: GET /datasets/{ds}/labelsets/."""
        return self._client.get_labelsets(dataset_identifier)

    def get_labelset(self, dataset_identifier: str, name: str) -> wire.Labelset:
        """Give a label set: GET /datasets/{ds}/labelsets/{name}/."""
        return self._client.get_labelset(dataset_identifier, name)

    def add_labelset(
        self, dataset_identifier: str, name: str, description: str = ""
    ) -> wire.Labelset:
        """Create a label set: POST /datasets/{ds}/labelsets/."""
        return self._client.add_labelset(
            dataset_identifier, name, description=description
        )

    def delete_labelset(self, dataset_identifier: str, name: str) -> None:
        """Delete a label set: DELETE /datasets/{ds}/labelsets/{name}/."""
        self._client.delete_labelset(dataset_identifier, name)

    def upload_asset(
        self, file: BinaryIO | bytes, filename: str = "label.png"
    ) -> wire.Asset:
        """Upload a file; `["url"]` of the result goes into attributes.

        Endpoint: POST /assets/, then a form to the address in its answer.

        Args:
            file: The bytes, or a binary file open for reading.
            filename: Its extension becomes that of the URL.
        """
        stream = BytesIO(file) if isinstance(file, bytes) else file
        return self._client.upload_asset(stream, filename=filename)


def _key_of_environment() -> str:
    key = os.environ.get("SEGMENTS_API_KEY", "")
    file = os.environ.get("SEGMENTS_API_KEY_FILE", "")
    if not key and file:
        key = Path(file).read_text(encoding="utf-8").strip()
    if not key:
        raise AuthenticationError(
            "there is no API key",
            status=UNAUTHORIZED,
            hint="pass api_key, or set SEGMENTS_API_KEY or SEGMENTS_API_KEY_FILE",
        )
    return key

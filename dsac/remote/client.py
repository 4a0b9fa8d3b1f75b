"""One typed method for each endpoint of the API that the reconciler uses."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from dsac.core.values import Json
from dsac.errors import NotFoundError, ProtocolError
from dsac.remote import wire
from dsac.remote.transport import Transport

ZIPPED_FROM = 1024
"""Bodies of so many bytes are worth compressing."""

PLAIN = {"Content-Type": "application/json"}
ZIPPED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

Body = Mapping[str, Json]
Answer = TypeVar("Answer")


def dataset_path(name: str, *more: str) -> str:
    """Give the path of a dataset, owner/name, or of something in it, quoted."""
    owner, _, rest = name.partition("/")
    return _path("datasets", owner, rest, *more)


def _path(*segments: str) -> str:
    return "/" + "".join(f"{quote(segment, safe='')}/" for segment in segments)


class Client:
    """The API, an endpoint a method; every error is typed (`dsac.errors`).

    Args of all methods: `dataset` is a full name, owner/name; `uuid` a sample's.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def _send(  # noqa: PLR0913 - all but the first three are keyword-only
        self,
        kind: type[Answer],
        method: str,
        path: str,
        body: Body | Sequence[Body],
        *,
        zipped: bool = False,
        idempotent: bool = False,
    ) -> Answer:
        data = msgspec.json.encode(body)
        headers = PLAIN
        if zipped and len(data) >= ZIPPED_FROM:
            data, headers = gzip.compress(data, 6, mtime=0), ZIPPED
        return self.transport.json(
            kind, method, path, body=data, headers=headers, idempotent=idempotent
        )

    def _get(self, kind: type[Answer], path: str, **params: str) -> Answer:
        return self.transport.json(kind, "GET", path, params=params)

    def get_user(self, name: str = "") -> wire.User:
        """Give a user, the key's own by default: GET /user, /users/{name}."""
        path = f"/users/{quote(name, safe='')}" if name else "/user"
        return self._get(wire.User, path)

    def get_datasets(self, user: str = "") -> list[wire.Dataset]:
        """List datasets, of the key's user by default: GET /user/datasets/."""
        path = _path("users", user, "datasets") if user else "/user/datasets/"
        return [item for page in self._pages(wire.Dataset, path) for item in page]

    def get_dataset(self, dataset: str) -> wire.Dataset:
        """Give a dataset: GET /datasets/{owner}/{name}/.

        Raises:
            NotFoundError: there is none, or the key's user may not see it.
        """
        return self._get(wire.Dataset, dataset_path(dataset))

    def add_dataset(self, dataset: str, fields: Body) -> wire.Dataset:
        """Create a dataset: POST /user/datasets/ or /organizations/{org}/datasets/.

        Raises:
            ConflictError: there is one of that name.
        """
        owner, _, name = dataset.partition("/")
        own = owner == self.get_user().username
        path = "/user/datasets/" if own else _path("organizations", owner, "datasets")
        body = {"data_type": "IMAGE", **fields, "name": name}
        return self._send(wire.Dataset, "POST", path, body)

    def update_dataset(self, dataset: str, fields: Body) -> wire.Dataset:
        """Change the fields that are sent: PATCH /datasets/{owner}/{name}/."""
        return self._send(wire.Dataset, "PATCH", dataset_path(dataset), fields)

    def delete_dataset(self, dataset: str) -> None:
        """Delete a dataset with all that is in it: DELETE /datasets/{owner}/{name}/."""
        self._delete(dataset_path(dataset))

    def _delete(self, path: str) -> None:
        """Delete something; what is gone already counts as deleted."""
        try:
            self.transport.request("DELETE", path)
        except NotFoundError:
            return

    def get_collaborator(self, dataset: str, user: str) -> wire.Collaborator:
        """Give a user's role: GET /datasets/{ds}/collaborators/{user}."""
        path = dataset_path(dataset, "collaborators", user)
        return self._get(wire.Collaborator, path.rstrip("/"))

    def add_collaborator(
        self, dataset: str, user: str, *, role: str
    ) -> wire.Collaborator:
        """Add a user: POST /datasets/{ds}/collaborators/."""
        path = dataset_path(dataset, "collaborators")
        return self._send(wire.Collaborator, "POST", path, {"user": user, "role": role})

    def update_collaborator(
        self, dataset: str, user: str, *, role: str
    ) -> wire.Collaborator:
        """Change a user's role: PATCH /datasets/{ds}/collaborators/{user}."""
        path = dataset_path(dataset, "collaborators", user).rstrip("/")
        return self._send(wire.Collaborator, "PATCH", path, {"role": role})

    def delete_collaborator(self, dataset: str, user: str) -> None:
        """Remove a user: DELETE /datasets/{ds}/collaborators/{user}."""
        self._delete(dataset_path(dataset, "collaborators", user).rstrip("/"))

    def get_labelsets(self, dataset: str) -> list[wire.Labelset]:
        """List label sets: GET /datasets/{ds}/labelsets/."""
        return self._get(list[wire.Labelset], dataset_path(dataset, "labelsets"))

    def get_labelset(self, dataset: str, name: str) -> wire.Labelset:
        """Give a label set: GET /datasets/{ds}/labelsets/{name}/."""
        return self._get(wire.Labelset, dataset_path(dataset, "labelsets", name))

    def add_labelset(
        self, dataset: str, name: str, *, description: str = ""
    ) -> wire.Labelset:
        """Create a label set: POST /datasets/{ds}/labelsets/."""
        body = {"name": name, "description": description, "attributes": "{}"}
        return self._send(
            wire.Labelset, "POST", dataset_path(dataset, "labelsets"), body
        )

    def delete_labelset(self, dataset: str, name: str) -> None:
        """Delete a label set: DELETE /datasets/{ds}/labelsets/{name}/."""
        self._delete(dataset_path(dataset, "labelsets", name))

    def get_releases(self, dataset: str) -> list[wire.Release]:
        """List releases: GET /datasets/{ds}/releases/."""
        return self._get(list[wire.Release], dataset_path(dataset, "releases"))

    def add_release(
        self, dataset: str, name: str, *, description: str = ""
    ) -> wire.Release:
        """Create a release: POST /datasets/{ds}/releases/."""
        body = {"name": name, "description": description}
        return self._send(wire.Release, "POST", dataset_path(dataset, "releases"), body)

    def delete_release(self, dataset: str, name: str) -> None:
        """Delete a release: DELETE /datasets/{ds}/releases/{name}/."""
        self._delete(dataset_path(dataset, "releases", name))

    def list_samples(
        self,
        dataset: str,
        *,
        labelset: str = "",
        include_full_label: bool = False,
        per_page: int = 1000,
        **filters: str,
    ) -> Iterator[list[wire.Sample]]:
        """Yield the samples of a dataset by pages: GET /datasets/{ds}/samples/.

        Args:
            dataset: The full name.
            labelset: Whose labels come along; none by default.
            include_full_label: The whole label rather than its summary.
            per_page: So many samples are asked for at a time.
            filters: name__contains, filters, label_status or sort.
        """
        params = dict(filters)
        if labelset:
            params["labelset"] = labelset
        if labelset and include_full_label:
            params["include_full_label"] = "1"
        path = dataset_path(dataset, "samples")
        return self._pages(wire.Sample, path, per_page=per_page, **params)

    def _pages(
        self, kind: type[Answer], path: str, *, per_page: int = 1000, **params: str
    ) -> Iterator[list[Answer]]:
        """Yield pages until an empty one or "Invalid page"; a short one is no end."""
        page = 0
        while True:
            page += 1
            asked = {**params, "per_page": str(per_page), "page": str(page)}
            try:
                rows = self._get(list[kind], path, **asked)  # type: ignore[valid-type]
            except NotFoundError as error:
                if page > 1 and "invalid page" in error.detail.lower():
                    return
                raise
            if not rows:
                return
            yield rows

    def get_sample(self, uuid: str, **params: str) -> wire.Sample:
        """Give a sample: GET /samples/{uuid}/."""
        return self._get(wire.Sample, _path("samples", uuid), **params)

    def add_sample(self, dataset: str, fields: Body) -> wire.Sample:
        """Create a sample: POST /datasets/{ds}/samples/.

        Raises:
            ConflictError: there is one of that name.
        """
        path = dataset_path(dataset, "samples")
        return self._send(wire.Sample, "POST", path, fields, zipped=True)

    def add_samples(self, dataset: str, rows: Sequence[Body]) -> list[wire.Sample]:
        """Create samples in one call: POST /datasets/{ds}/samples_bulk/.

        Samples whose names exist are returned as they are, unchanged and without an
        error, so that the call may be repeated; compare what comes back.
        """
        return self._send(
            list[wire.Sample],
            "POST",
            dataset_path(dataset, "samples_bulk"),
            rows,
            zipped=True,
            idempotent=True,
        )

    def update_sample(self, uuid: str, fields: Body) -> wire.Sample:
        """Change the fields that are sent: PATCH /samples/{uuid}/."""
        return self._send(
            wire.Sample, "PATCH", _path("samples", uuid), fields, zipped=True
        )

    def delete_sample(self, uuid: str) -> None:
        """Delete a sample: DELETE /samples/{uuid}/."""
        self._delete(_path("samples", uuid))

    def delete_samples(self, dataset: str, uuids: Sequence[str]) -> int:
        """Delete up to 1000 samples, or none: DELETE /datasets/{ds}/samples_bulk/.

        Returns:
            How many there were; uuids that do not exist are skipped.
        """
        path = dataset_path(dataset, "samples_bulk")
        answer = self._send(wire.Deleted, "DELETE", path, {"uuids": list(uuids)})
        return answer.deleted_count

    def get_label(self, uuid: str, labelset: str) -> wire.Label:
        """Give the label of a sample: GET /labels/{uuid}/{labelset}/.

        Raises:
            NotFoundError: the sample has no label there.
        """
        return self._get(wire.Label, _path("labels", uuid, labelset))

    def put_label(self, uuid: str, labelset: str, fields: Body) -> wire.Label:
        """Create or replace a label: PUT /labels/{uuid}/{labelset}/."""
        return self._send(
            wire.Label, "PUT", _path("labels", uuid, labelset), fields, zipped=True
        )

    def update_label(self, uuid: str, labelset: str, fields: Body) -> wire.Label:
        """Change the fields that are sent: PATCH /labels/{uuid}/{labelset}/."""
        return self._send(
            wire.Label, "PATCH", _path("labels", uuid, labelset), fields, zipped=True
        )

    def delete_label(self, uuid: str, labelset: str) -> None:
        """Delete a label: DELETE /labels/{uuid}/{labelset}/."""
        self._delete(_path("labels", uuid, labelset))

    def upload_asset(self, file: BinaryIO, *, filename: str) -> wire.Asset:
        """Upload a file: POST /assets/, then a form to where the answer says.

        Args:
            file: Open for reading, in binary.
            filename: Its extension becomes that of the URL.

        Returns:
            The asset; `url` is what goes into attributes.
        """
        asset = self._send(
            wire.Asset, "POST", "/assets/", {"filename": filename}, idempotent=True
        )
        target = asset.presignedPostFields
        if target is None:
            raise ProtocolError(
                f"POST /assets/: the answer for {filename} has no presignedPostFields",
                method="POST",
                url="/assets/",
            )
        self.transport.request(
            "POST",
            target.url,
            fields=target.fields,
            files={"file": (filename, file.read())},
            idempotent=True,
        )
        self.transport.count(uploads=1)
        return asset

    def etag(self, url: str) -> str:
        """Give the ETag behind a URL, unquoted, empty where there is none: HEAD."""
        found: str = self.transport.request("HEAD", url).headers.get("ETag", "")
        return found.strip('"')

    def download(self, url: str) -> bytes:
        """Give the bytes behind a URL: GET, without the key where it is elsewhere."""
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ProtocolError(f"{url}: only http and https can be read", url=url)
        return self.transport.request("GET", url).content

"""The endpoints for samples, and for the labels and issues of a sample."""

from collections.abc import Iterator, Sequence

from dsac.remote import wire
from dsac.remote.bodies import NewSampleBody
from dsac.remote.calls import PER_PAGE, Answer, Body, Calls, dataset_path, path
from dsac.remote.retrying import TOO_LONG


class SampleCalls(Calls):
    """Samples one by one and in bulk, labels, issues."""

    def list_samples(
        self,
        dataset: str,
        *,
        labelset: str = "",
        include_full_label: bool = False,
        per_page: int = PER_PAGE,
        page: int | None = None,
        **filters: str,
    ) -> Iterator[list[wire.Sample]]:
        """Yield the samples of a dataset by pages: GET /datasets/{ds}/samples/.

        Args:
            dataset: The full name.
            labelset: Whose labels come along; none by default.
            include_full_label: The whole label rather than its summary.
            per_page: So many samples are asked for at a time.
            page: Only this page, from 1 on; all by default.
            filters: name__contains, filters, label_status or sort.
        """
        params = dict(filters)
        if labelset:
            params["labelset"] = labelset
        if labelset and include_full_label:
            params["include_full_label"] = "1"
        where = self.samples_path(dataset)
        return self._pages(wire.Sample, where, per_page=per_page, page=page, **params)

    def samples_path(self, dataset: str) -> str:
        """Give the path of the listing of a dataset's samples."""
        return dataset_path(dataset, "samples")

    def get_sample(self, uuid: str, **params: str) -> wire.Sample:
        """Give a sample: GET /samples/{uuid}/."""
        return self._get(wire.Sample, path("samples", uuid), **params)

    def add_sample(self, dataset: str, fields: Body) -> wire.Sample:
        """Create a sample: POST /datasets/{ds}/samples/.

        Raises:
            ConflictError: there is one of that name.
        """
        where = dataset_path(dataset, "samples")
        return self._send(wire.Sample, "POST", where, fields, zipped=True)

    def add_samples(self, dataset: str, rows: Sequence[Body]) -> list[wire.Sample]:
        """Create samples in one call: POST /datasets/{ds}/samples_bulk/.

        Samples whose names exist are returned as they are, unchanged and without an
        error, so that the call may be repeated; compare what comes back. A gateway
        that fails twice at several samples may do better at fewer.
        """
        return self._add(list[wire.Sample], dataset, rows)

    def create_samples(
        self, dataset: str, rows: Sequence[NewSampleBody]
    ) -> list[wire.CreatedSample]:
        """Create samples as `add_samples` does, with no more work than it takes."""
        return self._add(list[wire.CreatedSample], dataset, rows)

    def _add(
        self,
        kind: type[Answer],
        dataset: str,
        rows: Sequence[Body] | Sequence[NewSampleBody],
    ) -> Answer:
        return self._send(
            kind,
            "POST",
            dataset_path(dataset, "samples_bulk"),
            rows,
            zipped=True,
            idempotent=True,
            brief=TOO_LONG if len(rows) > 1 else (),
        )

    def update_sample(self, uuid: str, fields: Body) -> wire.Sample:
        """Change the fields that are sent: PATCH /samples/{uuid}/."""
        return self._send(
            wire.Sample, "PATCH", path("samples", uuid), fields, zipped=True
        )

    def delete_sample(self, uuid: str) -> None:
        """Delete a sample: DELETE /samples/{uuid}/."""
        self._delete(path("samples", uuid))

    def delete_samples(self, dataset: str, uuids: Sequence[str]) -> int:
        """Delete up to 1000 samples, or none: DELETE /datasets/{ds}/samples_bulk/.

        Returns:
            How many there were; uuids that do not exist are skipped.
        """
        where = dataset_path(dataset, "samples_bulk")
        answer = self._send(
            wire.Deleted,
            "DELETE",
            where,
            {"uuids": list(uuids)},
            brief=TOO_LONG if len(uuids) > 1 else (),
        )
        return answer.deleted_count

    def get_label(self, uuid: str, labelset: str) -> wire.Label:
        """Give the label of a sample: GET /labels/{uuid}/{labelset}/.

        Raises:
            NotFoundError: the sample has no label there.
        """
        return self._get(wire.Label, path("labels", uuid, labelset))

    def put_label(self, uuid: str, labelset: str, fields: Body) -> wire.Label:
        """Create or replace a label: PUT /labels/{uuid}/{labelset}/."""
        return self._send(
            wire.Label, "PUT", path("labels", uuid, labelset), fields, zipped=True
        )

    def update_label(self, uuid: str, labelset: str, fields: Body) -> wire.Label:
        """Change the fields that are sent: PATCH /labels/{uuid}/{labelset}/."""
        return self._send(
            wire.Label, "PATCH", path("labels", uuid, labelset), fields, zipped=True
        )

    def delete_label(self, uuid: str, labelset: str) -> None:
        """Delete a label: DELETE /labels/{uuid}/{labelset}/."""
        self._delete(path("labels", uuid, labelset))

    def add_issue(self, uuid: str, fields: Body) -> wire.Issue:
        """Raise an issue about a sample: POST /samples/{uuid}/issues/.

        Args:
            uuid: The sample's.
            fields: `description`; `status` (OPEN or CLOSED) and `anchor`.
        """
        return self._send(wire.Issue, "POST", path("samples", uuid, "issues"), fields)

    def update_issue(self, uuid: str, fields: Body) -> wire.Issue:
        """Change the fields that are sent: PATCH /issues/{uuid}/, the issue's uuid."""
        return self._send(wire.Issue, "PATCH", path("issues", uuid), fields)

    def delete_issue(self, uuid: str) -> None:
        """Delete an issue: DELETE /issues/{uuid}/, the issue's uuid."""
        self._delete(path("issues", uuid))

"""What the public client says about what belongs to a dataset as a whole."""

from itertools import chain

from dsac.core.values import Json
from dsac.remote import wire
from dsac.remote.client import Client
from dsac.remote.segments_datasets import JsonObject, stated


class PartMethods:
    """Collaborators, label sets, issues, releases and work units."""

    _client: Client

    def get_dataset_collaborator(
        self, dataset_identifier: str, username: str
    ) -> wire.Collaborator:
        """Give a user's role: GET /datasets/{ds}/collaborators/{user}.

        Raises:
            NotFoundError: that user is no collaborator.
        """
        return self._client.get_collaborator(dataset_identifier, username)

    def add_dataset_collaborator(
        self, dataset_identifier: str, username: str, role: str = "labeler"
    ) -> wire.Collaborator:
        """Add a user: POST /datasets/{ds}/collaborators/.

        Args:
            dataset_identifier: The full name, owner/name.
            username: Who.
            role: labeler, reviewer, manager or admin.

        Raises:
            ConflictError: that user is a collaborator already.
        """
        return self._client.add_collaborator(dataset_identifier, username, role=role)

    def update_dataset_collaborator(
        self, dataset_identifier: str, username: str, role: str
    ) -> wire.Collaborator:
        """Change a user's role: PATCH /datasets/{ds}/collaborators/{user}.

        Raises:
            NotFoundError: that user is no collaborator.
            ForbiddenError: the key's user may not administer the dataset.
        """
        return self._client.update_collaborator(dataset_identifier, username, role=role)

    def delete_dataset_collaborator(
        self, dataset_identifier: str, username: str
    ) -> None:
        """Remove a user: DELETE /datasets/{ds}/collaborators/{user}.

        Raises:
            NotFoundError: that user is no collaborator.
            ForbiddenError: the key's user may not administer the dataset.
        """
        self._client.delete_collaborator(dataset_identifier, username)

    def get_labelsets(self, dataset_identifier: str) -> list[wire.Labelset]:
        """List label sets: GET /datasets/{ds}/labelsets/.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
        """
        return self._client.get_labelsets(dataset_identifier)

    def get_labelset(self, dataset_identifier: str, name: str) -> wire.Labelset:
        """Give a label set: GET /datasets/{ds}/labelsets/{name}/.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._client.get_labelset(dataset_identifier, name)

    def add_labelset(
        self, dataset_identifier: str, name: str, description: str = ""
    ) -> wire.Labelset:
        """Create a label set: POST /datasets/{ds}/labelsets/.

        Raises:
            ConflictError: there is one of that name.
        """
        return self._client.add_labelset(
            dataset_identifier, name, description=description
        )

    def delete_labelset(self, dataset_identifier: str, name: str) -> None:
        """Delete a label set: DELETE /datasets/{ds}/labelsets/{name}/.

        Raises:
            NotFoundError: there is none of that name.
            ForbiddenError: the key's user may not administer the dataset.
        """
        self._client.delete_labelset(dataset_identifier, name)

    def get_issues(self, dataset_identifier: str) -> list[wire.Issue]:
        """List the issues of a dataset's samples: GET /datasets/{ds}/issues/.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
        """
        return self._client.get_issues(dataset_identifier)

    def add_issue(
        self,
        sample_uuid: str,
        description: str,
        status: str = "OPEN",
        anchor: JsonObject | None = None,
    ) -> wire.Issue:
        """Raise an issue about a sample: POST /samples/{sample_uuid}/issues/.

        Args:
            sample_uuid: The sample.
            description: What is wrong with it.
            status: OPEN or CLOSED.
            anchor: The part of the sample that is meant, such as {"type": "basic"}
                (fact sheet, section 5).

        Raises:
            NotFoundError: there is no such sample.
        """
        body: dict[str, Json] = {"description": description, "status": status}
        if anchor is not None:
            body["anchor"] = dict(anchor)
        return self._client.add_issue(sample_uuid, body)

    def update_issue(
        self,
        uuid: str,
        description: str | None = None,
        status: str | None = None,
        anchor: JsonObject | None = None,
    ) -> wire.Issue:
        """Change the fields that are given: PATCH /issues/{uuid}/.

        Raises:
            NotFoundError: there is no such issue.
        """
        body = stated(description=description, status=status)
        if anchor is not None:
            body["anchor"] = dict(anchor)
        return self._client.update_issue(uuid, body)

    def delete_issue(self, uuid: str) -> None:
        """Delete an issue: DELETE /issues/{uuid}/.

        Raises:
            NotFoundError: there is no such issue.
        """
        self._client.delete_issue(uuid)

    def get_releases(self, dataset_identifier: str) -> list[wire.Release]:
        """List releases: GET /datasets/{ds}/releases/.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
        """
        return self._client.get_releases(dataset_identifier)

    def get_release(self, dataset_identifier: str, name: str) -> wire.Release:
        """Give a release: GET /datasets/{ds}/releases/{name}/.

        Its file stands at `attributes["url"]` once `status` is SUCCEEDED.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._client.get_release(dataset_identifier, name)

    def add_release(
        self, dataset_identifier: str, name: str, description: str = ""
    ) -> wire.Release:
        """Freeze a dataset: POST /datasets/{ds}/releases/; it starts as PENDING.

        Raises:
            ConflictError: there is one of that name.
        """
        return self._client.add_release(
            dataset_identifier, name, description=description
        )

    def delete_release(self, dataset_identifier: str, name: str) -> None:
        """Delete a release: DELETE /datasets/{ds}/releases/{name}/.

        Raises:
            NotFoundError: there is none of that name.
            ForbiddenError: the key's user may not administer the dataset.
        """
        self._client.delete_release(dataset_identifier, name)

    def get_workunits(  # noqa: PLR0913, PLR0917 - the order of the platform's SDK
        self,
        dataset_identifier: str,
        sort: str = "created_at",
        direction: str = "desc",
        start: str | None = None,
        end: str | None = None,
        per_page: int = 1000,
        page: int | None = None,
        include_session_time_metrics: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> list[wire.Workunit]:
        """Give the work units of a dataset: GET /datasets/{ds}/workunits/.

        Args:
            dataset_identifier: The full name, owner/name.
            sort: created_at.
            direction: asc or desc.
            start: Only those made from then on, as 2024-01-31T12:00:00.
            end: Only those made up to then.
            per_page: So many are asked for at a time.
            page: Only this page, from 1 on; all by default.
            include_session_time_metrics: Whether these come along.

        Raises:
            NotFoundError: there is no such dataset, or no such page.
        """
        filters = {"sort": sort if direction == "asc" else f"-{sort}"}
        if start is not None:
            filters["start"] = start
        if end is not None:
            filters["end"] = end
        if include_session_time_metrics:
            filters["include_session_time_metrics"] = "true"
        pages = self._client.list_workunits(
            dataset_identifier, per_page=per_page, page=page, **filters
        )
        return list(chain.from_iterable(pages))

"""The endpoints for users, datasets, and what belongs to a dataset as a whole."""

from collections.abc import Iterator

from dsac.remote import wire
from dsac.remote.calls import PER_PAGE, Body, Calls, dataset_path, path


class DatasetCalls(Calls):
    """Users, datasets, collaborators, label sets, issues, releases, work units."""

    def get_user(self, name: str = "") -> wire.User:
        """Give a user, the key's own by default: GET /user, /users/{name}."""
        where = path("users", name).rstrip("/") if name else "/user"
        return self._get(wire.User, where)

    def list_datasets(
        self, user: str = "", *, per_page: int = PER_PAGE, page: int | None = None
    ) -> Iterator[list[wire.Dataset]]:
        """Yield datasets by pages: GET /user/datasets/, /users/{user}/datasets/.

        Args:
            user: Whose; the key's user by default.
            per_page: So many datasets are asked for at a time.
            page: Only this page, from 1 on; all by default.

        Raises:
            NotFoundError: there is no such user, or no such page.
        """
        where = path("users", user, "datasets") if user else "/user/datasets/"
        return self._pages(wire.Dataset, where, per_page=per_page, page=page)

    def dataset_page(
        self, user: str, *, page: int, per_page: int, attempts: int
    ) -> list[wire.Dataset]:
        """Give one page of datasets, empty behind the end; as `list_datasets`."""
        where = path("users", user, "datasets") if user else "/user/datasets/"
        asked = {"per_page": str(per_page), "page": str(page)}
        return self._page(wire.Dataset, where, asked, attempts=attempts)

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
        where = "/user/datasets/" if own else path("organizations", owner, "datasets")
        body = {"data_type": "IMAGE", **fields, "name": name}
        return self._send(wire.Dataset, "POST", where, body)

    def update_dataset(self, dataset: str, fields: Body) -> wire.Dataset:
        """Change the fields that are sent: PATCH /datasets/{owner}/{name}/."""
        return self._send(wire.Dataset, "PATCH", dataset_path(dataset), fields)

    def delete_dataset(self, dataset: str) -> None:
        """Delete a dataset with all that is in it: DELETE /datasets/{owner}/{name}/."""
        self._delete(dataset_path(dataset))

    def clone_dataset(self, dataset: str, fields: Body) -> wire.Dataset:
        """Copy a dataset: POST /datasets/{owner}/{name}/clone/.

        Args:
            dataset: The full name of the original, public or the user's to manage.
            fields: `name` and `clone_labels`; task_type, public and owner (an
                organisation) where they shall not be the default.

        Raises:
            ConflictError: there is a dataset of that name.
        """
        return self._send(wire.Dataset, "POST", dataset_path(dataset, "clone"), fields)

    def get_collaborator(self, dataset: str, user: str) -> wire.Collaborator:
        """Give a user's role: GET /datasets/{ds}/collaborators/{user}."""
        where = dataset_path(dataset, "collaborators", user)
        return self._get(wire.Collaborator, where.rstrip("/"))

    def add_collaborator(
        self, dataset: str, user: str, *, role: str
    ) -> wire.Collaborator:
        """Add a user: POST /datasets/{ds}/collaborators/."""
        where = dataset_path(dataset, "collaborators")
        return self._send(
            wire.Collaborator, "POST", where, {"user": user, "role": role}
        )

    def update_collaborator(
        self, dataset: str, user: str, *, role: str
    ) -> wire.Collaborator:
        """Change a user's role: PATCH /datasets/{ds}/collaborators/{user}."""
        where = dataset_path(dataset, "collaborators", user).rstrip("/")
        return self._send(wire.Collaborator, "PATCH", where, {"role": role})

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

    def get_release(self, dataset: str, name: str) -> wire.Release:
        """Give a release: GET /datasets/{ds}/releases/{name}/.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._get(wire.Release, dataset_path(dataset, "releases", name))

    def add_release(
        self, dataset: str, name: str, *, description: str = ""
    ) -> wire.Release:
        """Create a release: POST /datasets/{ds}/releases/."""
        body = {"name": name, "description": description}
        return self._send(wire.Release, "POST", dataset_path(dataset, "releases"), body)

    def delete_release(self, dataset: str, name: str) -> None:
        """Delete a release: DELETE /datasets/{ds}/releases/{name}/."""
        self._delete(dataset_path(dataset, "releases", name))

    def get_issues(self, dataset: str) -> list[wire.Issue]:
        """List the issues of all samples, unpaged: GET /datasets/{ds}/issues/."""
        return self._get(list[wire.Issue], dataset_path(dataset, "issues"))

    def list_workunits(
        self,
        dataset: str,
        *,
        per_page: int = PER_PAGE,
        page: int | None = None,
        **filters: str,
    ) -> Iterator[list[wire.Workunit]]:
        """Yield the work units by pages: GET /datasets/{ds}/workunits/.

        Args:
            dataset: The full name.
            per_page: So many work units are asked for at a time.
            page: Only this page, from 1 on; all by default.
            filters: sort (created_at or -created_at), start and end (as
                2024-01-31T12:00:00), include_session_time_metrics (true).
        """
        where = dataset_path(dataset, "workunits")
        return self._pages(
            wire.Workunit, where, per_page=per_page, page=page, **filters
        )

"""What the public client says about users and datasets."""

from collections.abc import Mapping
from itertools import chain

from dsac.core.values import Json
from dsac.remote import wire
from dsac.remote.client import Client

JsonObject = Mapping[str, Json]

DEFAULT_TASK_ATTRIBUTES: dict[str, Json] = {
    "format_version": "0.1",
    "categories": [{"id": 1, "name": "object"}],
}
"""What the platform's own SDK sends for a dataset without task attributes."""

SENT_ON_CREATION: Mapping[str, Json] = {
    "readme": "",
    "labeling_inactivity_timeout_seconds": 300,
    "enable_skip_labeling": True,
    "enable_skip_reviewing": False,
    "enable_ratings": False,
    "enable_interpolation": True,
    "enable_same_dimensions_track_constraint": False,
    "enable_save_button": False,
    "enable_label_status_verified": False,
    "enable_3d_cuboid_rotation": False,
    "enable_3d_region_of_interest": False,
    "enable_confirm_on_submit": False,
    "archived": False,
}
"""The settings that the platform's own SDK always states (fact sheet, section 5)."""


def stated(**fields: Json) -> dict[str, Json]:
    """Keep the fields that are not None: None stands for "leave it as it is"."""
    return {key: value for key, value in fields.items() if value is not None}


class DatasetMethods:
    """Users and datasets."""

    _client: Client

    def get_user(self, user: str | None = None) -> wire.User:
        """Give a user, the key's own by default: GET /user, /users/{user}.

        Raises:
            NotFoundError: there is no such user.
        """
        return self._client.get_user(user or "")

    def get_datasets(
        self, user: str | None = None, per_page: int = 1000, page: int | None = None
    ) -> list[wire.Dataset]:
        """List the datasets of a user, of the key's own by default.

        Endpoint: GET /user/datasets/ or /users/{user}/datasets/.

        Args:
            user: Whose datasets.
            per_page: So many are asked for at a time.
            page: Only this page, from 1 on; all by default.

        Raises:
            NotFoundError: there is no such user, or no such page.
        """
        pages = self._client.list_datasets(user or "", per_page=per_page, page=page)
        return list(chain.from_iterable(pages))

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
            **SENT_ON_CREATION,
            **settings,
        }
        if metadata:
            fields["metadata"] = dict(metadata)
        return self._client.add_dataset(f"{owner}/{rest}", fields)

    def update_dataset(
        self,
        dataset_identifier: str,
        description: str | None = None,
        **fields: Json,
    ) -> wire.Dataset:
        """Change the fields that are given: PATCH /datasets/{owner}/{name}/.

        Args:
            dataset_identifier: The full name, owner/name.
            description: One sentence; None leaves it as it is.
            fields: Other fields of the API, by their names there; what is None here
                is sent as null.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
            ForbiddenError: the key's user may not administer the dataset.
            ResponseError: a field has a value that it can't have.
        """
        return self._client.update_dataset(
            dataset_identifier, {**stated(description=description), **fields}
        )

    def delete_dataset(self, dataset_identifier: str) -> None:
        """Delete a dataset: DELETE /datasets/{owner}/{name}/; gone already is fine.

        Raises:
            NotFoundError: there is no such dataset, or it can't be seen.
            ForbiddenError: the key's user may not administer the dataset.
        """
        self._client.delete_dataset(dataset_identifier)

    def clone_dataset(  # noqa: PLR0913, PLR0917 - the order of the platform's SDK
        self,
        dataset_identifier: str,
        new_name: str | None = None,
        new_task_type: str | None = None,
        new_public: bool | None = None,  # noqa: FBT001 - as above
        organization: str | None = None,
        clone_labels: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> wire.Dataset:
        """Copy a dataset with its samples: POST /datasets/{owner}/{name}/clone/.

        Args:
            dataset_identifier: The full name of the original.
            new_name: The name of the copy, by default NAME-clone.
            new_task_type: By default that of the original.
            new_public: Whether everybody may see the copy.
            organization: Who shall own the copy, the key's user by default.
            clone_labels: Whether labels are copied too.

        Raises:
            ConflictError: there is a dataset of that name.
        """
        name = new_name or f"{dataset_identifier.rpartition('/')[2]}-clone"
        fields = stated(task_type=new_task_type, public=new_public, owner=organization)
        body = {"name": name, **fields, "clone_labels": clone_labels}
        return self._client.clone_dataset(dataset_identifier, body)

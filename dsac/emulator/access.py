"""Who may do what: every decision about authorisation is made here."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Row

import msgspec

from dsac.emulator.body import Object
from dsac.emulator.context import store, user
from dsac.emulator.errors import forbidden, not_found


class Right(enum.IntEnum):
    """What a role lets one do; each right includes those before it."""

    READ = 0
    LABEL = 1
    MANAGE = 2


RIGHTS: Mapping[str, Right] = {
    "labeler": Right.LABEL,
    "reviewer": Right.LABEL,
    "manager": Right.LABEL,
    "admin": Right.MANAGE,
}
"""Who adds and deletes samples, and sets settings, is an admin (fact sheet, 5)."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A row of datasets, as its user may see it; `role` is empty for a stranger."""

    id: int
    owner: str
    name: str
    fields: Object
    metadata: str
    created_at: str
    cloned_from: str | None
    role: str

    @property
    def full_name(self) -> str:
        """The owner and the name."""
        return f"{self.owner}/{self.name}"

    @property
    def task_type(self) -> str:
        """What is labelled in it."""
        found: str = self.fields["task_type"]
        return found

    def require(self, right: Right) -> None:
        """Refuse a user who lacks a right.

        Raises:
            ApiError: 404 if the user can't see the dataset, else 403.
        """
        if not self.role and not self.fields["public"]:
            raise not_found()
        if RIGHTS.get(self.role, Right.READ) < right:
            raise forbidden()


def administers(owner: str) -> bool:
    """Tell whether the user is `owner`, or owns that organisation.

    The first account owns every organisation.
    """
    if user() == owner:
        return True
    row = store().row(
        "SELECT 1 FROM accounts WHERE name = ? AND key IS NULL AND ? = "
        "(SELECT name FROM accounts WHERE key IS NOT NULL ORDER BY position LIMIT 1)",
        owner,
        user(),
    )
    return row is not None


def dataset_for(owner: str, name: str, right: Right = Right.READ) -> Dataset:
    """Find a dataset in which the user may do something.

    Raises:
        ApiError: it does not exist or can't be seen (both 404), or it can be seen
            and the user may not do that (403).
    """
    row = store().row(
        "SELECT * FROM datasets WHERE owner = ? AND name = ?", owner, name
    )
    return _allowed(row, right)


def sample_for(key: str, right: Right = Right.READ) -> tuple[Row, Dataset]:
    """Find a sample by its uuid, and its dataset; as `dataset_for`."""
    row = store().row("SELECT * FROM samples WHERE uuid = ?", key)
    if row is None:
        raise not_found()
    dataset = store().row("SELECT * FROM datasets WHERE id = ?", row["dataset"])
    return row, _allowed(dataset, right)


def issue_for(key: str, right: Right) -> Row:
    """Find an issue by its uuid; as `dataset_for`."""
    row = store().row("SELECT * FROM issues WHERE uuid = ?", key)
    if row is None:
        raise not_found()
    dataset = store().row("SELECT * FROM datasets WHERE id = ?", row["dataset"])
    _allowed(dataset, right)
    return row


def _allowed(row: Row | None, right: Right) -> Dataset:
    if row is None:
        raise not_found()
    found = dataset_of(row)
    found.require(right)
    return found


def dataset_of(row: Row) -> Dataset:
    """Make a dataset of its row, with the user's role in it."""
    return Dataset(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        fields=msgspec.json.decode(row["fields"]),
        metadata=row["metadata"],
        created_at=row["created_at"],
        cloned_from=row["cloned_from"],
        role=_role(row["id"], row["owner"]),
    )


def _role(dataset: int, owner: str) -> str:
    if administers(owner):
        return "admin"
    row = store().row(
        "SELECT role FROM collaborators WHERE dataset = ? AND user = ?",
        dataset,
        user(),
    )
    return row["role"] if row else ""


def visible_datasets(owner: str, *, limit: int, offset: int) -> list[Dataset]:
    """Give the datasets of an owner that the user may see, in the order of names."""
    rows = store().rows(
        "SELECT * FROM datasets WHERE owner = ? AND (? "
        "OR json_extract(fields, '$.public') OR EXISTS (SELECT 1 FROM collaborators "
        "WHERE dataset = id AND user = ?)) ORDER BY name LIMIT ? OFFSET ?",
        owner,
        administers(owner),
        user(),
        limit,
        offset,
    )
    return [dataset_of(row) for row in rows]


def require_clonable(dataset: Dataset) -> None:
    """Refuse to copy a dataset that is neither public nor the user's to manage."""
    if not dataset.fields["public"]:
        dataset.require(Right.MANAGE)

"""Routes for the collaborators of a dataset."""

from flask import Blueprint, Response

from dsac.emulator.access import Dataset, Right, dataset_for
from dsac.emulator.body import object_body
from dsac.emulator.choices import ROLES
from dsac.emulator.context import done, reply, store
from dsac.emulator.datasets import DATASET
from dsac.emulator.errors import invalid, not_found, refused
from dsac.emulator.users import user_object
from dsac.emulator.validation import one_of, text

routes = Blueprint("collaborators", __name__)
COLLABORATOR = f"{DATASET}/collaborators/<who>"


@routes.post(f"{DATASET}/collaborators")
def add_collaborator(owner: str, name: str) -> Response:
    body = object_body()
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        who, role = text(body, "user"), one_of(body, "role", ROLES)
        _require_invitable(dataset, who)
        cursor = database.execute(
            "INSERT INTO collaborators VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (dataset.id, who, role),
        )
        if not cursor.rowcount:
            raise refused(400, f"{who} is already a collaborator of this dataset.")
    return reply({"user": user_object(who), "role": role}, 201)


def _require_invitable(dataset: Dataset, who: str) -> None:
    if store().row("SELECT 1 FROM accounts WHERE name = ?", who) is None:
        raise invalid("user", f"User {who} does not exist.")
    if who == dataset.owner:
        raise refused(400, "The owner cannot be added as collaborator.")


def _role(dataset: Dataset, who: str) -> str:
    row = store().row(
        "SELECT role FROM collaborators WHERE dataset = ? AND user = ?", dataset.id, who
    )
    if row is None:
        raise not_found()
    found: str = row["role"]
    return found


@routes.get(COLLABORATOR)
def get_collaborator(owner: str, name: str, who: str) -> Response:
    role = _role(dataset_for(owner, name), who)
    return reply({"user": user_object(who), "role": role})


@routes.patch(COLLABORATOR)
def update_collaborator(owner: str, name: str, who: str) -> Response:
    body = object_body()
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        _role(dataset, who)
        role = one_of(body, "role", ROLES)
        database.execute(
            "UPDATE collaborators SET role = ? WHERE dataset = ? AND user = ?",
            (role, dataset.id, who),
        )
    return reply({"user": user_object(who), "role": role})


@routes.delete(COLLABORATOR)
def delete_collaborator(owner: str, name: str, who: str) -> Response:
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        _role(dataset, who)
        database.execute(
            "DELETE FROM collaborators WHERE dataset = ? AND user = ?",
            (dataset.id, who),
        )
    return done()

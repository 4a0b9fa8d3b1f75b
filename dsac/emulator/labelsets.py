"""Routes for the label sets of a dataset."""

from flask import Blueprint, Response

from dsac.emulator.access import Dataset, Right, dataset_for
from dsac.emulator.body import Object, object_body
from dsac.emulator.choices import GROUND_TRUTH
from dsac.emulator.context import done, reply, store
from dsac.emulator.datasets import DATASET, labelset_objects
from dsac.emulator.errors import exists, not_found, refused
from dsac.emulator.store import moment
from dsac.emulator.validation import slug, text_or_empty

routes = Blueprint("labelsets", __name__)
LABELSETS = f"{DATASET}/labelsets"
LABELSET = f"{LABELSETS}/<labelset>"


@routes.get(LABELSETS)
def list_labelsets(owner: str, name: str) -> Response:
    return reply(labelset_objects(dataset_for(owner, name).id))


@routes.post(LABELSETS)
def add_labelset(owner: str, name: str) -> Response:
    """Add a label set; `attributes`, an empty object as text, is passed over."""
    body = object_body()
    wanted, description = slug(body), text_or_empty(body, "description")
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        cursor = database.execute(
            "INSERT INTO labelsets VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (dataset.id, wanted, description, moment()),
        )
        if not cursor.rowcount:
            raise exists("A labelset of this name")
        found = _labelset(dataset, wanted)
    return reply(found, 201)


def _labelset(dataset: Dataset, name: str) -> Object:
    for found in labelset_objects(dataset.id):
        if found["name"] == name:
            return found
    raise not_found()


@routes.get(LABELSET)
def get_labelset(owner: str, name: str, labelset: str) -> Response:
    return reply(_labelset(dataset_for(owner, name), labelset))


@routes.delete(LABELSET)
def delete_labelset(owner: str, name: str, labelset: str) -> Response:
    """Delete a label set with its labels."""
    with store().write() as database:
        dataset = dataset_for(owner, name, Right.MANAGE)
        _labelset(dataset, labelset)
        if labelset == GROUND_TRUTH:
            raise refused(400, "The ground truth can't be deleted.")
        database.execute(
            "DELETE FROM labels WHERE labelset = ? "
            "AND sample IN (SELECT id FROM samples WHERE dataset = ?)",
            (labelset, dataset.id),
        )
        database.execute(
            "DELETE FROM labelsets WHERE dataset = ? AND name = ?",
            (dataset.id, labelset),
        )
    return done()

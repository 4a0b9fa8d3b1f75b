"""Eleven bugs, each of which would cost people's work; planted one at a time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from msgspec import structs

from dsac.core import guard, losses
from dsac.core.labels import Machines
from dsac.core.ownership import Scope
from dsac.core.resources import Desired, Kind, RemoteLabel
from dsac.engine import last_look
from dsac.engine.last_look import LastLook, Seen
from dsac.remote.reader import Reader
from dsac.remote.transport import Transport
from dsac.remote.writer import Writer
from tests.world.people import add_samples, clone, edit, edit_as_the_owner
from tests.world.runs import Habits
from tests.world.wishes import (
    change_categories,
    change_image,
    drop_sample,
    forget_moves,
    remove_labelset,
    rename,
    write_label,
)

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Bug:
    """A bug: how it is planted, and which of the keeper's promises it breaks."""

    plant: Callable[[Patch], None]
    promises: frozenset[str]
    habits: Habits


BUGS: dict[str, Bug] = {}


Plant = Callable[[Patch], None]
QUIET = Habits(disturbed=0, faulty=0, omitting=0)
"""What keeps a search short: nothing happens but what the bug needs."""


def bug(*promises: str, **habits: Any) -> Callable[[Plant], Plant]:
    """Note a bug, by the promises that it may break and the habits that lure it."""

    def note(plant: Plant) -> Plant:
        lure = replace(QUIET, **habits)
        BUGS[plant.__name__] = Bug(plant, frozenset(promises), lure)
        return plant

    return note


@bug(
    "labels",
    "content",
    acts={edit_as_the_owner: 1},
    mutations={write_label: 3, change_image: 1},
)
def owner_ignored(patch: Patch) -> None:
    patch.setattr(Desired, "owner_of", lambda *_: "manifest")


@bug("labels", "content", acts={edit_as_the_owner: 1}, mutations={write_label: 1})
def status_ignored(patch: Patch) -> None:
    def made(self: Machines, label: Any, **_: object) -> bool:
        if not isinstance(label, RemoteLabel):
            return False
        reviewed = label.reviewed_by or label.rating is not None
        return not reviewed and (label.updated_by or label.created_by) in self.names

    patch.setattr(Machines, "made", made)


@bug("labels", acts={edit: 1}, mutations={rename: 2, forget_moves: 1})
def rename_as_delete_and_create(patch: Patch) -> None:
    original = Writer._update_sample

    def update(self: Writer, operation: Any) -> None:
        if not operation.renamed:
            original(self, operation)
            return
        found = self.client.get_sample(operation.uuid)
        body = {"name": operation.fields.name, "attributes": found.attributes or {}}
        self.client.delete_sample(operation.uuid)
        self.client.add_samples(operation.dataset, [body])

    patch.setattr(Writer, "_update_sample", update)


@bug("share", acts={add_samples: 1}, mutations={drop_sample: 1})
def guard_counts_all_samples(patch: Patch) -> None:
    original = guard.delete_blocks

    def blocks(part: Any, changes: Any, **limits: Any) -> Any:
        everybody = structs.replace(part, owned=part.owned + part.unmanaged)
        return original(everybody, changes, **limits)

    patch.setattr(guard, "delete_blocks", blocks)


@bug("strangers", acts={clone: 1}, mutations={drop_sample: 1}, branching=0.8)
def marker_of_a_clone_trusted(patch: Patch) -> None:
    original = Scope.owner

    def owner(self: Scope, marker: Any, dataset: str) -> Any:
        if marker is not None and marker.known:
            marker = structs.replace(marker, dataset=dataset)
        return original(self, marker, dataset)

    patch.setattr(Scope, "owner", owner)


@bug("content", acts={edit: 1}, mutations={change_image: 1})
def image_replaced_under_a_label(patch: Patch) -> None:
    patch.setattr(losses, "moves_content", lambda _: False)


@bug("categories", acts={edit: 1}, mutations={change_categories: 1})
def category_renumbered(patch: Patch) -> None:
    for module in (guard, last_look):
        patch.setattr(module, "category_changes", lambda _: ())


@bug("labels", mutations={write_label: 1}, disturbed=1, faulty=1)
def put_retried_after_an_edit(patch: Patch) -> None:
    original = Transport.before_writes

    def before_writes(self: Transport, look: Callable[[], None]) -> Any:
        looks = [look]

        def first() -> None:
            while looks:
                looks.pop()()

        return original(self, first)

    patch.setattr(Transport, "before_writes", before_writes)


@bug(
    "labels",
    "categories",
    acts={edit: 1},
    mutations={change_categories: 1, remove_labelset: 1},
    omitting=0.8,
)
def missing_row_read_as_unlabelled(patch: Patch) -> None:
    original = Reader.label_rows

    def label_rows(self: Reader, name: str, labelset: str) -> Any:
        rows = original(self, name, labelset)
        pages = self._client.list_samples(name)
        everybody = dict.fromkeys(row.uuid for page in pages for row in page)
        labels = {**everybody, **rows.labels}
        return structs.replace(rows, labels=labels, complete=True)

    patch.setattr(Reader, "label_rows", label_rows)


@bug("labels", "content", acts={edit: 1}, mutations={write_label: 1})
def edit_of_what_the_manifest_called_labeled(patch: Patch) -> None:
    original = Machines.made

    def made(self: Machines, label: Any, **given: Any) -> bool:
        stated = given.get("owner") == "manifest" and given.get("stated")
        if isinstance(label, RemoteLabel) and label.label.status == stated:
            return not label.reviewed_by and label.rating is None
        return original(self, label, **given)

    patch.setattr(Machines, "made", made)


@bug("labels", mutations={drop_sample: 1}, disturbed=1)
def sample_deleted_without_a_look(patch: Patch) -> None:
    original = LastLook.look

    def look(self: LastLook, changes: Any) -> Seen:
        if changes[0].kind is Kind.SAMPLE and changes[0].is_delete:
            return Seen({}, {})
        return original(self, changes)

    patch.setattr(LastLook, "look", look)

"""Insists that what a run wrote is part of what its plan says."""

from collections.abc import Iterator
from typing import Any

from dsac.core.change import Change
from dsac.core.plan import Plan
from dsac.core.resources import Kind
from tests.world.keeper import BrokenError, View, look
from tests.world.platform import Platform

Write = tuple[str, str, Any]
"""Method, path and JSON body."""


def check_writes(platform: Platform, plan: Plan, before: View) -> None:
    """Insist that each write of the run belongs to a change that was to be done."""
    planned = {what for change in plan.to_do for what in _covered(change)}
    names = {
        uuid: cells[1]
        for view in (before, look(platform))
        for uuid, cells in view.samples.items()
    }
    for write in platform.writes:
        for what in _written(write, names):
            if not what & planned:
                raise BrokenError("plan", f"{write[:2]} is in no change of the plan")


def _covered(change: Change) -> Iterator[tuple[str, ...]]:
    """Name what a change may write, by the words of requests."""
    address, verb = change.address, "delete" if change.is_delete else "write"
    for key in {change.uuid, address.sample} - {""}:
        if change.kind is Kind.LABEL:
            yield ("label", verb, key, address.name)
            if not change.is_delete:  # the marker tells of the label's files
                yield ("sample", "write", key)
        else:
            yield ("sample", verb, key)
    if not address.sample:
        yield (change.kind.value, verb, address.dataset, address.name)


def _written(write: Write, names: dict[str, str]) -> Iterator[set[tuple[str, ...]]]:
    """Name what a request writes; for each thing the names that it may have."""
    method, path, body = write
    verb = "delete" if method == "DELETE" else "write"
    match path.strip("/").split("/"):
        case ["assets"] | ["upload"]:
            return
        case ["user", "datasets"]:
            yield {("dataset", verb, f"jane/{body['name']}", "")}
        case ["datasets", owner, name]:
            yield {("dataset", verb, f"{owner}/{name}", "")}
        case ["datasets", owner, name, "labelsets"]:
            yield {("labelset", verb, f"{owner}/{name}", body["name"])}
        case ["datasets", owner, name, "labelsets", labelset]:
            yield {("labelset", verb, f"{owner}/{name}", labelset)}
        case ["datasets", _, _, "samples_bulk"] if verb == "delete":
            for uuid in body["uuids"]:
                yield {("sample", verb, uuid)}
        case ["datasets", _, _, "samples_bulk"]:
            for row in body:
                yield {("sample", verb, row["name"])}
        case ["samples", uuid]:
            yield {("sample", verb, uuid)}
        case ["labels", uuid, labelset]:
            keys = (uuid, names.get(uuid, ""))
            yield {("label", verb, key, labelset) for key in keys}
        case _:
            raise BrokenError("plan", f"{method} {path} is no write of dsac's")

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
    if change.is_replacement:
        yield ("sample", "delete", change.replaces)
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
        case ["samples", uuid]:
            yield {("sample", verb, uuid)}
        case ["labels", uuid, labelset]:
            keys = (uuid, names.get(uuid, ""))
            yield {("label", verb, key, labelset) for key in keys}
        case ["datasets", _, _, "samples_bulk"]:
            rows = body["uuids"] if verb == "delete" else [row["name"] for row in body]
            for key in rows:
                yield {("sample", verb, key)}
        case ["user", "datasets"]:
            yield {("dataset", verb, f"jane/{body['name']}", "")}
        case ["datasets", owner, name, *rest]:
            yield {_part(verb, f"{owner}/{name}", rest, body)}
        case _:
            raise BrokenError("plan", f"{method} {path} is no write of dsac's")


def _part(verb: str, dataset: str, rest: list[str], body: Any) -> tuple[str, ...]:
    """Name a dataset or one of its parts, such as a label set."""
    if not rest:
        return ("dataset", verb, dataset, "")
    kind = rest[0].removesuffix("s")
    return (kind, verb, dataset, rest[1] if rest[1:] else body.get("name"))

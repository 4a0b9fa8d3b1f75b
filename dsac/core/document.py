"""A plan as a JSON document, and back: what machines read, and what is saved."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dsac.core.change import Change, Loss
from dsac.core.fields import fields
from dsac.core.plan import Allowances, Block, Plan
from dsac.core.report import Report
from dsac.core.resources import (
    Address,
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    Resource,
    Sample,
)
from dsac.core.values import Tree, Upload
from dsac.errors import PlanError

FORMAT_VERSION = "1.0"
"""A reader refuses another major version; a higher minor one only adds members."""

# A document comes from outside; `plan_from` finds out what is in it.
Document = dict[str, Any]

TYPES: Mapping[Kind, type[Resource]] = {
    Kind.DATASET: Dataset,
    Kind.LABELSET: Labelset,
    Kind.COLLABORATOR: Collaborator,
    Kind.SAMPLE: Sample,
    Kind.LABEL: Label,
    Kind.RELEASE: Release,
}


def plan_document(plan: Plan) -> Document:
    """Give a plan as JSON: format, summary, changes in address order, blocks."""
    return {
        "format_version": FORMAT_VERSION,
        "project": plan.project,
        "remote": plan.remote,
        "user": plan.user,
        "summary": {
            **msgspec.structs.asdict(plan.summary),
            "blocked": bool(plan.blocks),
        },
        "unchanged": {str(kind): count for kind, count in plan.unchanged.items()},
        "changes": [change_document(change) for change in plan.changes],
        "blocks": [msgspec.structs.asdict(block) for block in plan.blocks],
        "warnings": list(plan.warnings),
    }


def change_document(change: Change) -> Document:
    """Give a change as JSON; what is not there is null."""
    document: Document = {
        "address": str(change.address),
        "kind": str(change.kind),
        "actions": [str(action) for action in change.actions],
        "reason": change.reason,
        "held": change.held or None,
        "losses": [
            {
                "address": str(loss.address),
                "status": loss.status,
                "author": loss.author,
            }
            for loss in change.losses
        ],
        "before": None if change.before is None else fields(change.before),
        "after": None if change.after is None else fields(change.after),
    }
    if change.previous:
        before = Address.of_sample(change.address.dataset, change.previous)
        document["previous_address"] = str(before)
    return document


def saved_plan_document(plan: Plan) -> Document:
    """Give a plan as JSON with all that it takes to read it back."""
    return {
        **plan_document(plan),
        "changes": [_saved_change(change) for change in plan.changes],
        "unmanaged": plan.unmanaged,
        "kept": plan.kept,
        "unknown": plan.unknown,
        "allow": msgspec.structs.asdict(plan.allow),
    }


SAVED = ("stated", "uuid", "previous", "adopt", "owned", "evidence", "covers")
"""What a saved change has beside what a shown one has."""


def _saved_change(change: Change) -> Document:
    saved = {name: getattr(change, name) for name in SAVED}
    return {**change_document(change), "saved": saved}


def plan_from(document: Document) -> Plan:
    """Read a saved plan back.

    Raises:
        PlanError: it is of a newer format, or not in the shape of a saved plan.
    """
    version = str(document.get("format_version", ""))
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise PlanError(
            f"the plan has format {version or 'none'}, this dsac reads "
            f"{FORMAT_VERSION}",
            hint="use the dsac that wrote it, or make a new plan",
        )
    try:
        return _plan(msgspec.json.decode(msgspec.json.encode(document)))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(
            f"the plan is damaged: {type(error).__name__} at {error}",
            hint="make a new plan",
        ) from error


def _plan(document: Document) -> Plan:
    return Plan(
        project=document["project"],
        remote=document["remote"],
        user=document["user"],
        changes=tuple(_change(item) for item in document["changes"]),
        blocks=tuple(Block(**item) for item in document["blocks"]),
        warnings=tuple(document["warnings"]),
        unchanged={Kind(kind): count for kind, count in document["unchanged"].items()},
        unmanaged=document["unmanaged"],
        kept=document["kept"],
        unknown=document["unknown"],
        allow=Allowances(**document["allow"]),
    )


def _change(item: Document) -> Change:
    address = Address.parse(item["address"])
    saved = item["saved"]
    stated: Tree = _revived(saved["stated"])
    return Change(
        address=address,
        before=_resource(address.kind, item["before"]),
        after=_resource(address.kind, item["after"]),
        reason=item["reason"],
        held=item["held"] or "",
        losses=tuple(
            Loss(Address.parse(loss["address"]), loss["status"], loss["author"])
            for loss in item["losses"]
        ),
        **{**saved, "stated": stated},
    )


def _resource(kind: Kind, values: Document | None) -> Resource | None:
    if values is None:
        return None
    known = TYPES[kind].__struct_fields__
    own: Document = {key: item for key, item in values.items() if key in known}
    for key in ("attributes", "task_attributes"):
        if key in own:
            own[key] = _revived(own[key])
    if kind is Kind.DATASET:
        own["settings"] = {
            key: item for key, item in values.items() if key not in known
        }
    return TYPES[kind](**own)


def _revived(value: Tree) -> Tree:
    """Put uploads back where an object stands in place of a URL."""
    if isinstance(value, dict):
        return {
            key: _upload(item)
            if key == "url" and isinstance(item, dict)
            else _revived(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_revived(item) for item in value]
    return value


def _upload(item: Mapping[str, Tree]) -> Upload:
    return Upload(str(item["path"]), str(item["sha256"]), str(item["form"]))


def report_document(report: Report) -> Document:
    """Give the report of an apply as JSON, results in address order."""
    return {
        "format_version": FORMAT_VERSION,
        "summary": msgspec.structs.asdict(report.done),
        "complete": report.complete,
        "interrupted": report.interrupted,
        "uploads": report.uploads,
        "requests": report.requests,
        "writes": report.writes,
        "results": [
            {
                "address": str(result.change.address),
                "kind": str(result.change.kind),
                "actions": [str(action) for action in result.change.actions],
                "outcome": str(result.outcome),
                "message": result.message,
            }
            for result in report.results
        ],
        "warnings": list(report.warnings),
    }

"""A plan as a JSON document, and back: what machines read, and what is saved."""

from collections.abc import Mapping
from types import NoneType
from typing import Any

import msgspec

from dsac.core.change import Change, Loss, Origin
from dsac.core.label_changes import InstanceChange, LabelDifference
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Allowances, Block, Finding, Plan, Revision
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
from dsac.core.selection import Selection
from dsac.core.shown import (
    FORMAT_VERSION,
    ShownChange,
    shown_change,
    shown_held,
    shown_plan,
    shown_report,
)
from dsac.core.values import Tree, Upload
from dsac.errors import PlanError

# Any: a document is JSON, and `plan_from` finds out what is in it.
Document = dict[str, Any]

TYPES: Mapping[Kind, type[Resource]] = {
    Kind.DATASET: Dataset,
    Kind.LABELSET: Labelset,
    Kind.COLLABORATOR: Collaborator,
    Kind.SAMPLE: Sample,
    Kind.LABEL: Label,
    Kind.RELEASE: Release,
}


def plan_document(plan: Plan, pictures: Pictures = NO_PICTURES) -> Document:
    """Give a plan as JSON: format, summary, changes in address order, blocks.

    The source of the members is the design's section on the command line. A file
    that is still to be uploaded stands where its URL will stand, as an object of
    path, sha256 and form.
    """
    return _builtins(shown_plan(plan, pictures))


def change_document(change: Change, pictures: Pictures = NO_PICTURES) -> Document:
    """Give a change as JSON; `before`, `after` and `held` are null where none is."""
    return _builtins(shown_change(change, pictures))


def held_document(plan: Plan) -> Document | None:
    """Say how much of a plan is held and what would allow it; null where nothing is."""
    held = shown_held(plan)
    return None if held is None else _builtins(held)


def report_document(report: Report) -> Document:
    """Give the report of an apply as JSON, results in address order."""
    return _builtins(shown_report(report))


def _builtins(shown: msgspec.Struct) -> Document:
    document: Document = msgspec.json.decode(msgspec.json.encode(shown))
    return document


def saved_plan_document(plan: Plan, pictures: Pictures = NO_PICTURES) -> Document:
    """Give a plan as JSON with all that it takes to read it back."""
    shown = shown_plan(plan, pictures)
    changes = zip(plan.changes, shown.changes, strict=True)
    return {
        **_builtins(msgspec.structs.replace(shown, changes=())),
        "changes": [_saved(change, item) for change, item in changes],
        "unmanaged": plan.unmanaged,
        "kept": plan.kept,
        "unknown": plan.unknown,
        "allow": _allowed(plan.allow),
        "take_over": plan.take_over,
    }


def _allowed(allow: Allowances) -> Document:
    document = msgspec.structs.asdict(allow)
    if not allow.recreate:
        # It means nothing but with --base, of which other plans say nothing.
        del document["recreate"]
    return document


SAVED = (
    "stated",
    "uuid",
    "previous",
    "adopt",
    "owned",
    "evidence",
    "covers",
    "replaces",
)
"""What a saved change has beside what a shown one has."""


def _saved(change: Change, shown: ShownChange) -> Document:
    """Give a change with all that it takes to apply it; its trees are not copied."""
    members = msgspec.structs.asdict(shown).items()
    document = {name: value for name, value in members if value is not msgspec.UNSET}
    return {**document, "saved": {name: getattr(change, name) for name in SAVED}}


class _Loss(msgspec.Struct):
    address: str
    status: str
    author: str


class _Saved(msgspec.Struct):
    stated: Any  # a JSON tree, in which `_revived` finds the files
    uuid: str
    previous: str
    adopt: bool
    owned: bool
    evidence: tuple[str, ...]
    covers: int
    replaces: str = ""


class _Change(msgspec.Struct):
    address: str
    reason: str
    held: str | None
    losses: list[_Loss]
    # Any: these are checked field by field, in `_resource`.
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    saved: _Saved
    origin: Origin | None = None
    also_drift: tuple[str, ...] = ()


class _Pictured(msgspec.Struct):
    address: str
    label_difference: tuple[InstanceChange, ...] | None = None
    label_instances_unchanged: int = 0
    label_problem: str = ""


class _Selection(msgspec.Struct, frozen=True):
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    left_out: int = 0
    datasets_not_read: int = 0


class _Plan(msgspec.Struct):
    project: str
    remote: str
    user: str
    changes: list[_Change]
    blocks: tuple[Block, ...]
    warnings: tuple[str, ...]
    unchanged: dict[Kind, int]
    unmanaged: int
    kept: int
    unknown: int
    allow: Allowances
    selection: _Selection = _Selection()
    base: Revision | None = None
    take_over: tuple[str, ...] = ()
    digest: str = ""
    approval: Allowances | None = None
    policy: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def plan_from(document: Document) -> Plan:
    """Read a saved plan back; members that this version does not know are ignored.

    Raises:
        PlanError: it is of another major format, or not in the shape of a saved
            plan; says where and what.
    """
    _check_format(document)
    try:
        saved = msgspec.convert(msgspec.to_builtins(document), _Plan)
        changes = tuple(map(_change, saved.changes))
    except (msgspec.ValidationError, ValueError) as error:
        raise PlanError(
            f"the plan is damaged: {error}", hint="make a new plan"
        ) from error
    return Plan(
        project=saved.project,
        remote=saved.remote,
        user=saved.user,
        changes=changes,
        blocks=saved.blocks,
        warnings=saved.warnings,
        unchanged=saved.unchanged,
        unmanaged=saved.unmanaged,
        kept=saved.kept,
        unknown=saved.unknown,
        allow=saved.allow,
        selection=Selection(
            target=saved.selection.target,
            exclude=saved.selection.exclude,
            replace=saved.selection.replace,
        ),
        left_out=saved.selection.left_out,
        unread=saved.selection.datasets_not_read,
        base=saved.base,
        take_over=saved.take_over,
        digest=saved.digest,
        asks=saved.approval,
        findings=saved.policy,
        notes=saved.notes,
    )


def pictures_from(document: Document) -> Pictures:
    """Read back what a saved plan knows of its labels.

    Raises:
        PlanError: it is not in the shape of a saved plan.
    """
    try:
        rows = msgspec.convert(document.get("changes", []), list[_Pictured])
        differences = {
            Address.parse(row.address): LabelDifference(
                instances=row.label_difference,
                unchanged=row.label_instances_unchanged,
                problem=row.label_problem,
            )
            for row in rows
            if row.label_difference is not None
        }
    except (msgspec.ValidationError, ValueError) as error:
        raise PlanError(
            f"the plan is damaged: {error}", hint="make a new plan"
        ) from error
    return Pictures(differences=differences)


def _check_format(document: Document) -> None:
    version = str(document.get("format_version", "none"))
    major, ours = version.partition(".")[0], FORMAT_VERSION.partition(".")[0]
    if major == ours:
        return
    newer = major.isdecimal() and int(major) > int(ours)
    raise PlanError(
        f"the plan has format {version}, this dsac reads {FORMAT_VERSION}",
        hint="upgrade dsac, or make a new plan" if newer else "make a new plan",
    )


def _change(item: _Change) -> Change:
    address = Address.parse(item.address)
    if item.before is None and item.after is None:
        raise ValueError(f"{address} has neither before nor after")
    saved = item.saved
    return Change(
        address=address,
        before=resource_from(address, item.before),
        after=resource_from(address, item.after),
        stated=_revived(saved.stated),
        uuid=saved.uuid,
        previous=saved.previous,
        adopt=saved.adopt,
        owned=saved.owned,
        reason=item.reason,
        losses=tuple(
            Loss(Address.parse(loss.address), loss.status, loss.author)
            for loss in item.losses
        ),
        held=item.held or "",
        evidence=saved.evidence,
        covers=saved.covers,
        replaces=saved.replaces,
        origin=item.origin,
        also=item.also_drift,
    )


TEXT, NUMBER, TREE = (str,), (int, float), (dict,)
SHAPES: Mapping[str, tuple[type, ...]] = {
    "name": TEXT,
    "user": TEXT,
    "role": TEXT,
    "status": TEXT,
    "task_type": TEXT,
    "description": TEXT,
    "readme": TEXT,
    "assigned_labeler": (*TEXT, NoneType),
    "assigned_reviewer": (*TEXT, NoneType),
    "priority": NUMBER,
    "score": (*NUMBER, NoneType),
    "prevent_destroy": (bool,),
    "attributes": TREE,
    "task_attributes": TREE,
    "metadata": (*TREE, NoneType),
}
"""What may stand in a resource's own fields; anything may in a dataset's settings."""


def resource_from(address: Address, values: Document | None) -> Resource | None:
    """Build a resource; a field that is not known would silently not be applied."""
    if values is None:
        return None
    known = set(TYPES[address.kind].__struct_fields__) - {"settings"}
    own: Document = {}
    others: Document = {}
    for key, value in values.items():
        if key not in known:
            others[key] = value
        elif type(value) not in SHAPES[key]:
            raise ValueError(f"{address}: {key} can't be {value!r}")
        else:
            own[key] = _revived(value) if key == "attributes" else value
    if address.kind is Kind.DATASET:
        own["settings"] = others
    elif others:
        raise ValueError(f"{address}: a {address.kind} has no {', '.join(others)}")
    try:
        return TYPES[address.kind](**own)
    except TypeError as error:
        raise ValueError(f"{address}: {error}") from error


def _revived(value: Tree) -> Tree:
    """Put files back where an object of one stands in place of a URL."""
    if isinstance(value, dict):
        return {
            key: _upload(item) if key == "url" else _revived(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_revived(item) for item in value]
    return value


def _upload(value: Tree) -> Tree:
    if isinstance(value, dict) and value.keys() == set(Upload.__struct_fields__):
        return msgspec.convert(value, Upload)
    return _revived(value)

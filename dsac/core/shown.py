"""The shape of plans and reports as JSON, as types: the documents, and the schemas."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dsac.core.change import Action, Change, Loss, Origin
from dsac.core.fields import fields
from dsac.core.label_changes import InstanceChange, LabelDifference
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Block, Finding, Plan, Revision, Summary
from dsac.core.report import Outcome, Report
from dsac.core.resources import Address, Kind

FORMAT_VERSION = "1.3"
"""A reader refuses another major version; a higher minor one only adds members."""

# Any: members of JSON documents.
Document = dict[str, Any]

# Any: the fields of each kind of resource, as the API names them.
Fields = Annotated[
    Any,
    Meta(
        description="The fields that are set; null where the object is not there. A "
        "file that is still to be uploaded stands where its URL will, as an object of "
        "path, sha256 and form.",
        extra_json_schema={"type": ["object", "null"]},
    ),
]

Count = Annotated[int, Meta(ge=0)]


class ShownLoss(msgspec.Struct, frozen=True):
    """A label that a person worked on and that a change would cost."""

    address: str
    status: str
    author: str


class ShownChange(msgspec.Struct, frozen=True, gc=False):
    """What a plan would do to one object; made by position, since plans are long."""

    address: str
    kind: Kind
    actions: Annotated[
        tuple[Action, ...],
        Meta(description="In order; a replacement is delete, create."),
    ]
    reason: str
    held: Annotated[
        str | None, Meta(description="Why it waits for a person's word; null if not.")
    ]
    losses: tuple[ShownLoss, ...]
    before: Fields
    after: Fields
    previous_address: str | UnsetType = UNSET
    origin: Origin | UnsetType = UNSET
    also_drift: tuple[str, ...] | UnsetType = UNSET
    label_difference: tuple[InstanceChange, ...] | UnsetType = UNSET
    label_instances_unchanged: Count | UnsetType = UNSET
    label_problem: (
        Annotated[
            str, Meta(description="Why the pixels of the label were not compared.")
        ]
        | UnsetType
    ) = UNSET


class ShownSelection(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan is about, and what it leaves out."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    left_out: Count = 0
    datasets_not_read: Count = 0


class ShownSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a plan; what is held counts as held and as nothing else."""

    add: Count
    change: Count
    destroy: Count
    rename: Count
    adopt: Count
    held: Count
    unchanged: Count
    unmanaged: Count
    kept: Count
    unknown: Count
    blocked: bool | UnsetType = UNSET
    origins: dict[Origin, Count] | UnsetType = UNSET


class ShownHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a person's word, and the flag that is the word."""

    count: Count
    labels: Count
    remedy: str | None


class ShownApproval(msgspec.Struct, frozen=True, kw_only=True):
    """What approves all of a plan, word for word as approvals.yaml says it."""

    plan: str
    delete: Count
    label_loss: Count
    category_change: Count
    recreate: bool | UnsetType = UNSET


class ShownPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, changes in address order; unchanged objects are counted."""

    format_version: str
    project: str
    remote: str
    user: str
    base: Revision | UnsetType = UNSET
    selection: ShownSelection | UnsetType = UNSET
    digest: (
        Annotated[str, Meta(description="What an approval of this plan names.")]
        | UnsetType
    ) = UNSET
    summary: ShownSummary
    held: ShownHeld | None
    approval: Annotated[
        ShownApproval | None,
        Meta(description="What would allow all that waits; null where nothing does."),
    ]
    unchanged: dict[Kind, Count]
    changes: tuple[ShownChange, ...]
    blocks: tuple[Block, ...]
    policy: Annotated[
        tuple[Finding, ...],
        Meta(description="All that the rules of dsac.yaml found; blocks count it."),
    ]
    warnings: tuple[str, ...]
    notes: tuple[str, ...] | UnsetType = UNSET


class ShownResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one change ended."""

    address: str
    kind: Kind
    actions: tuple[Action, ...]
    outcome: Outcome
    message: str


class ShownReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an apply did, results in address order."""

    format_version: str
    summary: ShownSummary
    complete: bool
    interrupted: bool
    stopped: str | None
    run: str | None
    rehearsed: bool
    uploads: Count
    requests: Count
    writes: Count
    backup: str | None
    saved: Count
    results: tuple[ShownResult, ...]
    warnings: tuple[str, ...]


def shown_plan(plan: Plan, pictures: Pictures = NO_PICTURES) -> ShownPlan:
    """Give a plan in the shape of its JSON."""
    changes = tuple([shown_change(item, pictures) for item in plan.changes])
    return msgspec.structs.replace(shown_head(plan, plan.summary), changes=changes)


def shown_head(plan: Plan, summary: Summary) -> ShownPlan:
    """Give a plan in the shape of its JSON without its changes, which were counted."""
    split = plan.base is not None
    return ShownPlan(
        format_version=FORMAT_VERSION,
        project=plan.project,
        remote=plan.remote,
        user=plan.user,
        base=plan.base or UNSET,
        selection=_selection(plan) if plan.selection else UNSET,
        digest=plan.digest or UNSET,
        summary=ShownSummary(
            **msgspec.structs.asdict(summary),
            blocked=bool(plan.blocks),
            origins=plan.origins if split else UNSET,
        ),
        held=shown_held(plan),
        approval=_approval(plan),
        unchanged=plan.unchanged,
        changes=(),
        blocks=plan.blocks,
        policy=plan.findings,
        warnings=plan.warnings,
        notes=plan.notes or UNSET,
    )


def _approval(plan: Plan) -> ShownApproval | None:
    asks = plan.asks
    if asks is None or plan.final:
        return None
    return ShownApproval(
        plan=plan.digest,
        delete=asks.delete or 0,
        label_loss=asks.label_loss or 0,
        category_change=asks.category_change or 0,
        recreate=asks.recreate or UNSET,
    )


def shown_held(plan: Plan) -> ShownHeld | None:
    """Say how much of a plan is held and what would allow it; None where nothing is."""
    held = plan.held
    if held is None:
        return None
    return ShownHeld(count=held.count, labels=held.labels, remedy=held.remedy or None)


def _selection(plan: Plan) -> ShownSelection:
    return ShownSelection(
        target=plan.selection.target,
        exclude=plan.selection.exclude,
        replace=plan.selection.replace,
        left_out=plan.left_out,
        datasets_not_read=plan.unread,
    )


_DATASET = Kind.DATASET  # to look up a member of an enumeration takes its time


def shown_change(
    change: Change,
    pictures: Pictures = NO_PICTURES,
    actions: tuple[Action, ...] | None = None,
) -> ShownChange:
    """Give a change in the shape of its JSON.

    Of a resource only the fields that are set appear, the settings of a dataset
    among them: an absent field is unmanaged, null is a value. Whoever knows the
    actions passes them, since to find them is half of the work.
    """
    address, before, after = change.address, change.before, change.after
    kind = address.kind
    dataset = kind is _DATASET
    shown = ShownChange(
        str(address),
        kind,
        change.actions if actions is None else actions,
        change.reason,
        change.held or None,
        tuple(map(_loss, change.losses)) if change.losses else (),
        fields(before) or None if dataset else before,
        fields(after) or None if dataset else after,
    )
    if change.previous or change.origin is not None or pictures.differences:
        more = _more(change, pictures.differences.get(address))
        return msgspec.structs.replace(shown, **more)
    return shown


def _more(change: Change, found: LabelDifference | None) -> Document:
    """Give what only some changes have to say."""
    more: Document = {}
    if change.previous:
        before = Address.of_sample(change.address.dataset, change.previous)
        more["previous_address"] = str(before)
    if change.origin is not None:
        more.update(origin=change.origin, also_drift=change.also)
    if found is not None:
        more["label_difference"] = found.instances
        more["label_instances_unchanged"] = found.unchanged
        more["label_problem"] = found.problem or UNSET
    return more


def _loss(loss: Loss) -> ShownLoss:
    return ShownLoss(str(loss.address), loss.status, loss.author)


def shown_report(report: Report) -> ShownReport:
    """Give the report of an apply in the shape of its JSON."""
    return ShownReport(
        format_version=FORMAT_VERSION,
        summary=ShownSummary(**msgspec.structs.asdict(report.done)),
        complete=report.complete,
        interrupted=report.interrupted,
        stopped=report.stopped or None,
        run=report.run or None,
        rehearsed=report.rehearsed,
        uploads=report.uploads,
        requests=report.requests,
        writes=report.writes,
        backup=report.backup or None,
        saved=report.saved,
        results=tuple(
            ShownResult(
                address=str(result.change.address),
                kind=result.change.kind,
                actions=result.change.actions,
                outcome=result.outcome,
                message=result.message,
            )
            for result in report.results
        ),
        warnings=report.warnings,
    )

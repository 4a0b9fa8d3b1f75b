"""A drift as JSON, and back: the shape of the document, as types, and the schema."""

from typing import Annotated

import msgspec
from msgspec import Meta

from dsac.core.document import Document, resource_from
from dsac.core.drift import Drift, DriftCounts, Drifted, Drifting
from dsac.core.fields import fields
from dsac.core.resources import Address, Dataset, Kind, Resource
from dsac.core.shown import FORMAT_VERSION, Fields
from dsac.errors import PlanError

Author = Annotated[
    str | None, Meta(description="Null where the platform does not tell.")
]


AUTHORS = ("created_by", "created_at", "updated_by", "updated_at")


class ShownDrifted(msgspec.Struct, frozen=True, kw_only=True):
    """One object that differs from its manifest.

    `before` is the manifest's side and `after` the platform's, as in the plan that
    somebody else seems to have applied; null where there is no such object.
    """

    address: str
    kind: Kind
    drift: Annotated[
        tuple[Drifting, ...], Meta(description="How it differs; one may in two ways.")
    ]
    reason: str
    before: Fields
    after: Fields
    created_by: Author
    created_at: Author
    updated_by: Author
    updated_at: Author


class ShownDrift(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from the manifests, objects in address order."""

    format_version: str
    project: str
    remote: str
    user: str
    summary: DriftCounts
    changes: tuple[ShownDrifted, ...]
    warnings: tuple[str, ...]


def shown_drift(drift: Drift) -> ShownDrift:
    """Give a drift in the shape of its JSON."""
    return ShownDrift(
        format_version=FORMAT_VERSION,
        project=drift.project,
        remote=drift.remote,
        user=drift.user,
        summary=drift.counts,
        changes=tuple([_shown(item) for item in drift.objects]),
        warnings=drift.warnings,
    )


def _shown(item: Drifted) -> ShownDrifted:
    return ShownDrifted(
        address=str(item.address),
        kind=item.kind,
        drift=item.how,
        reason=item.reason,
        before=_fields(item.before),
        after=_fields(item.after),
        **{name: getattr(item, name) for name in AUTHORS},
    )


def _fields(resource: Resource | None) -> object:
    """Give what is encoded as the fields that are set; of a dataset, its settings."""
    return fields(resource) if isinstance(resource, Dataset) else resource


class _Object(msgspec.Struct):
    address: str
    drift: tuple[Drifting, ...]
    # Documents, which `resource_from` looks into.
    before: Document | None
    after: Document | None
    reason: str = ""
    created_by: str | None = None
    created_at: str | None = None
    updated_by: str | None = None
    updated_at: str | None = None


class _Drift(msgspec.Struct):
    project: str
    remote: str
    user: str
    summary: DriftCounts
    changes: list[_Object]
    warnings: tuple[str, ...] = ()


def drift_from(document: Document) -> Drift:
    """Read a drift back; members that this version does not know are ignored.

    Raises:
        PlanError: it is not in the shape of one; says where and what.
    """
    try:
        found = msgspec.convert(document, _Drift)
        objects = tuple(map(_object, found.changes))
    except (msgspec.ValidationError, ValueError) as error:
        raise PlanError(
            f"this is no drift as dsac writes it: {error}",
            hint="write it with dsac drift --format json",
        ) from error
    return Drift(
        project=found.project,
        remote=found.remote,
        user=found.user,
        objects=objects,
        unchanged=found.summary.unchanged,
        kept=found.summary.kept,
        unmanaged=found.summary.unmanaged,
        unknown=found.summary.unknown,
        warnings=found.warnings,
    )


def _object(item: _Object) -> Drifted:
    address = Address.parse(item.address)
    return Drifted(
        address=address,
        before=resource_from(address, item.before),
        after=resource_from(address, item.after),
        how=item.drift,
        reason=item.reason,
        **{name: getattr(item, name) for name in AUTHORS},
    )

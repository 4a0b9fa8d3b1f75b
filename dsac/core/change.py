"""A change: what a plan would do to one resource, as a value for people."""

import enum

import msgspec

from dsac.core.resources import Address, Kind, Resource
from dsac.core.values import Tree, same


class Action(enum.StrEnum):
    """What happens to a resource; the words of the JSON plan."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RENAME = "rename"
    ADOPT = "adopt"


_CREATE = (Action.CREATE,)
_UPDATE = (Action.UPDATE,)
_DELETE = (Action.DELETE,)
_REPLACE = (Action.DELETE, Action.CREATE)


class Origin(enum.StrEnum):
    """Where a change comes from, seen from another revision of the manifests."""

    CHANGE = "change"
    DRIFT = "drift"


class Loss(msgspec.Struct, frozen=True):
    """A label that a person worked on and that a change would cost."""

    address: Address
    status: str
    author: str = ""

    def __str__(self) -> str:
        by = f" by {self.author}" if self.author else ""
        return f"{self.address} ({self.status}{by})"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that differs; the kind of change follows from before and after.

    `before` is None where it is created, `after` where it is deleted; both hold the
    fields that the manifest states and what they are merged with. `stated` is the
    manifest's attributes with the files in them, from which the marker is written.
    `previous` is the name of a sample before its rename, `uuid` that of the sample.
    `held` says why the change waits for a person's word, empty where it does not.
    `evidence` digests each label that the change could cost, as the plan saw it.
    `owned` says that the object, or a label's sample, carries our marker, or will once
    it is created. `covers` counts the samples that a deleted dataset takes along.
    `replaces` is the uuid of the sample that goes first, so that this sample, or the
    sample of this label, is made anew.
    `origin` is set where the plan was split by another revision of the manifests: they
    would make a drift too, and of a change at most the fields that `also` names.
    """

    address: Address
    before: Resource | None = None
    after: Resource | None = None
    stated: Tree = None
    uuid: str = ""
    previous: str = ""
    adopt: bool = False
    owned: bool = False
    reason: str = ""
    losses: tuple[Loss, ...] = ()
    held: str = ""
    evidence: tuple[str, ...] = ()
    covers: int = 0
    replaces: str = ""
    origin: Origin | None = None
    also: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of resource that changes."""
        return self.address.kind

    @property
    def actions(self) -> tuple[Action, ...]:
        """What happens, in order; a rename or adoption may come with an update."""
        if self.before is None:
            return _CREATE
        if self.after is None:
            return _DELETE
        if self.replaces:
            return _REPLACE
        if not (self.previous or self.adopt):
            # What Python takes for unequal is so, and found sooner; names are equal.
            differ = self.before != self.after or _differ(self.before, self.after)
            return _UPDATE if differ else ()
        renamed = (Action.RENAME,) if self.previous else ()
        adopted = (Action.ADOPT,) if self.adopt else ()
        update = _UPDATE if _differ(self.before, self.after) else ()
        return (*renamed, *adopted, *update)

    @property
    def is_create(self) -> bool:
        """Whether the resource is not there yet."""
        return self.before is None

    @property
    def is_delete(self) -> bool:
        """Whether the resource shall go."""
        return self.after is None

    @property
    def is_replacement(self) -> bool:
        """Whether the resource shall go and be made anew."""
        return bool(self.replaces) and not (self.is_create or self.is_delete)

    @property
    def takes_away(self) -> bool:
        """Whether what is there goes, for good or to be made anew."""
        return self.is_delete or self.is_replacement


def _differ(before: Resource, after: Resource) -> bool:
    """Tell whether any field but the name differs, in canonical form.

    Python's own equality takes 1 for True and would lose the change.
    """
    return any(
        not same(getattr(before, field), getattr(after, field))
        for field in after.__struct_fields__
        if field != "name"
    )

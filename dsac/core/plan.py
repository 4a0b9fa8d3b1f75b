"""A plan: the changes that were found, what blocks them, and their one summary."""

import enum
from collections import Counter
from collections.abc import Mapping

import msgspec

from dsac.core.change import Action, Change, Origin
from dsac.core.resources import Kind
from dsac.core.selection import Selection


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a dataset may be deleted without a word: percent, and samples."""

    max_delete_percent: float = 10.0
    max_delete_count: int = 1000

    def stricter(self, *, percent: float | None, count: int | None) -> "Policy":
        """Give the stricter of this policy and a dataset's own figures."""
        return Policy(
            max_delete_percent=min(
                self.max_delete_percent,
                self.max_delete_percent if percent is None else percent,
            ),
            max_delete_count=min(
                self.max_delete_count,
                self.max_delete_count if count is None else count,
            ),
        )


class Allowances(msgspec.Struct, frozen=True, kw_only=True):
    """What a person allowed for this plan, as exact counts; None is not a word.

    `recreate` allows to create datasets anew that were there before.
    """

    delete: int | None = None
    label_loss: int | None = None
    category_change: int | None = None
    recreate: bool = False


class Block(msgspec.Struct, frozen=True):
    """Why a plan can't be applied as it is, and what would allow it."""

    address: str
    message: str
    remedy: str = ""


class Severity(enum.StrEnum):
    """What a finding of a policy rule does: it blocks a plan, or is told."""

    ERROR = "error"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy rule found in a plan: where, what, and what to do about it.

    `message` is what the project says of its rule. Without an address it is about
    several datasets.
    """

    code: str
    rule: str
    severity: Severity
    address: str
    found: str
    remedy: str
    message: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a plan, computed once for every output.

    A change that is held counts as held and as nothing else.
    """

    add: int = 0
    change: int = 0
    destroy: int = 0
    rename: int = 0
    adopt: int = 0
    held: int = 0
    unchanged: int = 0
    unmanaged: int = 0
    kept: int = 0
    unknown: int = 0

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(
            self.add or self.change or self.destroy or self.rename or self.adopt
        )


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a person's word: changes, the labels they would cost, the word."""

    count: int
    labels: int
    remedy: str


class Revision(msgspec.Struct, frozen=True):
    """Another revision of the manifests: as a person named it, and its commit."""

    name: str
    commit: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an apply would do, in address order, and what it would not.

    `remote` is the platform's address and `user` the key's user there. A plan with
    blocks is shown and never applied. Of what `selection` leaves out, `left_out` counts
    the changes, and `unread` the datasets that were not even read. `base` is set
    where the plan was split by what the manifests of that revision would make too.
    `digest` is what an approval names (`dsac.core.plan_digest`), empty where none can
    be given, and `asks` what one of the whole plan would say, None where nothing waits
    for one. `notes` say of approvals what is no warning, `findings` what the project's
    rules found: blocks and warnings have it too, in short. `final` says that the plan
    was saved, so that it can't be given more.
    """

    project: str
    remote: str
    user: str
    changes: tuple[Change, ...] = ()
    blocks: tuple[Block, ...] = ()
    warnings: tuple[str, ...] = ()
    unchanged: dict[Kind, int] = {}
    unmanaged: int = 0
    kept: int = 0
    unknown: int = 0
    allow: Allowances = Allowances()
    take_over: tuple[str, ...] = ()
    selection: Selection = Selection()
    left_out: int = 0
    unread: int = 0
    base: Revision | None = None
    digest: str = ""
    asks: Allowances | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    final: bool = False

    @property
    def held(self) -> Held | None:
        """Count what is held; the word must name all labels of the plan, exactly."""
        held = [change for change in self.changes if change.held]
        if not held:
            return None
        lost = {loss.address for change in held for loss in change.losses}
        every = {loss.address for change in self.changes for loss in change.losses}
        parts = (
            "a new plan" if self.final else "",
            f"--allow-label-loss {len(every)}" if lost else "",
        )
        remedy = " with ".join(filter(None, parts))
        return Held(count=len(held), labels=len(lost), remedy=remedy)

    @property
    def origins(self) -> dict[Origin, int]:
        """Count the changes by where they come from, held ones among them."""
        found = Counter(change.origin for change in self.changes)
        return {origin: found[origin] for origin in Origin}

    @property
    def summary(self) -> Summary:
        """Count the changes; replacements count in both add and destroy."""
        return self.summary_of(summarise(self.changes))

    def summary_of(self, counts: Summary) -> Summary:
        """Add to the counts of the changes those of what is left as it is."""
        return msgspec.structs.replace(
            counts,
            unchanged=sum(self.unchanged.values()),
            unmanaged=self.unmanaged,
            kept=self.kept,
            unknown=self.unknown,
        )

    @property
    def to_do(self) -> tuple[Change, ...]:
        """The changes that an apply performs: those that are not held."""
        return tuple([change for change in self.changes if not change.held])


_COUNTED = {
    Action.CREATE: "add",
    Action.UPDATE: "change",
    Action.DELETE: "destroy",
    Action.RENAME: "rename",
    Action.ADOPT: "adopt",
}


def summarise(changes: tuple[Change, ...]) -> Summary:
    """Count changes by what they do."""
    return summed(Counter((item.actions, bool(item.held)) for item in changes))


def summed(found: Mapping[tuple[tuple[Action, ...], bool], int]) -> Summary:
    """Count what changes do, of which it is known how many have which actions, held."""
    counts: Counter[str] = Counter()
    for (actions, held), count in found.items():
        for word in ["held"] if held else [_COUNTED[action] for action in actions]:
            counts[word] += count
    return Summary(**counts)

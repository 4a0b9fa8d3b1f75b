"""Approvals: what a review allowed of one plan, by its digest, with exact counts."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dsac.core.plan import Allowances, Block, Plan

FILE = "approvals.yaml"
"""The file of approvals, beside dsac.yaml."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed of the plan of a digest, and where each word of it is written."""

    plan: str
    allow: Allowances
    places: Mapping[str, str]

    @property
    def where(self) -> str:
        """Where the plan is named."""
        return self.places["plan"]


COUNTS = {
    "delete": "sample deletes",
    "label_loss": "labels that people worked on",
    "category_change": "category changes",
}
"""What is counted by each count of an approval."""


def together(allow: Allowances, approval: Approval | None) -> Allowances:
    """Give what flags and an approval allow; of two counts a wrong one blocks."""
    if approval is None:
        return allow
    said = {
        name: found
        for name in COUNTS
        if (found := getattr(approval.allow, name)) is not None
        and getattr(allow, name) is None
    }
    recreate = allow.recreate or approval.allow.recreate
    return msgspec.structs.replace(allow, recreate=recreate, **said)


def inexact(allow: Allowances, exact: Allowances, *, held: int) -> Iterator[Block]:
    """Block counts of flags that are not those of a plan.

    Args:
        allow: What the flags say.
        exact: What a plan counts.
        held: So many more deletes wait for labels; then both counts are named.
    """
    for name, said, count in _wrong(allow, exact):
        flag = f"--allow-{name.replace('_', '-')}"
        message = f"{flag} {said} is not the count of this plan: {count} {COUNTS[name]}"
        remedy = f"{flag} {count} if that is meant" if count else "drop the flag"
        if name == "delete" and held:
            message = f"{message}, {held} more held"
            remedy = (
                f"--allow-delete {count + held} and --allow-label-loss "
                f"{exact.label_loss} together if the held ones are meant, too; "
                f"else {remedy}"
            )
        yield Block("", message, remedy)


def misapproved(approval: Approval | None, exact: Allowances) -> Iterator[Block]:
    """Block an approval whose counts are not those of its plan."""
    if approval is None:
        return
    for name, said, count in _wrong(approval.allow, exact):
        yield Block(
            "",
            f"{approval.places[name]}: {name} {said} is not the count of this plan: "
            f"{count} {COUNTS[name]}",
            f"{name}: {count} if that is meant" if count else f"drop {name}",
        )


def _wrong(allow: Allowances, exact: Allowances) -> Iterator[tuple[str, int, int]]:
    """Yield the counts that were said and are others: name, said, counted."""
    for name in COUNTS:
        said, count = getattr(allow, name), getattr(exact, name)
        if said not in {None, count}:
            yield name, said, count


def unused(approvals: Sequence[Approval], digest: str, *, waits: bool) -> str:
    """Say that approvals, one at least, are of other plans than this one."""
    first, more = approvals[0], len(approvals) - 1
    this = f"this is plan {short(digest)}" if waits else "this one waits for none"
    others = f" ({more} more in the file are not either)" if more else ""
    head = f"{first.where}: approves plan {short(first.plan)}"
    return f"{head}, {this}: not used{others}"


def used(approval: Approval) -> str:
    """Say what an approval allows."""
    allow = approval.allow
    counts = [
        f"{name} {count}"
        for name in COUNTS
        if (count := getattr(allow, name)) is not None
    ]
    said = ", ".join([*counts, *(["recreate"] if allow.recreate else [])])
    return f"{approval.where}: approves this plan: {said}"


def short(digest: str) -> str:
    """Write the beginning of a digest, enough to tell it from others."""
    longest = len("sha256:") + 12
    return digest if len(digest) <= longest else f"{digest[:longest]}..."


def approval_lines(plan: Plan) -> list[str]:
    """Write what approves all of a plan, as YAML; nothing where nothing waits."""
    if plan.asks is None or plan.final:
        return []
    counts = [f"{name}: {getattr(plan.asks, name)}" for name in COUNTS]
    recreate = ["recreate: true"] if plan.asks.recreate else []
    return [f"plan: {plan.digest}", *counts, *recreate]

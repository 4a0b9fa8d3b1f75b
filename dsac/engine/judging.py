"""Judges what a plan would do: guards, and what a review approved."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from dsac.core.approvals import Approval, together, unused, used
from dsac.core.change import Change
from dsac.core.differences import Differences
from dsac.core.guard import guard
from dsac.core.losses import Evidence
from dsac.core.origin import Base, recreated
from dsac.core.ownership import Scope
from dsac.core.plan import Allowances, Block, Policy
from dsac.core.plan_digest import plan_digest
from dsac.core.selection import Selection


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What people said of a plan: by flags, by approvals of any plan, by a base."""

    allow: Allowances = Allowances()
    approvals: tuple[Approval, ...] = ()
    selection: Selection = Selection()
    base: Base | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the guards say, what is allowed, and what an approval would have to say."""

    digest: str
    changes: tuple[Change, ...]
    blocks: tuple[Block, ...]
    allow: Allowances
    asks: Allowances | None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(
    parts: Sequence[tuple[Differences, Evidence]],
    word: Word,
    *,
    scope: Scope,
    remote: str,
    policy: Policy,
) -> Verdict:
    """Guard a plan, and once more if what its digest names is approved.

    What the guards hold and block does not count for the digest: it is that of the same
    plan both times.
    """
    guarded = partial(
        guard, parts, machines=scope.machines, policy=policy, allow=word.allow
    )
    found = guarded()
    digest = plan_digest(
        found.changes,
        project=scope.project,
        remote=remote,
        take_over=scope.take_over,
        selection=word.selection,
    )
    approval = next((item for item in word.approvals if item.plan == digest), None)
    if approval is not None:
        found = guarded(approval=approval)
    allow = together(word.allow, approval)
    again = tuple(_recreated(found.changes, word.base, allow))
    waits = found.waits or bool(again)
    recreate = any(_recreated(found.changes, word.base, Allowances()))
    told = () if approval else _unused(word.approvals, digest, waits=waits)
    return Verdict(
        digest=digest,
        changes=found.changes,
        blocks=(*found.blocks, *again),
        allow=allow,
        asks=msgspec.structs.replace(found.costs, recreate=recreate) if waits else None,
        warnings=told if waits else (),
        notes=(used(approval),) if approval else () if waits else told,
    )


def _unused(
    approvals: Sequence[Approval], digest: str, *, waits: bool
) -> tuple[str, ...]:
    return (unused(approvals, digest, waits=waits),) if approvals else ()


def _recreated(
    changes: Iterable[Change], base: Base | None, allow: Allowances
) -> Iterator[Block]:
    if base is not None:
        yield from recreated(changes, base, allow)

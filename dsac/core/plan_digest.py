"""The digest of a plan: what an approval names, so that it approves nothing else."""

import hashlib
from collections.abc import Iterable

import msgspec

from dsac.core.change import Change
from dsac.core.selection import Selection
from dsac.core.values import has_uploads, uploads

PREFIX = "sha256:"
"""No YAML takes what begins so for a number."""

FORM = 1
"""Goes up when what is digested changes, so that nothing approved before counts."""


def plan_digest(
    changes: Iterable[Change],
    *,
    project: str,
    remote: str,
    take_over: Iterable[str] = (),
    selection: Selection = Selection(),  # noqa: B008 - it is frozen
) -> str:
    """Digest what a plan would do, were everything allowed, and what that would cost.

    The same on every machine, whatever is held, blocked or allowed, and whether the
    plan was split by another revision or not. Different once any change differs: its
    object, what is there now, what shall be there, the content of a file to be
    uploaded, or one of the labels that it could cost.

    Args:
        changes: All changes of the plan, held ones among them, in any order.
        project: The project.
        remote: The platform's address.
        take_over: Whose objects it may take over.
        selection: What it is about.
    """
    encoder = msgspec.json.Encoder(order="sorted")
    about = (
        FORM,
        project,
        remote,
        sorted(set(take_over)),
        sorted(set(selection.target)),
        sorted(set(selection.exclude)),
        sorted(set(selection.replace)),
    )
    hashed = hashlib.sha256(encoder.encode(about))
    for change in sorted(changes, key=lambda item: item.address.order):
        hashed.update(b"\n" + encoder.encode(_judged(change)))
    return PREFIX + hashed.hexdigest()


def _judged(change: Change) -> tuple[object, ...]:
    """Give all of a change that a reviewer approves.

    Not why it waits, where it comes from and how that is put into words. `stated` has
    the files behind what `after` says.
    """
    return (
        str(change.address),
        change.actions,
        change.uuid,
        change.previous,
        change.owned,
        change.covers,
        change.replaces,
        change.before,
        change.after,
        list(uploads(change.stated)) if has_uploads(change.stated) else (),
        sorted((str(loss.address), loss.status, loss.author) for loss in change.losses),
        sorted(change.evidence),
    )

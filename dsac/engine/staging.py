"""Tells which stages of a plan have to wait for which others."""

from collections.abc import Sequence

from dsac.core.change import Change
from dsac.core.stages import Share, Stage
from dsac.errors import PlanError

FEW = 5
"""So many of the changes that are not done are named."""


def check_earlier(pending: Sequence[Change], share: Share) -> None:
    """Insist that what must be done before a part of a plan is done.

    Args:
        pending: What is not done of the plan; held changes are nobody's to wait for.
        share: What the part does, and what comes before it.

    Raises:
        PlanError: something is not done yet.
    """
    left = [
        item.address
        for item in pending
        if item.address in share.earlier and not item.held
    ]
    if share.part is None or not left:
        return
    named = [f"  {address}" for address in left[:FEW]]
    if len(left) > FEW:
        named.append(f"  and {len(left) - FEW} more")
    what = "change is" if len(left) == 1 else "changes are"
    told = "\n".join(named)
    raise PlanError(
        f"{share.part} can't begin: {len(left)} {what} not done yet:\n{told}",
        hint=_HINTS[share.part.stage],
    )


_HINTS = {
    Stage.SAMPLES: "apply the same plan with --stage prepare first",
    Stage.FINISH: "apply the same plan with --stage prepare, and with --stage samples "
    "--shard K/N for each K again, until all succeed",
}

"""The lines that approve a plan, as text and markdown show them: ready to be copied."""

from collections.abc import Iterator

from dsac.core.approvals import FILE, approval_lines
from dsac.core.plan import Plan
from dsac.render.lines import Line, safe
from dsac.render.markup import code

HEAD = "To allow this plan by review, and no other, write into"


def approval_view(plan: Plan) -> Iterator[Line]:
    """Yield the lines that approve a plan; none where nothing waits for it."""
    lines = approval_lines(plan)
    if lines:
        yield Line(f"{HEAD} {FILE}:")
        yield from (Line(f"  {safe(line)}") for line in lines)
        yield Line()


def approval_markdown(plan: Plan) -> str:
    """Write the lines that approve a plan as a block of code; empty where none are."""
    lines = approval_lines(plan)
    if not lines:
        return ""
    return "\n".join([f"{HEAD} {code(FILE)}:", "", "```yaml", *lines, "```", "", ""])

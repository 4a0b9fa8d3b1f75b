"""Pages of markdown for when there is no plan: what failed, or why none was made."""

from collections.abc import Sequence

from dsac.errors import Problem
from dsac.render.lines import counted, cut
from dsac.render.markdown import STEPS, written
from dsac.render.markup import code, prose, table

LONGEST = 1_000
"""Longer messages are cut in the middle, in characters."""


def failed(
    command: str, project: str, problems: Sequence[Problem], *, max_bytes: int
) -> str:
    """Write why a command did nothing: the count, then where what was found."""
    count = counted(len(problems), "problem")
    top = f"### dsac {prose(command)} failed: {prose(cut(project))}\n\n**{count}.**\n\n"
    heads = (
        top + "\n".join(table(("where", "what", "remedy"), _problems(problems, most)))
        for most in STEPS
        if most
    )
    return written([*heads, top, f"dsac {command} failed: {count}.\n"], [], max_bytes)


def _problems(problems: Sequence[Problem], most: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (
            code(cut(str(item.where))) if item.where.file else "",
            prose(_cut(item.message)),
            prose(_cut(item.hint)),
        )
        for item in problems[:most]
    ]
    if len(problems) > most:
        rows.append((f"{len(problems) - most} more", "", ""))
    return rows


def unplanned(project: str, why: str, *, max_bytes: int) -> str:
    """Write that there is no plan, and why."""
    top = f"### dsac plan: {prose(cut(project))}\n\n**No plan was made.**\n\n"
    return written([f"{top}{prose(why)}\n", "No plan was made.\n"], [], max_bytes)


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"

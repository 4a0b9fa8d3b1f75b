"""Shows a plan, asks, applies it, and reports: what apply and destroy share."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dsac.cli.progress import progress
from dsac.cli.terminal import Terminal
from dsac.core.plan import Plan
from dsac.core.resources import Kind
from dsac.engine.applying import apply_plan
from dsac.engine.planning import Prepared
from dsac.engine.session import Session
from dsac.errors import UsageError
from dsac.render import render_plan, render_report


def destroy_answer(plan: Plan) -> str:
    """Give what a person must type: the names of the datasets that would go."""
    names = (change.address for change in plan.to_do if change.kind is Kind.DATASET)
    return " ".join(map(str, names))


def destroy_question(plan: Plan) -> str:
    """Ask for the names of the datasets that would go."""
    return f"Type the names to delete what is listed above: {destroy_answer(plan)}"


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; the second one stops."""
    event = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, stop) for kind in kinds]
    try:
        yield event
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def show_and_apply(  # noqa: PLR0913 - all but the first three are keyword-only
    session: Session,
    prepared: Prepared,
    terminal: Terminal,
    *,
    form: str,
    verbose: bool,
    approved: bool,
    question: str,
    answer: str,
    jobs: int,
) -> int:
    """Show a plan, have it approved, apply it; give the exit code.

    Args:
        session: The connection.
        prepared: The plan.
        terminal: For output and the question.
        form: How the plan and the report are rendered.
        verbose: Whether every change is listed.
        approved: Whether nobody need be asked.
        question: What to ask on a terminal.
        answer: The one answer that is a yes.
        jobs: So many operations run at the same time.
    """
    plan = prepared.plan
    as_text = form == "text"
    if as_text:
        terminal.result(
            render_plan(plan, form=form, color=terminal.color, verbose=verbose)
        )
    if plan.blocks:
        if not as_text:
            terminal.result(render_plan(plan, form=form))
        return 1
    if plan.summary.changes and not approved:
        if not terminal.interactive:
            raise UsageError(
                "nobody is there to approve the plan",
                hint="pass --auto-approve, or apply a saved plan",
            )
        if not terminal.ask(question, answer=answer):
            terminal.talk("Nothing was applied.")
            return 1
    with interruptible() as cancel, progress(terminal) as shown:
        report = apply_plan(session, prepared, jobs=jobs, progress=shown, cancel=cancel)
    if as_text and not plan.summary.changes:
        return 0
    text = render_report(report, form=form, color=terminal.color, verbose=verbose)
    terminal.result(text)
    return 0 if report.complete else 1

"""Shows a plan, asks, applies it, and reports: what apply and destroy share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dsac.cli.events import FORM, Events, reported
from dsac.cli.signals import interruptible
from dsac.cli.terminal import Terminal
from dsac.core.document import plan_document
from dsac.core.limits import MAX_BYTES
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan
from dsac.core.report import Report
from dsac.core.resources import Kind
from dsac.engine.applying import apply_plan
from dsac.engine.lease import leases
from dsac.engine.planning import Prepared
from dsac.engine.rehearsal import Recorder, rehearse
from dsac.engine.session import Session
from dsac.errors import UsageError
from dsac.remote.uploading import Hands
from dsac.render import HTML, render_plan, render_report
from dsac.render.events import MAY_BE_DONE

WHOLE = frozenset({"json", "markdown", HTML})
"""Who asks for one of these wants a document, also of a run that had nothing to do."""

QUESTION = "Do you want to apply this plan? Only 'yes' will be accepted."


def destroy_answer(plan: Plan) -> str:
    """Give what a person must type: the names of the datasets that would go."""
    names = (change.address for change in plan.to_do if change.kind is Kind.DATASET)
    return " ".join(map(str, names))


def destroy_question(plan: Plan) -> str:
    """Ask for the names of the datasets that would go."""
    return f"Type the names to delete what is listed above: {destroy_answer(plan)}"


@dataclass(frozen=True)
class Options:
    """How a plan is shown, approved and applied.

    `approved` says that nobody need be asked; `question` and `answer`, the one that is
    a yes, are made of the plan; `again` plans once more, for when another run had to
    be waited for, which is done for `timeout` seconds. `look` tells what differs in
    labels, for a plan that is shown; `max_bytes` is for markdown. With a
    `recorder` of what was read it is only rehearsed. Runs with the same token
    in `shared` may be at work together. `hands` do the work on files.
    """

    again: Callable[[], Prepared]
    look: Callable[[Plan], Pictures] = lambda _: NO_PICTURES
    max_bytes: int = MAX_BYTES
    form: str = "text"
    verbose: bool = False
    approved: bool = False
    jobs: int = 8
    command: str = "apply"
    timeout: float = 0.0
    events: Events | None = None
    recorder: Recorder | None = None
    shared: str = ""
    hands: Hands | None = None
    question: Callable[[Plan], str] = lambda _: QUESTION
    answer: Callable[[Plan], str] = lambda _: "yes"


def show_and_apply(
    session: Session, prepared: Prepared, terminal: Terminal, options: Options
) -> int:
    """Show a plan, have it approved, apply it; give the exit code.

    Raises:
        LockedError: another run is at work on a dataset.
    """
    rehearsing = options.recorder is not None
    options = replace(options, approved=options.approved or rehearsing)
    if not _approved(prepared.plan, terminal, options):
        return 1
    if options.recorder is not None:
        return _rehearse(session, prepared, terminal, options, options.recorder)
    with (
        interruptible(session.transport.stop) as cancel,
        leases(
            session,
            prepared.plan,
            timeout=options.timeout,
            talk=terminal.talk,
            shared=options.shared,
        ) as held,
    ):
        if held.waited:
            # Somebody was at work meanwhile: what was shown may be done, or wrong.
            before, prepared = prepared, options.again()
            options = replace(
                options, approved=options.approved or _same(before, prepared)
            )
            if not _approved(prepared.plan, terminal, options):
                return 1
        with (
            _pointing_at_the_journal(terminal),
            reported(terminal, options.events) as shown,
        ):
            report = apply_plan(
                session,
                prepared,
                jobs=options.jobs,
                progress=shown,
                cancel=cancel,
                command=options.command,
                watch=options.events,
                hands=options.hands,
            )
    if not (prepared.plan.summary.changes or options.form in WHOLE):
        if options.events is not None:
            options.events.report(report)
        return 0 if terminal.well else 1
    return _ending(report, terminal, options)


@contextmanager
def _pointing_at_the_journal(terminal: Terminal) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        terminal.talk(f"Not waited for what is in flight: {MAY_BE_DONE}.")
        raise


def _rehearse(
    session: Session,
    prepared: Prepared,
    terminal: Terminal,
    options: Options,
    recorder: Recorder,
) -> int:
    with (
        interruptible(session.transport.stop) as cancel,
        reported(terminal, options.events) as shown,
    ):
        report = rehearse(
            session,
            prepared,
            recorder,
            jobs=options.jobs,
            progress=shown,
            cancel=cancel,
            watch=options.events,
        )
    return _ending(report, terminal, options)


def _same(before: Prepared, after: Prepared) -> bool:
    return plan_document(before.plan) == plan_document(after.plan)


def _approved(plan: Plan, terminal: Terminal, options: Options) -> bool:
    """Show a plan and have it approved; tell whether it may be applied."""
    shown = options.form == "text" or (bool(plan.blocks) and options.form != FORM)
    told = options.events is not None
    pictures = options.look(plan) if shown or told else NO_PICTURES
    if options.events is not None:
        options.events.plan(plan, operation=options.command, pictures=pictures)
    if shown:
        text = render_plan(
            plan,
            form=options.form,
            color=terminal.color,
            verbose=options.verbose,
            pictures=pictures,
            max_bytes=options.max_bytes,
        )
        terminal.offer(text)
    if plan.blocks:
        return False
    if options.approved or not plan.summary.changes:
        return True
    if not terminal.interactive:
        raise UsageError(
            "nobody is there to approve the plan",
            hint="pass --auto-approve, or apply a saved plan",
        )
    answered = terminal.ask(options.question(plan), answer=options.answer(plan))
    if not answered:
        terminal.talk("Nothing was applied.")
    return answered


def _ending(report: Report, terminal: Terminal, options: Options) -> int:
    """Show the report, on stderr if nobody hears it elsewhere; give the exit code."""
    if options.events is not None:
        options.events.report(report)
    if options.form != FORM:
        text = render_report(
            report,
            form=options.form,
            color=terminal.color,
            verbose=options.verbose,
            max_bytes=options.max_bytes,
        )
        terminal.offer(text)
    if not terminal.heard:
        terminal.talk(render_report(report, form="text"))
    return 0 if report.complete and terminal.well else 1

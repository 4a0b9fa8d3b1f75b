"""What is posted: the page of a plan, a drift, a report or a failure."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from dsac.cli.failures import Failure, name_of_project
from dsac.core.drift import Drift
from dsac.core.shown_drift import drift_from
from dsac.engine.planfile import load
from dsac.errors import PlanError, UsageError
from dsac.hosting.surroundings import Surroundings
from dsac.render import render_drift, render_plan
from dsac.render.budget import shorter
from dsac.render.failures import failed, unplanned

PLAN, DRIFT, REPORT = "plan", "drift", "report"

WHAT = {"drift": DRIFT, "apply": REPORT, "reviewed": REPORT}
"""What a failed command would have been the page of; a plan's, if not named."""

OF_A_FORK = (
    "It comes from a fork, so its run has no key of the platform. Its manifests were "
    "checked. Who may push here can plan it: push its branch to this repository and "
    "open a pull request from there."
)
IN_THE_LOG = "The run ended before there was one; its log says why."
NO_REPORT = (
    "### dsac apply\n\n**The apply ended without a report**, as one does that is "
    "killed. Some of the plan may be done: its log and its journals, which the run "
    "keeps, say what. The next plan shows what is left to do.\n"
)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of markdown that `write` fits into so many bytes.

    `what` is its kind; `is_well` says that nothing is left that anybody need see.
    """

    what: str
    project: str
    write: Callable[[int], str]
    is_well: bool = False


def page_of(
    file: Path | None,
    failure: Failure | None,
    around: Surroundings,
    *,
    optional: bool,
) -> Page:
    """Choose what to post: a failure, else what is in the file.

    Args:
        file: A saved plan, a drift as JSON, or markdown.
        failure: Why a command failed, if one did.
        around: Says whether a plan could be made at all.
        optional: Whether the file may be missing.

    Raises:
        PlanError: the file is missing, or holds none of these.
        UsageError: there is neither a file nor a failure.
    """
    if failure is not None:
        return _failed(failure)
    if file is None:
        raise UsageError(
            "there is nothing to post",
            hint="name a FILE: what dsac plan --out FILE saved, for instance",
        )
    if optional and not file.exists():
        name, why = name_of_project(), OF_A_FORK if around.fork else IN_THE_LOG
        return Page(
            what=PLAN,
            project=name,
            write=lambda most: unplanned(name, why, max_bytes=most),
        )
    if file.suffix == ".md":
        return _report(file)
    drift = _drift(file)
    return _plan(file) if drift is None else _drifted(drift)


def _failed(failure: Failure) -> Page:
    return Page(
        what=WHAT.get(failure.command, PLAN),
        project=failure.project,
        write=lambda most: failed(
            failure.command, failure.project, failure.problems, max_bytes=most
        ),
    )


def _plan(file: Path) -> Page:
    saved = load(file)
    return Page(
        what=PLAN,
        project=saved.plan.project,
        write=lambda most: render_plan(
            saved.plan, form="markdown", pictures=saved.pictures, max_bytes=most
        ),
    )


def _drifted(drift: Drift) -> Page:
    return Page(
        what=DRIFT,
        project=drift.project,
        write=lambda most: render_drift(drift, form="markdown", max_bytes=most),
        is_well=not drift.objects,
    )


def _report(file: Path) -> Page:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(
            f"can't read {file}: {error}",
            hint="write it with dsac apply --format markdown",
        ) from error
    text = text if text.strip() else NO_REPORT
    return Page(
        what=REPORT,
        project=name_of_project(),
        write=lambda most: shorter(text, most),
    )


def _drift(file: Path) -> Drift | None:
    """Read a file as a drift; None if it is something else, which `load` tells of."""
    try:
        body = msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(body, dict) or "missing" not in (body.get("summary") or ()):
        return None
    return drift_from(body)

"""What is shown of the report of an apply: what went wrong, then the counts."""

from collections.abc import Iterator

import msgspec

from dsac.core.plan import Summary
from dsac.core.report import Outcome, Report, Result
from dsac.render.lines import Line, Style, counted, safe
from dsac.render.view import MANY, extras, summary_line


def is_odd(result: Result) -> bool:
    """Tell whether a change ended as the plan did not say."""
    expected = Outcome.HELD if result.change.held else Outcome.DONE
    return result.outcome is not expected


def report_view(report: Report, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of a report: what did not end well, warnings, the counts.

    Args:
        report: What an apply did, in address order.
        verbose: Whether everything is listed, however much there is.
    """
    done = Outcome.DONE
    odd = [
        result
        for result in report.results
        if (result.change.held or result.outcome is not done) and is_odd(result)
    ]
    if odd:
        yield Line("These changes did not end as planned:", Style.BAD)
        for result in odd if verbose else odd[:MANY]:
            yield from _result(result)
        if len(odd) > MANY and not verbose:
            yield Line(f"  ({len(odd) - MANY} more, --verbose lists them)", Style.FAINT)
        yield Line()
    yield from remarks(report)
    yield ending(report)


def remarks(report: Report) -> Iterator[Line]:
    """Yield what there is to say beside the results: warnings, what was saved."""
    for warning in report.warnings:
        yield Line(f"Warning: {safe(warning)}", Style.CHANGE)
    if report.stopped:
        yield Line(f"Warning: {safe(report.stopped)}", Style.BAD)
    if report.saved:
        noun = counted(report.saved, "label")
        text = f"Backup: {noun} in {safe(report.backup)}; dsac restore puts them back."
        yield Line(text, Style.HELD)


def ending(report: Report) -> Line:
    """Write the counts, in fixed words, which pipelines read."""
    if report.rehearsed:
        return _rehearsed(report)
    return _ending(report) if report.complete else _broken_off(report)


def _result(result: Result) -> Iterator[Line]:
    address = safe(str(result.change.address))
    yield Line(f"  {result.outcome:8} {address}", Style.BAD)
    if result.message:
        yield Line(f"           {safe(result.message)}")


def _rehearsed(report: Report) -> Line:
    done, counts = report.done, report.outcomes
    if report.complete:
        text = (
            f"Rehearsal: {done.add} would be added, {done.change} changed, "
            f"{done.destroy} destroyed; nothing was written."
        )
        return Line(text, Style.GOOD)
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return Line(f"Rehearsal: {told}; nothing was written.", Style.BAD)


def _broken_off(report: Report) -> Line:
    counts = ", ".join(
        f"{count} {outcome}" for outcome, count in report.outcomes.items() if count
    )
    how = "Apply interrupted" if report.interrupted else "Apply incomplete"
    counts = counts or "nothing was begun"
    more = " dsac runs show tells what was done." if report.run else ""
    return Line(f"{how}: {counts}. Run it again to go on.{more}", Style.BAD)


def _ending(report: Report) -> Line:
    done = msgspec.structs.replace(report.done, held=report.count(Outcome.HELD))
    if not done.changes:
        return Line(summary_line(Summary(held=done.held)), Style.GOOD)
    counts = f"{done.add} added, {done.change} changed, {done.destroy} destroyed"
    more = extras(done, rename="renamed", adopt="adopted")
    return Line(f"Apply complete! {counts}{more}.", Style.GOOD)

"""What is shown of a plan or a report, line by line, whatever shows it."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from dsac.core.change import Action, Change
from dsac.core.fields import ABSENT, Absent, FieldChange, field_changes
from dsac.core.plan import Plan, Summary
from dsac.core.report import Outcome, Report, Result
from dsac.core.values import Tree, Upload

MANY = 20
"""More changes of one kind and action in a dataset are shown as a group."""

WIDEST = 100
"""Longer values are cut in the middle, in characters."""


class Style(enum.Enum):
    """What a line is, for those who colour it."""

    PLAIN = "plain"
    BOLD = "bold"
    ADD = "add"
    CHANGE = "change"
    DESTROY = "destroy"
    RENAME = "rename"
    HELD = "held"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"


class Line(msgspec.Struct, frozen=True):
    """One line of a view."""

    text: str = ""
    style: Style = Style.PLAIN


class Look(msgspec.Struct, frozen=True):
    """How a kind of change looks: its symbol, its word in the legend, a sentence."""

    symbol: str
    legend: str
    style: Style
    sentence: str


HELD = Look("!", "held", Style.HELD, "is held")
LOOKS = {
    Action.CREATE: Look("+", "create", Style.ADD, "will be created"),
    Action.UPDATE: Look("~", "update", Style.CHANGE, "will be updated in-place"),
    Action.DELETE: Look("-", "delete", Style.DESTROY, "will be destroyed"),
    Action.RENAME: Look(">", "rename", Style.RENAME, "will be renamed (labels kept)"),
    Action.ADOPT: Look("=", "adopt", Style.RENAME, "will be adopted"),
}


def look_of(change: Change) -> Look:
    """Give how a change looks: by its first action, or as held."""
    return HELD if change.held else LOOKS[change.actions[0]]


def summary_line(summary: Summary) -> str:
    """Write the counts of a plan in fixed words, which pipelines read."""
    if not summary.changes:
        return f"No changes. {summary.held} held." if summary.held else "No changes."
    counts = (
        f"{summary.add} to add, {summary.change} to change, "
        f"{summary.destroy} to destroy"
    )
    return f"Plan: {counts}{_more(summary, ('to rename', 'to adopt'))}."


def _more(summary: Summary, words: tuple[str, str]) -> str:
    parts = (
        (summary.rename, words[0]),
        (summary.adopt, words[1]),
        (summary.held, "held"),
        (summary.unchanged, "unchanged"),
    )
    found = [f"{count} {word}" for count, word in parts if count]
    return f"; {', '.join(found)}" if found else ""


def safe(text: str) -> str:
    """Write text so that it can't change the terminal that shows it."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in text
    )


def shown(value: "Tree | Absent") -> str:
    """Write a value on one line, cut in the middle where it is long."""
    if isinstance(value, Absent):
        return "(none)"
    if isinstance(value, Upload):
        text = f"(file {value.path})"
    else:
        text = msgspec.json.encode(value, order="deterministic").decode()
    text = safe(text)
    if len(text) > WIDEST:
        half = (WIDEST - 5) // 2
        text = f"{text[:half]} ... {text[-half:]}"
    return text


def plan_view(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of a plan: legend, changes, what blocks it, the summary."""
    if plan.changes:
        yield from _legend(plan.changes)
        for _, changes in groupby(plan.changes, lambda item: item.address.dataset):
            yield from _changes(list(changes), verbose=verbose)
    yield from _notes(plan)
    yield from _blocks(plan)
    summary = plan.summary
    yield Line(summary_line(summary), Style.BOLD if summary.changes else Style.GOOD)


def _legend(changes: Iterable[Change]) -> Iterator[Line]:
    used = {look.symbol: look for look in map(look_of, changes)}
    order = [*LOOKS.values(), HELD]
    words = [f"{look.symbol} {look.legend}" for look in order if look.symbol in used]
    yield Line(f"dsac will make these changes ({'  '.join(words)}):", Style.BOLD)
    yield Line()


def _changes(changes: Sequence[Change], *, verbose: bool) -> Iterator[Line]:
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((str(change.kind), look_of(change).symbol), []).append(change)
    grouped = {
        key: items for key, items in groups.items() if len(items) > MANY and not verbose
    }
    for change in changes:
        key = (str(change.kind), look_of(change).symbol)
        if key not in grouped:
            yield from _block(change)
        elif grouped[key][0] is change:
            yield from _group(grouped[key])


def _group(changes: Sequence[Change]) -> Iterator[Line]:
    first, last, look = changes[0], changes[-1], look_of(changes[0])
    sentence = look.sentence.replace("is held", "are held")
    yield Line(
        f"  # {len(changes)} {first.kind}s {sentence} in {safe(first.address.dataset)}",
        Style.BOLD,
    )
    ends = f"{safe(str(first.address))} .. {safe(str(last.address))}"
    yield Line(f"  {look.symbol} {ends}  (--verbose lists them)", look.style)
    lost = sum(len(change.losses) for change in changes)
    if lost:
        yield Line(f"      {_lost(lost)}", Style.HELD)
    yield Line()


def _block(change: Change) -> Iterator[Line]:
    look = look_of(change)
    yield Line(f"  # {_headline(change, look)}", Style.BOLD)
    if change.reason:
        yield Line(f"  # ({safe(change.reason)})", Style.FAINT)
    yield Line(f"  {look.symbol} {change.kind} {safe(_name(change))}", look.style)
    if change.held:
        yield from _held(change)
    elif not change.is_delete:
        for field in field_changes(change.before, change.after):
            yield _field(field, created=change.is_create)
    yield Line()


def _headline(change: Change, look: Look) -> str:
    address = safe(str(change.address))
    if change.held:
        return f"{address} {look.sentence}: {safe(change.held)}"
    others = [LOOKS[action].sentence for action in change.actions[1:]]
    also = "".join(f", {item.replace('will be ', '')}" for item in others)
    return f"{address} {look.sentence}{also}"


def _name(change: Change) -> str:
    own = str(change.address)
    if change.previous:
        return f"{change.previous} -> {change.address.sample}"
    return own


def _held(change: Change) -> Iterator[Line]:
    for loss in change.losses[:MANY]:
        by = f" by {safe(loss.author)}" if loss.author else ""
        yield Line(f"      {safe(str(loss.address))}: {loss.status}{by}", Style.HELD)
    if len(change.losses) > MANY:
        yield Line(f"      and {len(change.losses) - MANY} more", Style.HELD)


def _lost(count: int) -> str:
    return f"{count} labels that people worked on would be lost"


def _field(field: FieldChange, *, created: bool) -> Line:
    path = safe(field.path)
    if created or field.before is ABSENT:
        return Line(f"      + {path} = {shown(field.after)}", Style.ADD)
    if field.after is ABSENT:
        return Line(f"      - {path} = {shown(field.before)}", Style.DESTROY)
    change = f"{shown(field.before)} -> {shown(field.after)}"
    return Line(f"      ~ {path} = {change}", Style.CHANGE)


def _notes(plan: Plan) -> Iterator[Line]:
    counted = (
        (plan.kept, "labels that people made are kept"),
        (plan.unmanaged, "samples are not managed here and left alone"),
        (plan.unknown, "files could not be read on the platform and are left alone"),
    )
    found = [f"{count} {words}" for count, words in counted if count]
    notes = [Line(f"Note: {note}.", Style.FAINT) for note in found]
    notes += [Line(f"Warning: {safe(item)}", Style.CHANGE) for item in plan.warnings]
    losses = {loss.address for change in plan.changes for loss in change.losses}
    held = any(change.held and change.losses for change in plan.changes)
    if held:
        text = f"Held: {_lost(len(losses))} (--allow-label-loss {len(losses)} if so)."
        notes.append(Line(text, Style.HELD))
    yield from notes
    if notes:
        yield Line()


def _blocks(plan: Plan) -> Iterator[Line]:
    if not plan.blocks:
        return
    yield Line("Blocked: this plan will not be applied.", Style.BAD)
    for block in plan.blocks:
        where = f"{safe(block.address)}: " if block.address else ""
        yield Line(f"  {where}{safe(block.message)}", Style.BAD)
        if block.remedy:
            yield Line(f"      {safe(block.remedy)}")
    yield Line()


def report_view(report: Report, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of a report: what did not end well, then the counts."""
    odd = [item for item in report.results if item.outcome not in WELL]
    if odd:
        yield Line("These changes did not end well:", Style.BAD)
        yield from _results(odd if verbose else odd[:MANY])
        if len(odd) > MANY and not verbose:
            yield Line(f"  and {len(odd) - MANY} more (--verbose lists them)")
        yield Line()
    for warning in report.warnings:
        yield Line(f"Warning: {safe(warning)}", Style.CHANGE)
    yield _ending(report)


WELL = frozenset({Outcome.DONE, Outcome.HELD})


def _results(results: Iterable[Result]) -> Iterator[Line]:
    for result in results:
        address = safe(str(result.change.address))
        yield Line(f"  {result.outcome:8} {address}", Style.BAD)
        yield Line(f"           {safe(result.message)}")


def _ending(report: Report) -> Line:
    done, held = report.done, report.count(Outcome.HELD)
    if not report.complete:
        counts = ", ".join(
            f"{report.count(outcome)} {outcome}"
            for outcome in Outcome
            if report.count(outcome)
        )
        how = "Apply interrupted" if report.interrupted else "Apply incomplete"
        text = f"{how}: {counts or 'nothing was begun'}. Run it again to go on."
        return Line(text, Style.BAD)
    if not done.changes:
        return Line(summary_line(Summary(held=held)), Style.GOOD)
    counts = f"{done.add} added, {done.change} changed, {done.destroy} destroyed"
    more = _more(msgspec.structs.replace(done, held=held), ("renamed", "adopted"))
    return Line(f"Apply complete! {counts}{more}.", Style.GOOD)

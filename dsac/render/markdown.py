"""Plans, reports and drift as markdown, for comments that have a size limit."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from dsac.core.change import Action, Change, Loss, Origin
from dsac.core.drift import Drift, Drifted
from dsac.core.limits import MAX_BYTES
from dsac.core.pictures import Pictures
from dsac.core.plan import Block, Plan
from dsac.core.report import Outcome, Report, Result
from dsac.core.resources import Kind
from dsac.render.approval import approval_markdown
from dsac.render.budget import Folded, fit
from dsac.render.drift import drift_line, drifted_block, drifted_sentence
from dsac.render.drift import notes as drift_notes
from dsac.render.ending import ending, is_odd, remarks
from dsac.render.instances import difference_lines
from dsac.render.lines import Line, counted, cut, look_of, safe, sentence
from dsac.render.markup import code, prose, shortened, size, table
from dsac.render.view import (
    MANY,
    at_stake,
    block,
    bounded,
    in_common,
    notes,
    short_name,
    summary_line,
)

LONGEST = 1_000
"""Longer messages are cut in the middle, in characters."""

STEPS = (10_000, 3_000, 1_000, 500, 250, 150, 100, 70, 50, 35, 20, 10, 5, 2, 1, 0)
"""So many findings, and labels at risk, are listed at most; the first that fit."""


def plan(plan: Plan, pictures: Pictures, *, max_bytes: int = MAX_BYTES) -> str:
    """Write a plan: the counts, what blocks it, labels at risk, then the changes."""
    lines = [line.text for line in notes(plan, verbose=False) if line.text]
    lists = [_group(plan, those, pictures) for those in groups(plan)]
    if lines:
        title = counted(len(lines), "note")
        lists.append(Folded(title, len(lines), lambda index: [lines[index]]))
    return written(_heads(plan, max_bytes), lists, max_bytes)


def report(report: Report, *, max_bytes: int = MAX_BYTES) -> str:
    """Write the report of an apply: the counts, then what did not end as planned."""
    said = [line.text for line in remarks(report)]
    top = f"### dsac apply\n\n**{ending(report).text}**\n\n"
    more = "".join(f"{prose(cut(text))}\n\n" for text in said)
    heads = [top + more, top, f"{ending(report).text}\n"]
    odd = [item for item in report.results if is_odd(item)]
    lists = [
        _results(outcome, [item for item in odd if item.outcome is outcome])
        for outcome in Outcome
        if any(item.outcome is outcome for item in odd)
    ]
    return written(heads, lists, max_bytes)


def drift(drift: Drift, *, max_bytes: int = MAX_BYTES) -> str:
    """Write a drift: the counts, then the objects."""
    counts = drift_line(drift.counts)
    top = f"### dsac drift: {prose(cut(drift.project))}\n\n**{counts}**\n\n"
    lists = [_drifted(those) for those in _drifted_groups(drift.objects)]
    lines = [line.text for line in drift_notes(drift, verbose=False) if line.text]
    if lines:
        title = counted(len(lines), "note")
        lists.append(Folded(title, len(lines), lambda index: [lines[index]]))
    return written([top, f"{counts}\n"], lists, max_bytes)


def written(heads: Iterable[str], lists: Sequence[Folded], budget: int) -> str:
    """Put the first head that fits before what else fits.

    Args:
        heads: What must be told, from the longest form to the shortest; no empty one.
        lists: What may be told.
        budget: So many bytes, the last line end included.
    """
    head = ""
    for head in heads:
        if head and size(head) <= budget:
            break
    else:
        # The last has no entity in it, of which half would be left.
        # The line end counts as well: a terminal would add it.
        text = shortened(head.rstrip("\n"), max(budget - 1, 0))
        return f"{text}\n" if budget > 0 else ""
    every = sum(item.count for item in lists)
    whole, left_out = fit(lists, budget - size(head))
    if left_out:
        last = _cut_line(every, every)
        whole, left_out = fit(lists, budget - size(head) - size(last))
        ending = _cut_line(left_out, every)
        fits = size(head) + size(whole) + size(ending) <= budget
        whole += ending if fits else ""
    return f"{head}{whole}".rstrip("\n") + "\n"


def _cut_line(left_out: int, every: int) -> str:
    return f"*Cut to fit: {left_out} of {every} entries are not shown here.*\n"


def _heads(plan: Plan, budget: int) -> Iterator[str]:
    """Yield what must be told of a plan, in ever shorter forms.

    What the guards found comes before what approves the plan, and that before the list
    of labels at risk, which takes half of what is left at most.
    """
    losses = labels_at_risk(plan)
    approval = approval_markdown(plan)
    counts = f"**{summary_line(plan.summary)}**\n\n"
    top = f"### dsac plan: {prose(cut(plan.project))}\n\n{counts}"
    short = _risks(plan, losses, 0)
    for most, more in product(STEPS, dict.fromkeys((approval, ""))):
        found = top + _blocks(plan.blocks, most) + more
        room = budget - size(found) - size(short)
        if room >= 0:
            for listed in STEPS:
                yield _within(found + _risks(plan, losses, listed), budget - room // 2)
    for more in dict.fromkeys((short + approval, short, "")):
        yield counts + _blocks(plan.blocks, 0) + more
    blocked = f" Blocked: {len(plan.blocks)}." if plan.blocks else ""
    yield f"{summary_line(plan.summary)}{blocked}\n"


def _within(text: str, most: int) -> str:
    return text if size(text) <= most else ""


def _blocks(blocks: Sequence[Block], most: int) -> str:
    """Write what the guards found."""
    if not blocks:
        return ""
    lines = [f"**Blocked: this plan will not be applied** ({len(blocks)}).", ""]
    if most:
        rows: list[tuple[str, ...]] = [
            (
                code(cut(item.address)) if item.address else "",
                prose(_cut(item.message)),
                code(_cut(item.remedy)) if item.remedy else "",
            )
            for item in blocks[:most]
        ]
        rows += _rest(len(blocks) - most)
        lines += [*table(("where", "why", "what allows it"), rows), ""]
    return "\n".join(lines) + "\n"


def labels_at_risk(plan: Plan) -> list[tuple[Loss, bool]]:
    """List each label that people worked on and that is at stake; and if it is held."""
    found: dict[str, tuple[Loss, bool]] = {}
    for change in plan.changes:
        for loss in change.losses:
            found.setdefault(str(loss.address), (loss, bool(change.held)))
    return list(found.values())


def _risks(plan: Plan, losses: Sequence[tuple[Loss, bool]], most: int) -> str:
    """Write which labels that people worked on are at stake."""
    if not losses:
        return ""
    lines = []
    for line in at_stake(plan):
        lines += [f"**{line.text}**", ""]
    if most:
        rows: list[tuple[str, ...]] = [
            (
                code(_cut(str(loss.address))),
                code(cut(loss.status)),
                code(cut(loss.author)) if loss.author else "",
                "held" if held else "will be lost",
            )
            for loss, held in losses[:most]
        ]
        rows += _rest(len(losses) - most, cells=4)
        lines += [*table(("label", "status", "by", "this plan"), rows), ""]
    return "\n".join(lines) + "\n"


def _rest(count: int, *, cells: int = 3) -> list[tuple[str, ...]]:
    return [(f"{count} more", *[""] * (cells - 1))] if count > 0 else []


def _cut(text: str) -> str:
    """Leave out the middle of a long message."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"


Likeness = tuple[bool, str, Kind, bool, tuple[Action, ...]]


def groups(plan: Plan) -> list[list[Change]]:
    """Group changes of a dataset that do the same, each where its first one stands."""
    found: dict[Likeness, list[Change]] = {}
    for change in plan.changes:
        drift = change.origin is Origin.DRIFT
        address, held = change.address, bool(change.held)
        alike = (drift, address.dataset, address.kind, held, change.actions)
        found.setdefault(alike, []).append(change)
    return sorted(found.values(), key=lambda those: those[0].origin is Origin.DRIFT)


def _group(plan: Plan, changes: Sequence[Change], pictures: Pictures) -> Folded:
    first = changes[0]
    held = ", but held" if first.held else ""
    since = ""
    if plan.base is not None:
        since = ": drift" if first.origin is Origin.DRIFT else ": from this change"
    title = (
        f"{counted(len(changes), first.kind)} {sentence(first)} in "
        f"{code(cut(first.address.dataset))}{held}{since}"
    )
    if len(changes) <= MANY:
        return Folded(
            title,
            len(changes),
            lambda index: _flush(block(changes[index], pictures, verbose=False)),
        )
    return Folded(
        title,
        len(changes),
        lambda index: _brief(changes[index], pictures),
        head=(*_flush(in_common(changes)), ""),
    )


def _brief(change: Change, pictures: Pictures) -> list[str]:
    """Write a change on one line, and what differs in its label below."""
    before = f"{safe(change.previous)} -> " if change.previous else ""
    look = look_of(change)
    lines = [f"{look.symbol} {change.kind} {before}{short_name(change.address)}"]
    difference = pictures.differences.get(change.address)
    if difference is not None:
        found = list(difference_lines(difference))
        lines += _flush(bounded(found, "instances", verbose=False))
    return lines


def _flush(lines: Iterable[Line]) -> list[str]:
    """Give lines from the margin on, where the signs of a diff must stand."""
    return [line.text.removeprefix("  ") for line in lines if line.text]


def _results(outcome: Outcome, results: Sequence[Result]) -> Folded:
    def entry(index: int) -> list[str]:
        result = results[index]
        lines = [f"- {safe(str(result.change.address))}"]
        return [*lines, f"    {safe(result.message)}"] if result.message else lines

    return Folded(f"{counted(len(results), 'change')} {outcome}", len(results), entry)


def _drifted_groups(objects: Sequence[Drifted]) -> list[list[Drifted]]:
    found: dict[object, list[Drifted]] = {}
    for item in objects:
        alike = (item.address.dataset, item.kind, item.how)
        found.setdefault(alike, []).append(item)
    return list(found.values())


def _drifted(items: Sequence[Drifted]) -> Folded:
    first = items[0]
    many = len(items) > 1
    verbs = ("are", "were") if many else ("is", "was")
    title = (
        f"{counted(len(items), first.kind)} {drifted_sentence(first, *verbs)} in "
        f"{code(cut(first.address.dataset))}"
    )
    return Folded(
        title,
        len(items),
        lambda index: _flush(drifted_block(items[index], verbose=False)),
    )

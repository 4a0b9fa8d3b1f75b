"""What is shown of a plan, line by line, whatever shows it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from dsac.core.change import Action, Change, Loss, Origin
from dsac.core.fields import ABSENT, Absent, FieldChange, field_changes
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan, Summary
from dsac.core.resources import Address, Kind, Resource, quote
from dsac.core.values import Tree
from dsac.render.approval import approval_view
from dsac.render.groups import MOST, Folded, fields_of, fold
from dsac.render.instances import difference_lines
from dsac.render.lines import (
    HELD,
    LOOKS,
    REPLACED,
    Line,
    Look,
    Style,
    counted,
    cut,
    look_of,
    safe,
    sentence,
    shown,
    told,
)

MANY = 20
"""More changes of one kind and action in a dataset are shown as a group, and more
fields of a change, labels lost or warnings are counted, unless all are asked for."""


def summary_line(summary: Summary) -> str:
    """Write the counts of a plan in fixed words, which pipelines read."""
    if not summary.changes:
        return f"No changes. {summary.held} held." if summary.held else "No changes."
    counts = (
        f"{summary.add} to add, {summary.change} to change, "
        f"{summary.destroy} to destroy"
    )
    return f"Plan: {counts}{extras(summary, rename='to rename', adopt='to adopt')}."


def extras(summary: Summary, *, rename: str, adopt: str) -> str:
    """Write the counts that follow the three fixed ones, those that are not zero."""
    parts = (
        (summary.rename, rename),
        (summary.adopt, adopt),
        (summary.held, "held"),
        (summary.unchanged, "unchanged"),
    )
    found = [f"{count} {word}" for count, word in parts if count]
    return f"; {', '.join(found)}" if found else ""


def plan_view(
    plan: Plan, *, verbose: bool, pictures: Pictures = NO_PICTURES
) -> Iterator[Line]:
    """Yield the lines of a plan.

    1. A heading with the symbols that occur.
    2. The changes, dataset by dataset, many of a kind as a group.
    3. Notes: what is left alone, warnings, labels at stake.
    4. What blocks the plan, and what approves it.
    5. The summary.

    Args:
        plan: The plan, its changes in address order.
        verbose: Whether everything is listed, however much there is.
        pictures: What is known of the changes besides.
    """
    if plan.changes:
        yield _heading(plan)
        yield Line()
        for changes in _sections(plan):
            yield from _origin(plan, changes)
            for _, those in groupby(changes, lambda item: item.address.dataset):
                yield from _changes(tuple(those), pictures, verbose=verbose)
    yield from _asides(plan, verbose=verbose)
    yield from _blocks(plan)
    yield from approval_view(plan)
    summary = plan.summary
    yield Line(summary_line(summary), Style.BOLD if summary.changes else Style.GOOD)


def _heading(plan: Plan) -> Line:
    used = {look_of(change).symbol for change in plan.changes}
    legend = "  ".join(
        f"{look.symbol} {look.legend}"
        for look in (*LOOKS.values(), REPLACED, HELD)
        if look.symbol in used
    )
    if plan.blocks:
        what = "would make these changes, but is blocked"
    elif plan.to_do:
        what = "will make these changes"
    else:
        what = "holds these changes"
    return Line(f"dsac {what} ({legend}):", Style.BOLD)


def _sections(plan: Plan) -> Iterator[tuple[Change, ...]]:
    """Split the changes by where they come from, if the plan was split so."""
    if plan.base is None:
        yield plan.changes
        return
    for drift in (False, True):
        changes = tuple(
            item for item in plan.changes if (item.origin is Origin.DRIFT) is drift
        )
        if changes:
            yield changes


def _origin(plan: Plan, changes: Sequence[Change]) -> Iterator[Line]:
    """Say where a section of changes comes from."""
    if plan.base is None:
        return
    base = f"{safe(plan.base.name)}, {plan.base.commit[:7]}"
    count = counted(len(changes), "change")
    if changes[0].origin is Origin.DRIFT:
        yield Line(f"Drift (a plan of {base}, has it too): {count}", Style.BOLD)
    else:
        yield Line(f"From this change (since {base}): {count}", Style.BOLD)
    yield Line()


Likeness = tuple[Kind, bool, tuple[Action, ...]]


def _changes(
    changes: Iterable[Change], pictures: Pictures, *, verbose: bool
) -> Iterator[Line]:
    """Yield the changes of one dataset; a group stands where its first would."""
    groups: dict[Likeness, list[Change]] = {}
    members: list[tuple[Change, list[Change]]] = []
    for change in changes:
        alike = (change.kind, bool(change.held), change.actions)
        group = groups.setdefault(alike, [])
        group.append(change)
        members.append((change, group))
    for change, group in members:
        if verbose or len(group) <= MANY:
            yield from block(change, pictures, verbose=verbose)
        elif group[0] is change:
            yield from _group(group)


def _group(changes: Sequence[Change]) -> Iterator[Line]:
    first = changes[0]
    text = f"{counted(len(changes), first.kind)} {sentence(first)}"
    held = ", but are held" if first.held else ""
    dataset = safe(first.address.dataset)
    yield Line(f"  # {text} in {dataset}{held}", _headline_style(first))
    if len({change.reason for change in changes}) == 1:
        yield from _reason(first.reason)
    yield from in_common(changes, more="--verbose lists them")
    lost = {loss.address for change in changes for loss in change.losses}
    if lost:
        yield Line(f"      ! {_lost(lost, held=bool(first.held))}", Style.HELD)
    yield Line()


def in_common(changes: Sequence[Change], *, more: str = "") -> Iterator[Line]:
    """Yield what the changes of a group have in common: names, fields that differ.

    `more` says how the others are to be seen, where they are not below.
    """
    yield from _patterns(fold(changes), look_of(changes[0]), more)
    yield from _fields_of(changes)


def _patterns(folded: Folded, look: Look, more: str) -> Iterator[Line]:
    """Yield a line for each pattern of names, with its count where there are more."""
    several = len(folded.patterns) > 1
    for pattern in folded.patterns:
        first, last, count = pattern.first, pattern.last, len(pattern.changes)
        names = short_name(first.address)
        names += f" .. {short_name(last.address)}" if count > 1 else ""
        aside = f"{count}" if several else more
        end = f"  ({aside})" if aside else ""
        yield Line(f"  {look.symbol} {first.kind} {names}{end}", look.style)
    rest = f"{folded.changes} more of {counted(folded.others, 'other pattern')}"
    asides = (rest if folded.others else "", more if several else "")
    if any(asides):
        yield Line(f"      ({', '.join(filter(None, asides))})", Style.FAINT)


def _fields_of(changes: Sequence[Change]) -> Iterator[Line]:
    """Say which fields differ in how many of a group, the most frequent ones."""
    found = fields_of(changes)
    if not found:
        return
    names = [f"{cut(safe(path))} ({count})" for path, count in found[:MOST]]
    rest = (
        f", and {told(len(found) - MOST, 'more field', 'more fields')}"
        if found[MOST:]
        else ""
    )
    yield Line(f"      ~ {', '.join(names)}{rest}", Style.CHANGE)


def block(change: Change, pictures: Pictures, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of one change; the last is empty."""
    look, address = look_of(change), change.address
    held = f", but is held: {safe(change.held)}" if change.held else ""
    headline = f"  # {safe(str(address))} {sentence(change)}{held}"
    yield Line(headline, _headline_style(change))
    yield from _reason(change.reason)
    if change.also:
        yield from _reason(f"drift as well: {', '.join(change.also)}")
    if change.covers:
        yield from _reason(
            f"with all that is in it: {counted(change.covers, 'sample')}"
        )
    before = f"{safe(quote(change.previous))} -> " if change.previous else ""
    yield Line(
        f"  {look.symbol} {change.kind} {before}{short_name(address)}", look.style
    )
    difference = pictures.differences.get(address)
    if difference is not None:
        lines = list(difference_lines(difference))
        yield from bounded(lines, "instances", verbose=verbose)
    if not change.is_delete:
        yield from bounded(
            list(field_lines(change.before, change.after)), "fields", verbose=verbose
        )
    losses = [_loss(loss, held=bool(change.held)) for loss in change.losses]
    yield from bounded(losses, "labels", verbose=verbose)
    yield Line()


def _headline_style(change: Change) -> Style:
    return Style.BAD if change.takes_away and not change.held else Style.BOLD


def _reason(reason: str) -> Iterator[Line]:
    if reason:
        yield Line(f"  # ({safe(reason)})", Style.FAINT)


def short_name(address: Address) -> str:
    """Write an address without its dataset, which the headline names."""
    if address.kind is Kind.DATASET:
        return safe(str(address))
    return safe(str(address)[len(quote(address.dataset)) + 1 :])


def bounded(lines: Sequence[Line], noun: str, *, verbose: bool) -> Iterator[Line]:
    """Yield lines, the rest of many as a count unless all are asked for."""
    if verbose or len(lines) <= MANY:
        yield from lines
    else:
        yield from lines[:MANY]
        rest = len(lines) - MANY
        yield Line(f"      ({rest} more {noun}, --verbose lists them)", Style.FAINT)


IDENTITY = frozenset({"name", "user"})
"""Fields that the headline shows already."""


def field_lines(before: Resource | None, after: Resource | None) -> Iterator[Line]:
    """Yield a line for each field that differs; what was added, leaf by leaf."""
    for field in field_changes(before, after):
        if field.path in IDENTITY:
            continue
        if field.before is ABSENT:
            for path, value in leaves(field.path, field.after):
                text = f"      + {cut(safe(path))} = {shown(value)}"
                yield Line(text, Style.ADD)
        else:
            yield _field(field)


def _field(field: FieldChange) -> Line:
    path = cut(safe(field.path))
    if field.after is ABSENT:
        return Line(f"      - {path} = {shown(field.before)}", Style.DESTROY)
    change = f"{shown(field.before)} -> {shown(field.after)}"
    return Line(f"      ~ {path} = {change}", Style.CHANGE)


def leaves(path: str, value: "Tree | Absent") -> "Iterator[tuple[str, Tree | Absent]]":
    """Yield what an added object holds, each value for a line of its own.

    An item of a list stays whole: its path ends with its id.
    """
    if isinstance(value, dict) and value and not path.endswith("]"):
        for key, item in value.items():
            yield from leaves(f"{path}.{key}", item)
    else:
        yield path, value


def _loss(loss: Loss, *, held: bool) -> Line:
    by = f" by {safe(loss.author)}" if loss.author else ""
    what = f"{safe(str(loss.address))}: {safe(loss.status)}{by}"
    return Line(f"      ! {what}, {'would' if held else 'will'} be lost", Style.HELD)


def _lost(labels: Collection[Address], *, held: bool) -> str:
    worked = "label that a person" if len(labels) == 1 else "labels that people"
    will = "would" if held else "will"
    return f"{len(labels)} {worked} worked on {will} be lost"


def _asides(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    lines = [*notes(plan, verbose=verbose), *at_stake(plan)]
    yield from lines
    if lines:
        yield Line()


def notes(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    """Yield what is left alone, and warnings."""
    for text in (*_left_alone(plan), *map(safe, plan.notes)):
        yield Line(f"Note: {text}.", Style.FAINT)
    lines = [Line(f"Warning: {safe(item)}", Style.CHANGE) for item in plan.warnings]
    yield from bounded(lines, "warnings", verbose=verbose)


def _left_alone(plan: Plan) -> Iterator[str]:
    yield from _outside(plan)
    counts = (
        (
            plan.kept,
            "label that a person made is kept",
            "labels that people made are kept",
        ),
        (
            plan.unmanaged,
            "sample is not managed here and left alone",
            "samples are not managed here and left alone",
        ),
        (
            plan.unknown,
            "file could not be read on the platform and is left alone",
            "files could not be read on the platform and are left alone",
        ),
    )
    yield from (told(count, one, many) for count, one, many in counts if count)


def _outside(plan: Plan) -> Iterator[str]:
    flags = plan.selection.flags
    if not flags:
        return
    if plan.left_out:
        verb = "is" if plan.left_out == 1 else "are"
        yield f"{counted(plan.left_out, 'change')} {verb} outside of {flags}"
    if plan.unread:
        verb = "was" if plan.unread == 1 else "were"
        yield f"{counted(plan.unread, 'dataset')} outside of {flags} {verb} not read"


def at_stake(plan: Plan) -> Iterator[Line]:
    """Count the labels that are held, and those that a person allowed to lose."""
    held = plan.held
    at_stake = [change for change in plan.changes if change.losses]
    waiting = {loss.address for item in at_stake if item.held for loss in item.losses}
    every = {loss.address for item in at_stake for loss in item.losses}
    if held is not None and held.labels:
        allows = f"{held.remedy} allows it"
        yield Line(f"Held: {_lost(waiting, held=True)}; {allows}.", Style.HELD)
    if every - waiting:
        yield Line(f"Allowed: {_lost(every - waiting, held=False)}.", Style.BAD)


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

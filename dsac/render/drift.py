"""What is shown of a drift, line by line: past tense, the manifest's side first."""

from collections.abc import Iterator, Sequence

from dsac.core.drift import Drift, DriftCounts, Drifted, Drifting
from dsac.core.resources import Kind, Sample, quote
from dsac.render.lines import Line, Look, Style, counted, safe, told
from dsac.render.view import MANY, bounded, field_lines, short_name

LOOKS = {
    Drifting.APPEARED: Look("+", "appeared", Style.ADD, "appeared"),
    Drifting.CHANGED: Look("~", "changed", Style.CHANGE, "changed"),
    Drifting.MISSING: Look("-", "missing", Style.DESTROY, "missing"),
    Drifting.RENAMED: Look(">", "renamed", Style.RENAME, "renamed"),
}


def drift_line(counts: DriftCounts) -> str:
    """Write the counts of a drift in fixed words, which pipelines read."""
    parts = (
        (counts.changed, "changed"),
        (counts.missing, "missing"),
        (counts.appeared, "appeared"),
        (counts.renamed, "renamed"),
    )
    found = [f"{count} {word}" for count, word in parts if count]
    if not found:
        return "No drift."
    same = f"; {counts.unchanged} unchanged" if counts.unchanged else ""
    return f"Drift: {', '.join(found)}{same}."


def drift_view(drift: Drift, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of a drift.

    1. A heading with the symbols that occur.
    2. The objects in address order, many of a kind as a group.
    3. Notes: what is left alone, warnings.
    4. The counts.

    Args:
        drift: The drift.
        verbose: Whether everything is listed, however much there is.
    """
    if drift.objects:
        yield _heading(drift)
        yield Line()
        yield from _objects(drift.objects, verbose=verbose)
    yield from notes(drift, verbose=verbose)
    style = Style.BOLD if drift.objects else Style.GOOD
    yield Line(drift_line(drift.counts), style)


def _heading(drift: Drift) -> Line:
    used = {item.how[0] for item in drift.objects}
    legend = "  ".join(
        f"{look.symbol} {look.legend}" for how, look in LOOKS.items() if how in used
    )
    text = f"The platform is not as the manifests say ({legend}):"
    return Line(text, Style.BOLD)


def _objects(objects: Sequence[Drifted], *, verbose: bool) -> Iterator[Line]:
    """Yield the objects; a group stands where its first member would."""
    groups: dict[tuple[str, Kind, tuple[Drifting, ...]], list[Drifted]] = {}
    members: list[tuple[Drifted, list[Drifted]]] = []
    for item in objects:
        alike = (item.address.dataset, item.kind, item.how)
        group = groups.setdefault(alike, [])
        group.append(item)
        members.append((item, group))
    for item, group in members:
        if verbose or len(group) <= MANY:
            yield from drifted_block(item, verbose=verbose)
        elif group[0] is item:
            yield from _group(group)


def _group(items: Sequence[Drifted]) -> Iterator[Line]:
    first, last, look = items[0], items[-1], LOOKS[items[0].how[0]]
    what = f"{counted(len(items), first.kind)} {drifted_sentence(first, 'are', 'were')}"
    yield Line(f"  # {what} in {safe(first.address.dataset)}", Style.BOLD)
    if len({item.reason for item in items}) == 1:
        yield from _aside(first.reason)
    ends = f"{short_name(first.address)} .. {short_name(last.address)}"
    ends = f"  {look.symbol} {first.kind} {ends}  (--verbose lists them)"
    yield Line(ends, look.style)
    yield Line()


def drifted_sentence(item: Drifted, missing: str = "is", changed: str = "was") -> str:
    """Say what happened: "was renamed and changed"; a group takes other verbs."""
    words = " and ".join(LOOKS[how].done for how in item.how)
    match item.how[0]:
        case Drifting.APPEARED:
            return words
        case Drifting.MISSING:
            return f"{missing} {words}"
        case _:
            return f"{changed} {words}"


def drifted_block(item: Drifted, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of one object; the last is empty."""
    look = LOOKS[item.how[0]]
    yield Line(f"  # {safe(str(item.address))} {drifted_sentence(item)}", Style.BOLD)
    yield from _aside(item.reason)
    for text in authors(item):
        yield from _aside(text)
    name = f"{short_name(item.address)}{new_name(item)}"
    yield Line(f"  {look.symbol} {item.kind} {name}", look.style)
    if item.after is not None:
        lines = list(field_lines(item.before, item.after))
        yield from bounded(lines, "fields", verbose=verbose)
    yield Line()


def new_name(item: Drifted) -> str:
    """Write to which name an object was renamed, nothing if it was not."""
    if Drifting.RENAMED in item.how and isinstance(item.after, Sample):
        return f" -> {safe(quote(item.after.name))}"
    return ""


def authors(item: Drifted) -> Iterator[str]:
    """Say who, and when, where the API tells.

    Nobody but a label's last author is named for a change: that somebody made a sample
    does not mean that he changed it.
    """
    if item.updated_by:
        at = f" at {item.updated_at}" if item.updated_at else ""
        yield f"last written by {item.updated_by}{at}"
    elif item.created_by:
        at = f" at {item.created_at}" if item.created_at else ""
        yield f"created by {item.created_by}{at}"


def _aside(text: str) -> Iterator[Line]:
    if text:
        yield Line(f"  # ({safe(text)})", Style.FAINT)


def notes(drift: Drift, *, verbose: bool) -> Iterator[Line]:
    """Yield what there is to say besides the objects, and an empty line."""
    counts = (
        (
            drift.kept,
            "label that a person made is no drift",
            "labels that people made are no drift",
        ),
        (
            drift.unmanaged,
            "sample is not managed here",
            "samples are not managed here",
        ),
        (
            drift.unknown,
            "file could not be read on the platform",
            "files could not be read on the platform",
        ),
    )
    lines = [
        Line(f"Note: {told(count, one, many)}.", Style.FAINT)
        for count, one, many in counts
        if count
    ]
    warned = [Line(f"Warning: {safe(item)}", Style.CHANGE) for item in drift.warnings]
    lines += bounded(warned, "warnings", verbose=verbose)
    yield from lines
    if lines:
        yield Line()

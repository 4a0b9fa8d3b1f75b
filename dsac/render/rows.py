"""What a page's list has of each change, result or drifted object: text, made safe."""

from collections.abc import Iterator

import msgspec

from dsac.core.change import Change, Origin
from dsac.core.drift import Drifted
from dsac.core.fields import ABSENT, Absent, FieldChange, field_changes
from dsac.core.plan import Plan
from dsac.core.report import Outcome, Result
from dsac.core.resources import Kind, Resource, quote
from dsac.core.values import Tree, Upload
from dsac.render.drawn import Album, DrawnLabel, Pair
from dsac.render.drift import LOOKS, authors, drifted_sentence, new_name
from dsac.render.lines import Style, counted, look_of, safe, sentence, shown
from dsac.render.view import IDENTITY, leaves, short_name

MOST_FIELDS = 100
"""Of one row so many fields, and labels at stake, are listed; the others counted."""

LONGEST = 2_000
"""Longer values are cut in the middle, in characters."""

Field = tuple[str, str, str, str]
"""Sign, path, and the value on both sides."""

TONES = {
    Outcome.DONE: Style.GOOD,
    Outcome.FAILED: Style.BAD,
    Outcome.SKIPPED: Style.CHANGE,
    Outcome.HELD: Style.HELD,
    Outcome.UNKNOWN: Style.BAD,
}


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the list.

    `actions` and `state` are what the list can be narrowed to, besides its kind,
    dataset and origin; `tone` is the style in which the state is shown.
    """

    address: str
    name: str
    dataset: str
    kind: Kind
    symbol: str
    style: str
    actions: tuple[str, ...]
    says: str
    state: str = ""
    tone: str = ""
    origin: str = ""
    notes: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    more: int = 0
    images: tuple[Pair, ...] = ()
    label: DrawnLabel | None = None


def change_row(change: Change, plan: Plan, album: Album) -> Row:
    """Give the row of a change in a plan."""
    fields = list(_fields(change.before, change.after))
    will = "would" if change.held else "will"
    losses = change.losses[:MOST_FIELDS]
    return msgspec.structs.replace(
        _row(change),
        says=sentence(change),
        state="held" if change.held else "planned",
        tone=Style.HELD.value if change.held else "",
        origin=_origin(change, plan),
        notes=tuple(map(safe, _notes(change))),
        losses=tuple(f"{safe(str(item))}, {will} be lost" for item in losses),
        fields=tuple(fields[:MOST_FIELDS]),
        more=max(0, len(fields) - MOST_FIELDS),
        images=album.pairs(change.address),
        label=album.label(change) if change.kind is Kind.LABEL else None,
    )


def result_row(result: Result) -> Row:
    """Give the row of a change in a report, with what became of it."""
    return msgspec.structs.replace(
        _row(result.change),
        says=" and ".join(map(str, result.change.actions)),
        state=str(result.outcome),
        tone=TONES[result.outcome].value,
        notes=(safe(result.message),) if result.message else (),
    )


def drifted_row(item: Drifted) -> Row:
    """Give the row of an object that drifted."""
    look, address = LOOKS[item.how[0]], item.address
    fields = list(_fields(item.before, item.after))
    return Row(
        address=safe(str(address)),
        name=f"{short_name(address)}{new_name(item)}",
        dataset=safe(address.dataset),
        kind=item.kind,
        symbol=look.symbol,
        style=look.style.value,
        actions=tuple(map(str, item.how)),
        says=drifted_sentence(item),
        notes=tuple(map(safe, filter(None, (item.reason, *authors(item))))),
        fields=tuple(fields[:MOST_FIELDS]),
        more=max(0, len(fields) - MOST_FIELDS),
    )


def _row(change: Change) -> Row:
    """Give what every row of a change has."""
    look, address = look_of(change), change.address
    before = f"{safe(quote(change.previous))} -> " if change.previous else ""
    return Row(
        address=safe(str(address)),
        name=f"{before}{short_name(address)}",
        dataset=safe(address.dataset),
        kind=change.kind,
        symbol=look.symbol,
        style=look.style.value,
        actions=tuple(map(str, change.actions)) or ("update",),
        says="",
    )


def _origin(change: Change, plan: Plan) -> str:
    if plan.base is None:
        return ""
    return "drift" if change.origin is Origin.DRIFT else "this change"


def _notes(change: Change) -> Iterator[str]:
    if change.held:
        yield f"held: {change.held}"
    if change.reason:
        yield change.reason
    if change.also:
        yield f"drift as well: {', '.join(change.also)}"
    if change.covers:
        yield f"with all that is in it: {counted(change.covers, 'sample')}"
    if len(change.losses) > MOST_FIELDS:
        yield f"{counted(len(change.losses), 'label')} at stake, some of them below"


def _fields(before: Resource | None, after: Resource | None) -> Iterator[Field]:
    """Yield the fields that differ; what is added or goes, leaf by leaf."""
    for field in field_changes(before, after):
        if field.path not in IDENTITY:
            yield from _field(field)


def _field(field: FieldChange) -> Iterator[Field]:
    if field.before is ABSENT:
        for path, value in leaves(field.path, field.after):
            yield "+", safe(path), "", _value(value)
    elif field.after is ABSENT:
        for path, value in leaves(field.path, field.before):
            yield "-", safe(path), _value(value), ""
    else:
        yield "~", safe(field.path), _value(field.before), _value(field.after)


def _value(value: "Tree | Absent") -> str:
    """Write a value as the other outputs do, but longer ones whole."""
    if isinstance(value, Absent | Upload):
        return shown(value)
    text = safe(msgspec.json.encode(value, order="deterministic").decode())
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"

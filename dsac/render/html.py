"""Plans, reports and drift as pages of HTML: what must be seen first, then a list."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dsac.core.change import Loss
from dsac.core.drift import Drift
from dsac.core.pictures import Pictures
from dsac.core.plan import Block, Plan
from dsac.core.report import Outcome, Report
from dsac.render.approval import approval_view
from dsac.render.drawn import Album, Image
from dsac.render.drift import drift_line
from dsac.render.drift import notes as drift_notes
from dsac.render.ending import ending, is_odd, remarks
from dsac.render.lines import Line, Style, counted, told
from dsac.render.markdown import labels_at_risk
from dsac.render.page import code, document, escaped, table
from dsac.render.rows import TONES, Row, change_row, drifted_row, result_row
from dsac.render.view import at_stake, notes, summary_line

MOST_ROWS = 20_000
"""A page lists so many changes; the others are counted, and JSON has them all."""

MOST_TEXT = 20_000_000
"""So many characters have the fields of all rows; of further rows they are counted."""

MOST_FINDINGS = 1_000
"""So many findings, and labels at risk, are listed above the list."""

OPEN = 12
"""A list of so many entries is shown with all of them open."""

Facet = tuple[str, str]
"""By what the list can be narrowed: a member of its rows, and how it is called."""

WHAT: tuple[Facet, ...] = (("actions", "Action"), ("kind", "Kind"))
WHERE: Facet = ("dataset", "Dataset")


class Card(msgspec.Struct, frozen=True):
    """A count on top of a page; `narrows` is what the list shows when it is pressed."""

    count: int
    words: str
    style: Style = Style.FAINT
    narrows: tuple[tuple[str, str], ...] = ()


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of a page is made of; `left_out` rows are counted alone."""

    noun: str
    facets: tuple[Facet, ...]
    rows: tuple[Row, ...]
    open: bool
    left_out: int = 0
    images: tuple[Image, ...] = ()


def plan(plan: Plan, pictures: Pictures) -> str:
    """Write a plan: counts, findings of the guards, labels at risk, then changes."""
    album = Album(pictures)
    rows = _bounded(change_row(item, plan, album) for item in plan.changes[:MOST_ROWS])
    data = _data(
        rows,
        len(plan.changes),
        facets=(*WHAT, WHERE, ("state", "Held"), ("origin", "Comes from")),
        images=tuple(album.images),
    )
    facts = f"on {plan.remote} as {plan.user}"
    if plan.base is not None:
        facts += f", compared with {plan.base.name} ({plan.base.commit[:7]})"
    lines = [*notes(plan, verbose=False), *_about_pictures(pictures)]
    body = "".join(
        (
            _head(f"dsac plan: {plan.project}", summary_line(plan.summary), facts),
            _cards(_plan_cards(plan)),
            _blocks(plan.blocks),
            _risks(plan),
            _approval(plan),
            _notes(lines, len(plan.changes)),
        )
    )
    return document(f"dsac plan: {plan.project}", body, data)


def report(report: Report) -> str:
    """Write the report of an apply: how it ended, counts, then every result.

    What did not end as planned is listed first.
    """
    results = sorted(report.results, key=lambda item: not is_odd(item))
    rows = tuple(map(result_row, results[:MOST_ROWS]))
    facets = (("state", "Outcome"), *WHAT, WHERE)
    data = _data(rows, len(report.results), facets=facets)
    cards = [
        Card(report.count(outcome), str(outcome), TONES[outcome], (("state", outcome),))
        for outcome in Outcome
        if report.count(outcome) or outcome is Outcome.DONE
    ]
    facts = f"{counted(report.writes, 'write')}, {counted(report.uploads, 'upload')}"
    body = "".join(
        (
            _head("dsac apply", ending(report).text, facts),
            _cards(cards),
            _notes(list(remarks(report)), len(report.results)),
        )
    )
    return document("dsac apply", body, data)


def drift(drift: Drift) -> str:
    """Write a drift: the counts, then the objects."""
    rows = _bounded(map(drifted_row, drift.objects[:MOST_ROWS]))
    data = _data(rows, len(drift.objects), facets=(*WHAT, WHERE), noun="objects")
    counts = drift.counts
    cards = [
        Card(count, word, style, (("actions", word),))
        for count, word, style in (
            (counts.changed, "changed", Style.CHANGE),
            (counts.missing, "missing", Style.DESTROY),
            (counts.appeared, "appeared", Style.ADD),
            (counts.renamed, "renamed", Style.RENAME),
        )
    ]
    title = f"dsac drift: {drift.project}"
    body = "".join(
        (
            _head(title, drift_line(counts), f"on {drift.remote} as {drift.user}"),
            _cards([*cards, Card(counts.unchanged, "unchanged")]),
            _notes(list(drift_notes(drift, verbose=False)), len(drift.objects)),
        )
    )
    return document(title, body, data)


def _bounded(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Count the fields of rows, where a page of those before them is full."""
    found, room = [], MOST_TEXT
    for row in rows:
        size = sum(len(text) for field in row.fields for text in field)
        room -= size
        if size and room < 0:
            more = row.more + len(row.fields)
            found.append(msgspec.structs.replace(row, fields=(), more=more))
        else:
            found.append(row)
    return tuple(found)


def _data(
    rows: tuple[Row, ...],
    count: int,
    *,
    facets: tuple[Facet, ...],
    noun: str = "changes",
    images: tuple[Image, ...] = (),
) -> Data:
    return Data(
        noun=noun,
        facets=facets,
        rows=rows,
        open=count <= OPEN,
        left_out=count - len(rows),
        images=images,
    )


def _head(title: str, summary: str, facts: str) -> str:
    return (
        f"<header><div>\n<h1>{escaped(title)}</h1>\n"
        f'<p class="summary">{escaped(summary)}</p>\n'
        f'<p class="faint">{escaped(facts)}</p>\n</div>\n'
        '<button type="button" id="theme" aria-pressed="false">Light / dark</button>'
        "\n</header>\n"
    )


def _plan_cards(plan: Plan) -> Iterator[Card]:
    counts, planned = plan.summary, ("state", "planned")
    yield Card(counts.add, "to add", Style.ADD, (("actions", "create"), planned))
    yield Card(
        counts.change, "to change", Style.CHANGE, (("actions", "update"), planned)
    )
    yield Card(
        counts.destroy, "to destroy", Style.DESTROY, (("actions", "delete"), planned)
    )
    others = (
        Card(
            counts.rename, "to rename", Style.RENAME, (("actions", "rename"), planned)
        ),
        Card(counts.adopt, "to adopt", Style.RENAME, (("actions", "adopt"), planned)),
        Card(counts.held, "held", Style.HELD, (("state", "held"),)),
        Card(counts.unchanged, "unchanged"),
        Card(counts.kept, "kept labels"),
        Card(counts.unmanaged, "not managed"),
    )
    yield from (card for card in others if card.count)


def _cards(cards: Iterable[Card]) -> str:
    return f'<ul class="cards">\n{"".join(map(_card, cards))}</ul>\n'


def _card(card: Card) -> str:
    inner = f'<b class="{card.style.value}">{card.count:,}</b><span>{card.words}</span>'
    if not (card.count and card.narrows):
        return f"<li><div>{inner}</div></li>\n"
    narrows = "".join(f' data-{key}="{escaped(word)}"' for key, word in card.narrows)
    return f'<li><button type="button"{narrows}>{inner}</button></li>\n'


def _blocks(blocks: Sequence[Block]) -> str:
    """Write what the guards found."""
    if not blocks:
        return ""
    rows = [
        (
            code(item.address) if item.address else "",
            escaped(item.message),
            code(item.remedy) if item.remedy else "",
        )
        for item in blocks[:MOST_FINDINGS]
    ]
    found = table(("where", "why", "what allows it"), rows)
    rest = _rest(len(blocks))
    return (
        '<section class="finding" aria-label="what blocks the plan">\n'
        '<h2 class="bad">Blocked: this plan will not be applied</h2>\n'
        f"{found}{rest}</section>\n"
    )


def _risks(plan: Plan) -> str:
    """Write which labels that people worked on are at stake."""
    losses = labels_at_risk(plan)
    if not losses:
        return ""
    said = "".join(f"<p>{escaped(line.text)}</p>\n" for line in at_stake(plan))
    found = table(("label", "status", "by", "this plan"), _losses(losses))
    return (
        '<section class="finding risk" aria-label="labels at risk">\n'
        '<h2 class="held">Labels at risk that people worked on</h2>\n'
        f"{said}{found}{_rest(len(losses))}</section>\n"
    )


def _approval(plan: Plan) -> str:
    """Write what approves the plan, ready to be copied."""
    head, *lines = [line.text for line in approval_view(plan) if line.text] or [""]
    if not lines:
        return ""
    text = "\n".join(escaped(line.removeprefix("  ")) for line in lines)
    return (
        '<section class="finding risk" aria-label="what approves the plan">\n'
        f"<p>{escaped(head)}</p>\n<pre>{text}</pre>\n</section>\n"
    )


def _losses(losses: Sequence[tuple[Loss, bool]]) -> Iterator[tuple[str, ...]]:
    for loss, held in losses[:MOST_FINDINGS]:
        by = code(loss.author) if loss.author else ""
        fate = "held" if held else '<span class="bad">will be lost</span>'
        yield code(str(loss.address)), escaped(loss.status), by, fate


def _rest(count: int) -> str:
    rest = count - MOST_FINDINGS
    return f"<p>and {rest:,} more</p>\n" if rest > 0 else ""


def _about_pictures(pictures: Pictures) -> Iterator[Line]:
    if pictures.undepicted:
        count = counted(pictures.undepicted, "sample")
        yield Line(f"Note: no picture of {count} is shown; --thumbnails N shows more.")
    if pictures.left_out:
        one, many = "label was not looked at", "labels were not looked at"
        count = told(pictures.left_out, one, many)
        yield Line(f"Note: {count}; --pictures N looks at more.")


def _notes(lines: Sequence[Line], count: int) -> str:
    """Write what there is to say besides, among it what the list leaves out."""
    found = [line for line in lines if line.text]
    if count > MOST_ROWS:
        rest = counted(count - MOST_ROWS, "change")
        text = f"Note: {rest} more than this page lists; the JSON has them all."
        found.append(Line(text, Style.CHANGE))
    items = "".join(
        f'<li class="{line.style.value}">{escaped(line.text)}</li>\n' for line in found
    )
    return f'<ul class="notes">\n{items}</ul>\n' if items else ""

"""A view as plain or coloured text."""

from collections.abc import Iterable, Iterator
from itertools import islice

from dsac.render.lines import Line, Style

CODES = {
    Style.PLAIN: "",
    Style.BOLD: "1",
    Style.ADD: "32",
    Style.CHANGE: "33",
    Style.DESTROY: "31",
    Style.RENAME: "36",
    Style.HELD: "35",
    Style.FAINT: "2",
    Style.GOOD: "1;32",
    Style.BAD: "1;31",
}
"""The terminal's codes (ECMA-48, SGR) for what a line is."""


PART = 1000
"""So many lines are written together."""


def write(lines: Iterable[Line], *, color: bool) -> str:
    """Write the lines of a view."""
    return "".join(parts(lines, color=color))


def parts(lines: Iterable[Line], *, color: bool) -> Iterator[str]:
    """Write the lines of a view, part by part."""
    rest = iter(lines)
    while part := [_line(line, color=color) for line in islice(rest, PART)]:
        yield "\n".join(part) + "\n"


def _line(line: Line, *, color: bool) -> str:
    code = CODES[line.style]
    if not (color and code and line.text):
        return line.text
    return f"\x1b[{code}m{line.text}\x1b[0m"

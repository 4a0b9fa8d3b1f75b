"""Names and values written into markdown, so that they are text and nothing else."""

import re
from collections.abc import Iterable, Sequence

from dsac.render.lines import safe

PLAIN = frozenset(" ,.;/()+-'?=%{}")
"""The ASCII punctuation that is left as it is; all other might mean something."""


def escaped(text: str) -> str:
    """Write text for markdown, its tables and its HTML: punctuation as entities.

    An entity is never structure (CommonMark, section 2.5), and a pipe written as one
    does not end a cell of a table.
    """
    return "".join(
        character
        if character.isalnum() or character in PLAIN or not character.isascii()
        else f"&#{ord(character)};"
        for character in safe(text)
    )


def code(text: str) -> str:
    """Write a name as code, where no reader looks for mentions, references or links.

    An element of HTML rather than backticks: those can't hold a pipe in a table.
    """
    return f"<code>{escaped(text)}</code>"


SIGNS = re.compile(
    r"&#(?:35|58|64);"  # an issue, an emoji, a mention
    r"|&#(?:33|36|38|94|126);|%(?=[\w&])"  # on GitLab requests, snippets, labels, ...
    r"|(?<=\b[Gg][HhLl])-(?=\d)"  # an issue, in words
    r"|(?<=\b[Ww]{3})\."  # a link
    r"|\b[0-9a-f]{7,40}\b"  # a commit
)
"""What makes a page of GitHub or GitLab look for what is named, once it is text."""


SHORT = 6
"""So few digits name no commit."""


def prose(text: str) -> str:
    """Write a sentence that may hold names.

    A mention or reference needs its sign and its name in one piece of text, so the
    sign stands in an element of its own; the name of a commit is split into pieces.
    """
    return SIGNS.sub(_apart, escaped(text).replace("&#58; ", ": "))


def _apart(found: re.Match[str]) -> str:
    """Put a sign into an element, or every second piece of what is no sign."""
    text = found[0]
    if not text[0].isalnum():
        return f"<span>{text}</span>"
    pieces = [text[start : start + SHORT] for start in range(0, len(text), SHORT)]
    return "".join(
        f"<span>{piece}</span>" if index % 2 else piece
        for index, piece in enumerate(pieces)
    )


def fence(lines: Sequence[str]) -> list[str]:
    """Put lines into a code block that none of them can close."""
    longest = max((_longest_run(line) for line in lines), default=0)
    mark = "`" * max(3, longest + 1)
    return [f"{mark}diff", *lines, mark]


def _longest_run(line: str) -> int:
    """Give the length of the longest run of backticks."""
    count = line.count("`")
    while count and "`" * count not in line:
        count -= 1
    return count


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table of cells that are markdown already."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def size(text: str) -> int:
    """Count the bytes of a text in UTF-8."""
    return len(text.encode(errors="surrogatepass"))


def shortened(text: str, most: int) -> str:
    """Cut plain text to so many bytes, never within a character."""
    data = text.encode()
    if len(data) <= most:
        return text
    mark = "…".encode() if most >= 3 else b""  # noqa: PLR2004 - its bytes
    return data[: most - len(mark)].decode(errors="ignore") + mark.decode()

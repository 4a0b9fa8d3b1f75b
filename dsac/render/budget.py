"""Fits folded lists into so many bytes of markdown, cut in the middle, never broken."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import msgspec

from dsac.render.markup import fence, shortened, size

SMALLEST = 400
"""No list is given less; where that is too much, whole lists are left out."""

WIDEST = 400
"""Longer lines are cut in the middle, in characters."""

MARK = 20
"""The line that counts what was cut is as long as this, and its number."""


class Folded(msgspec.Struct, frozen=True):
    """A list that is folded away under a line of markdown and shown as code.

    `entry` gives the lines of one of its `count` entries; they hold no line end.
    `head` is told before them, where there is room for it.
    """

    title: str
    count: int
    entry: Callable[[int], list[str]]
    head: Sequence[str] = ()


class Shown(msgspec.Struct, frozen=True):
    """What became of a list: its markdown, and how many entries are not in it."""

    text: str
    left_out: int


def fit(lists: Sequence[Folded], room: int) -> tuple[str, int]:
    """Write lists into so many bytes; give the text, and how many entries are not in.

    1. Lists that can't have their share are left out, those in the middle.
    2. Each gets the same share; what one does not need goes to those that follow.
    """
    most = max(room, 0) // SMALLEST
    chosen = [*lists[: most - most // 2], *lists[len(lists) - most // 2 :]]
    chosen = list(lists) if len(lists) <= most else chosen
    left_out = sum(item.count for item in lists) - sum(item.count for item in chosen)
    needed = [min(_length(item, room // len(chosen)), room) for item in chosen]
    texts: list[str] = []
    for index, item in enumerate(chosen):
        kept_for_others = sum(needed[index + 1 :])
        shown = folded(item, room - kept_for_others)
        left_out += shown.left_out
        room -= size(shown.text)
        texts.append(shown.text)
    return "".join(texts), left_out


def _length(item: Folded, share: int) -> int:
    """Tell how much of its share a list needs."""
    return size(folded(item, share).text)


def folded(item: Folded, room: int) -> Shown:
    """Write a list into so many bytes; nothing where not even its title fits."""
    top = [_clipped(line) for line in item.head]
    frame = size(_framed(item.title, top))
    if frame > room // 2:
        top, frame = [], size(_framed(item.title, []))
    head, tail = _ends(item, room - frame)
    left_out = item.count - len(head) - len(tail)
    lines = [*top, *(line for entry in head for line in entry)]
    if left_out:
        lines.append(f"... {left_out} more ...")
    lines += [line for entry in reversed(tail) for line in entry]
    text = _framed(item.title, lines)
    return Shown(text, left_out) if size(text) <= room else Shown("", item.count)


def _framed(title: str, lines: Sequence[str]) -> str:
    block = "\n".join(fence(lines))
    return f"<details><summary>{title}</summary>\n\n{block}\n\n</details>\n\n"


def _ends(item: Folded, room: int) -> tuple[list[list[str]], list[list[str]]]:
    """Take entries from both ends in turn, for as long as they fit.

    Where not all do, so many are given that the line which counts the others fits too.
    """
    taken: list[list[str]] = []
    ticks, used, fitting = 3, 0, 0
    cut = MARK + len(str(item.count))
    for index in _from_both_ends(item.count):
        entry = [_clipped(line) for line in item.entry(index)]
        ticks = max(ticks, *(len(fence([line])[-1]) for line in entry))
        used += sum(size(line) + 1 for line in entry)
        whole = used + 2 * (ticks - 3)
        if whole > room:
            taken = taken[:fitting]
            break
        taken.append(entry)
        if whole + cut <= room:
            fitting = len(taken)
    return taken[::2], taken[1::2]


def _from_both_ends(count: int) -> Iterator[int]:
    """Yield 0, count - 1, 1, count - 2, and so on."""
    for step in range(count):
        yield count - 1 - step // 2 if step % 2 else step // 2


def _clipped(line: str) -> str:
    if len(line) <= WIDEST:
        return line
    half = (WIDEST - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


LEFT_OUT = "*Cut to fit: the rest is not shown here.*\n"


def shorter(text: str, most: int) -> str:
    """Cut a page that dsac wrote to so many bytes, between two of its blocks.

    The blocks are those of its first level: no fence, table or fold is cut in two.
    """
    if size(text) <= most:
        return text
    lines = text.splitlines(keepends=True)
    ends = accumulate(map(size, lines))
    room = most - size(LEFT_OUT)
    whole, depth, mark = 0, 0, ""
    for number, (line, end) in enumerate(zip(lines, ends, strict=True), start=1):
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if len(ticks) >= 3 and (not mark or line.strip() == mark):  # noqa: PLR2004 - a fence
            mark = "" if mark else ticks
        elif not mark:
            depth += line.count("<details>") - line.count("</details>")
        if end <= room and not (mark or depth or line.strip()):
            whole = number
    kept = "".join(lines[:whole])
    return kept + LEFT_OUT if kept else shortened(LEFT_OUT.strip("*\n"), most)

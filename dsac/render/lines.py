"""What a line of output is, and how names and values are written on one."""

import enum

import msgspec

from dsac.core.change import Action, Change
from dsac.core.fields import Absent
from dsac.core.values import Tree, Upload
from dsac.errors import printable

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
    """One line of a view; its text holds no character that moves a terminal."""

    text: str = ""
    style: Style = Style.PLAIN


class Look(msgspec.Struct, frozen=True):
    """How a kind of change looks: symbol, word in the legend, style, participle."""

    symbol: str
    legend: str
    style: Style
    done: str


HELD = Look("!", "held", Style.HELD, "held")
REPLACED = Look("-/+", "replace", Style.DESTROY, "replaced, as requested")
LOOKS = {
    Action.CREATE: Look("+", "create", Style.ADD, "created"),
    Action.UPDATE: Look("~", "update", Style.CHANGE, "updated in-place"),
    Action.DELETE: Look("-", "delete", Style.DESTROY, "destroyed"),
    Action.RENAME: Look(">", "rename", Style.RENAME, "renamed"),
    Action.ADOPT: Look("=", "adopt", Style.RENAME, "adopted"),
}


def look_of(change: Change) -> Look:
    """Give how a change looks: as held, or by its first action."""
    if change.held:
        return HELD
    return REPLACED if change.is_replacement else LOOKS[_actions(change)[0]]


def _actions(change: Change) -> tuple[Action, ...]:
    """Give what a change does; one that does nothing, an odd file's, is an update."""
    return change.actions or (Action.UPDATE,)


def sentence(change: Change) -> str:
    """Say what will happen: "will be renamed and updated in-place (labels kept)"."""
    words = " and ".join(LOOKS[action].done for action in _actions(change))
    if change.is_replacement:
        words = REPLACED.done
    kept = " (labels kept)" if change.previous and not change.losses else ""
    return f"{'would' if change.held else 'will'} be {words}{kept}"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun, in the plural where it is one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def told(count: int, one: str, many: str) -> str:
    """Write a count with words that tell of one thing or of more."""
    return f"{count} {one if count == 1 else many}"


safe = printable
"""Text that can't change the terminal or page that shows it."""


def cut(text: str) -> str:
    """Leave out the middle of a long text."""
    if len(text) <= WIDEST:
        return text
    half = (WIDEST - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def shown(value: "Tree | Absent") -> str:
    """Write a value on one line, as JSON, cut in the middle where it is long."""
    if isinstance(value, Absent):
        return "(none)"
    if isinstance(value, Upload):
        return f"(file {safe(value.path)}, sha256 {safe(value.sha256[:12])})"
    return cut(safe(msgspec.json.encode(value, order="deterministic").decode()))

"""Writes values as YAML such as people write, which the loader reads back exactly."""

import re
from collections.abc import Iterator

from dsac.core.values import Json
from dsac.manifests.scalars import resolve

WIDTH = 96
"""What fits on a line of so many characters stands on one line."""

LONG_KEY = 250
"""Keys from here on are written with a question mark: YAML finds no others so long."""

PLAIN = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*://)?[A-Za-z0-9_][A-Za-z0-9_./@+=%-]*"
    r"( [A-Za-z0-9_./(+=%-][A-Za-z0-9_./@()+=%-]*)*"
)
NUMERIC = re.compile(r"[0-9][0-9a-fA-F_.:xXoObBeE+-]*")
WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What other readers of YAML take for something else than text, in any case."""

VARIABLE = re.compile(r"\$(?=\{[^{}]*\})")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

Mapping = dict[str, Json]


def write_yaml(document: Mapping) -> str:
    """Write one document, its own keys on lines of their own.

    What looks like a variable in a text is escaped: it is read as it was.
    """
    return "".join(f"{line}\n" for line in _block(document, 0))


def _block(value: Mapping | list[Json], indent: int) -> Iterator[str]:
    margin = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{margin}{_key(key)}:", item, indent)
    else:
        for item in value:
            yield from _item(item, indent)


def _entry(start: str, value: Json, indent: int) -> Iterator[str]:
    """Write a key and its value, on one line where both fit."""
    if isinstance(value, str) and _is_literal(value):
        yield f"{start} |{'' if value.endswith(chr(10)) else '-'}"
        for line in _escaped(value).removesuffix("\n").split("\n"):
            yield f"{' ' * (indent + 2)}{line}" if line else ""
        return
    if not isinstance(value, dict | list) or not _splits(value):
        yield f"{start} {_flow(value)}"
        return
    flow = f"{start} {_flow(value)}"
    if len(flow) <= WIDTH and not _wants_lines(value):
        yield flow
    elif isinstance(value, list) and _is_flat(value):
        yield from _filled(f"{start} ", value, indent + 2)
    else:
        yield start
        yield from _block(value, indent + 2)


def _item(value: Json, indent: int) -> Iterator[str]:
    """Write an item of a list; the first line of what is inside begins beside it."""
    start = f"{' ' * indent}- "
    if not isinstance(value, dict | list) or not _splits(value):
        yield f"{start}{_flow(value)}"
        return
    flow = f"{start}{_flow(value)}"
    if len(flow) <= WIDTH:
        yield flow
    elif isinstance(value, list) and _is_flat(value):
        yield from _filled(start, value, indent + 2)
    else:
        first, *rest = _block(value, indent + 2)
        yield f"{start}{first[indent + 2 :]}"
        yield from rest


def _wants_lines(value: Mapping | list[Json]) -> bool:
    """Tell whether a value reads better on several lines, though one would do."""
    if isinstance(value, dict):
        return any(
            isinstance(item, str) and _is_literal(item) for item in value.values()
        )
    return any(isinstance(item, dict) for item in value)


def _splits(value: Mapping | list[Json]) -> bool:
    """Tell whether a value may go over several lines; long keys can't begin one."""
    if isinstance(value, dict):
        return bool(value) and all(len(key) < LONG_KEY for key in value)
    return bool(value)


def _is_flat(value: Json) -> bool:
    """Tell whether a value is numbers, words and lists of them all the way down."""
    if isinstance(value, list):
        return all(map(_is_flat, value))
    return not isinstance(value, dict)


def _filled(start: str, items: list[Json], indent: int) -> Iterator[str]:
    """Fill lines with the items of a list."""
    line = f"{start}["
    for number, item in enumerate(items):
        text = _flow(item) + (", " if number + 1 < len(items) else "]")
        if len(line) + len(text.rstrip()) > WIDTH and number:
            yield line.rstrip()
            line = " " * indent
        line += text
    yield line


def _flow(value: Json) -> str:
    if isinstance(value, dict):
        inside = ", ".join(_pair(key, item) for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str):
        return _text(_escaped(value))
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _pair(key: str, value: Json) -> str:
    mark = "? " if len(key) >= LONG_KEY else ""
    return f"{mark}{_key(key)}: {_flow(value)}"


def _key(key: str) -> str:
    """Write a key; variables are not looked for in keys."""
    return _text(key)


def _escaped(text: str) -> str:
    return VARIABLE.sub("$$", text)


def _text(text: str) -> str:
    return text if _is_plain(text) else _quoted(text)


def _is_plain(text: str) -> bool:
    """Tell whether a text may stand without quotes, for us and for YAML 1.1."""
    return (
        PLAIN.fullmatch(text) is not None
        and text.lower() not in WORDS
        and not NUMERIC.fullmatch(text)
        and isinstance(resolve(text), str)
    )


def _quoted(text: str) -> str:
    return f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - two hex digits
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004


def _is_literal(text: str) -> bool:
    """Tell whether a text of several lines may stand as it is, indented."""
    lines = text.removesuffix("\n").split("\n")
    return (
        "\n" in text
        and text[0] not in " \n"
        and lines[-1] != ""
        and all(line.isprintable() and line == line.rstrip() for line in lines)
    )

"""Cells of an index that are text: what they say, and which rows they select."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec

from dsac.core.values import Json
from dsac.manifests.index_targets import Form

Cell: TypeAlias = Any  # whatever a form of file has in its cells

Reader: TypeAlias = Callable[[Cell], Json]
"""Turns a cell into a value; a ValueError says what to write instead."""

Test: TypeAlias = Callable[[Cell], bool]
"""Tells whether a cell is one that `where` asks for."""

_TRUTHS = {True: ("true", "True", "TRUE"), False: ("false", "False", "FALSE")}


def text_reader(form: Form) -> Reader | None:
    """Give what reads the cells of a target from text; None if text is what it is."""
    readers = {Form.NUMBER: number, Form.DOCUMENT: document, Form.VALUE: document}
    return readers.get(form)


def number(cell: Cell) -> Json:
    """Read a number, the way JSON and most tools write it.

    Raises:
        ValueError: it is none, or too large.
    """
    text = str(cell).strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    # Python takes more than others do: 1_000, digits of all scripts, "infinity".
    if not math.isfinite(value) or "_" in text or not text.isascii():
        raise ValueError("write a number")
    return int(text) if text.lstrip("+-").isdigit() else value


def document(cell: Cell) -> Json:
    """Read JSON; what is no text has been read already.

    Raises:
        ValueError: it is no JSON.
    """
    found: Json = cell
    if not isinstance(cell, str):
        return found
    try:
        found = msgspec.json.decode(cell)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueError(f"write JSON ({error})") from error
    return found


def text_test(wanted: Sequence[Json]) -> Test:
    """Give the test for cells that are text: 3 is also found as 03 and 3.0."""
    texts = {item for item in wanted if isinstance(item, str)}
    if None in wanted:
        texts.add("")
    for item in wanted:
        if isinstance(item, bool):
            texts.update(_TRUTHS[item])
    numbers = {
        item
        for item in wanted
        if isinstance(item, int | float) and not isinstance(item, bool)
    }

    def is_number(cell: Cell) -> bool:
        try:
            return number(cell) in numbers
        except ValueError:
            return False

    if numbers:
        return lambda cell: cell in texts or is_number(cell)
    return texts.__contains__


def value_test(wanted: Sequence[Json]) -> Test:
    """Give the test for cells that are values: true is not 1, and "1" is not 1."""
    keys = {_key(item) for item in wanted}
    return lambda cell: _key(cell) in keys


def _key(value: Cell) -> object:
    if isinstance(value, bool):
        return (bool, value)
    if value is None or isinstance(value, str | int | float):
        return value
    # No list and no object is ever asked for.
    return ()

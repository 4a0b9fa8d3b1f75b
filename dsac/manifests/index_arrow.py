"""Values of Arrow to JSON: structs to objects, times to text, decimals to numbers."""

import decimal
import math
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from dsac.core.values import Json
from dsac.manifests.index_cells import Cell, Reader

if TYPE_CHECKING:
    import pyarrow as pa

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - what has a zone is told apart
SINGLE, HALF = "<f", "<e"


class UnreadableTypeError(Exception):
    """JSON has nothing for the values of a column; says what would do instead."""


def values_of(column: "pa.Array") -> list[Cell]:
    """Give the values of a column, times of day and instants as whole numbers.

    Nobody but pandas has a type for nanoseconds.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_time32(kind):
        column = column.cast(pa.int32())
    found: list[Cell] = column.to_pylist()
    return found


def reader_of(kind: "pa.DataType", *, inner: bool = False) -> Reader | None:
    """Give what reads values of a type; None if they are JSON as they are.

    Args:
        kind: The type of a column, or of what its values hold.
        inner: Whether the values stand in lists or structs.

    Raises:
        UnreadableTypeError: JSON has nothing for them.
    """
    import pyarrow as pa

    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        is_uuid = kind.extension_name == "arrow.uuid"
        return str if is_uuid else reader_of(kind.storage_type, inner=inner)
    if types.is_dictionary(kind):
        return reader_of(kind.value_type, inner=True)
    if types.is_struct(kind):
        return _structs(kind)
    if types.is_map(kind):
        return partial(_map, reader_of(kind.item_type, inner=True))
    if (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
    ):
        item = reader_of(kind.value_type, inner=True)
        return None if item is None else partial(_list, item)
    for fits, read in _plain(kind, inner=inner):
        if fits(kind):
            return read
    if (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
    ):
        raise UnreadableTypeError("decode it to text, or leave it out of columns:")
    raise UnreadableTypeError("cast it to text or to numbers, or leave it out")


Kinds = list[tuple[Callable[["pa.DataType"], bool], Reader | None]]


def _plain(kind: "pa.DataType", *, inner: bool) -> Kinds:
    """List the types of single values, and what reads them."""
    from pyarrow import types

    zoned = bool(getattr(kind, "tz", None))
    unit = PER_SECOND.get(getattr(kind, "unit", ""), 1)
    return [
        (types.is_null, None),
        (types.is_boolean, None),
        (types.is_integer, None),
        (types.is_string, None),
        (types.is_large_string, None),
        (types.is_string_view, None),
        (types.is_float64, _double),
        (types.is_float32, partial(_shortest, SINGLE)),
        (types.is_float16, partial(_shortest, HALF)),
        (types.is_decimal, _decimal),
        (types.is_date, _iso),
        (types.is_timestamp, _moment if inner else partial(_instant, unit, zoned)),
        (types.is_time, _time if inner else partial(_time_of_day, unit)),
    ]


def _structs(kind: "pa.StructType") -> Reader:
    fields = [kind.field(number) for number in range(kind.num_fields)]
    readers = {field.name: reader_of(field.type, inner=True) for field in fields}
    return partial(_struct, readers)


def _struct(readers: dict[str, Reader | None], value: dict[str, Any]) -> Json:
    """Give an object without what is null: a struct has all its fields in each row."""
    return {
        name: item if (read := readers[name]) is None else read(item)
        for name, item in value.items()
        if item is not None
    }


def _map(read: Reader | None, value: Sequence[tuple[Any, Any]]) -> Json:
    found: dict[str, Json] = {}
    for key, item in value:
        if not isinstance(key, str):
            raise ValueError("write keys of maps as text")  # noqa: TRY004 - see Reader
        if item is not None:
            found[key] = item if read is None else read(item)
    return found


def _list(read: Reader, value: Sequence[Any]) -> Json:
    return [None if item is None else read(item) for item in value]


def _double(value: float) -> Json:
    if not math.isfinite(value):
        raise ValueError(f"write null or a number: JSON has no {value}")
    return value


def _shortest(form: str, value: float) -> Json:
    """Give the shortest number that is the same in its precision: 0.9, not 0.8999..."""
    _double(value)
    for digits in range(1, 9):
        text = float(f"{value:.{digits}g}")
        try:
            (again,) = struct.unpack(form, struct.pack(form, text))
        except OverflowError:
            continue
        if again == value:
            return text
    return float(f"{value:.9g}")


def _decimal(value: decimal.Decimal) -> Json:
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if decimal.Decimal(repr(number)) != value:
        raise ValueError("cast it to text: it has more digits than a JSON number")
    return number


def _iso(value: date) -> Json:
    return value.isoformat()


def _instant(per_second: int, zoned: bool, value: int) -> Json:  # noqa: FBT001 - bound
    """Write an instant in ISO 8601: in UTC if it has a zone, else as it is."""
    seconds, rest = divmod(value, per_second)
    try:
        moment = EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("write a year from 1 to 9999") from error
    nanoseconds = rest * (10**9 // per_second)
    return f"{moment.isoformat()}{_fraction(nanoseconds)}{'Z' if zoned else ''}"


def _time_of_day(per_second: int, value: int) -> Json:
    seconds, rest = divmod(value, per_second)
    moment = EPOCH + timedelta(seconds=seconds)
    return f"{moment.time().isoformat()}{_fraction(rest * (10**9 // per_second))}"


def _moment(value: datetime) -> Json:
    """Write an instant that stands in a list or struct, as those in columns."""
    zoned = value.tzinfo is not None
    moment = value.astimezone(UTC) if zoned else value
    whole = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    # Where pandas is installed, Arrow gives its type, which has nanoseconds.
    rest = moment.microsecond * 1000 + getattr(moment, "nanosecond", 0)
    return f"{whole}{_fraction(rest)}{'Z' if zoned else ''}"


def _time(value: time) -> Json:
    whole = value.isoformat(timespec="seconds")
    return f"{whole}{_fraction(value.microsecond * 1000)}"


def _fraction(nanoseconds: int) -> str:
    """Write a part of a second with 3, 6 or 9 digits, or none at all."""
    if not nanoseconds:
        return ""
    digits = f"{nanoseconds:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}"

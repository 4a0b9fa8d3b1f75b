"""Reads request bodies: JSON, unzipped if need be, within bounds."""

import re
import zlib
from typing import Any, TypeVar

import msgspec
from flask import request

from dsac.emulator.errors import invalid, refused

# The JSON of a request; `dsac.emulator.validation` finds out which types are in it.
Object = dict[str, Any]

Kind = TypeVar("Kind")

# Made once: to make one takes longer than to decode a sample.
ANYTHING = msgspec.json.Decoder(object)
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])

LARGEST_BODY = 256 * 1024 * 1024
DEEPEST = 100

STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
SQUARE = bytes.maketrans(b"{}", b"[]")


def json_body() -> object:
    """Decode the JSON of the request.

    Raises:
        ApiError: it is no JSON, is nested too deeply, or grows beyond all measure.
    """
    return decoded(content())


def object_body() -> Object:
    """Decode the body of a request that must be a JSON object."""
    return require_object(json_body())


def require_object(value: object) -> Object:
    """Refuse JSON that is no object."""
    if not isinstance(value, dict):
        raise invalid("non_field_errors", "A JSON object is expected.")
    return value


def list_body() -> list[msgspec.Raw]:
    """Cut the body of a request into the items of its JSON list, not decoded yet."""
    data = content()
    if not data.lstrip().startswith(b"["):
        decoded(data)
        raise invalid("non_field_errors", "A JSON list is expected.")
    return _decoded(data, ITEMS)


def content() -> bytes:
    """Give the bytes of the body; an empty one stands for an empty object."""
    data = request.get_data()
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "gzip":
        data = unzipped(data)
    elif encoding != "identity":
        raise refused(415, f'Unsupported content encoding "{encoding}".')
    return data or b"{}"


def decoded(data: bytes | msgspec.Raw) -> object:
    """Decode JSON.

    Raises:
        ApiError: it is no JSON, or is nested too deeply.
    """
    found = _decoded(data, ANYTHING)
    require_shallow(bytes(data))
    return found


def _decoded(data: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[Kind]) -> Kind:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refused(400, f"JSON parse error - {error}") from error


def require_shallow(data: bytes) -> None:
    """Refuse JSON that is nested more than 100 levels deep.

    Brackets alone are looked at, a level of them is taken off at a time: this runs in
    C, so that large bodies cost next to nothing.
    """
    brackets = data.translate(None, NO_BRACKETS)
    if len(brackets) <= 2 * DEEPEST:
        return
    brackets = STRINGS.sub(b"", data).translate(SQUARE, NO_BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        raise refused(400, f"JSON is nested more than {DEEPEST} levels deep.")


def unzipped(data: bytes) -> bytes:
    """Unzip a body.

    Raises:
        ApiError: it is no gzip, is cut, goes on behind its end, or grows beyond all
            measure.
    """
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        result = stream.decompress(data, LARGEST_BODY)
    except zlib.error as error:
        raise refused(400, f"The body is no gzip: {error}") from error
    if stream.unconsumed_tail or not stream.eof:
        raise refused(400, "The compressed body is cut, or too large.")
    if stream.unused_data:
        raise refused(400, "Something follows the compressed body.")
    return result

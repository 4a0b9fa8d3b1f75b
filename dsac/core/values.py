"""JSON values as dsac compares them: normal form, canonical bytes, overlay."""

import hashlib
import math
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeGuard

import msgspec


class Upload(msgspec.Struct, frozen=True):
    """A local file that stands where its URL will stand once it is uploaded.

    `path` is relative to the project's root, with forward slashes; `sha256` is the
    hex digest of its bytes; `form` says whether the bytes go up as they are ("file")
    or are read as instance ids and encoded the platform's way ("bitmap").
    """

    path: str
    sha256: str
    form: str = "file"


Tree: TypeAlias = (
    "bool | int | float | str | Upload | list[Tree] | dict[str, Tree] | None"
)
"""A JSON value in which an `Upload` may stand for a URL."""

Json: TypeAlias = Tree
"""A JSON value in which no upload stands: metadata, settings, answers."""

MAX_EXACT = 2**53
"""Up to here every whole number is the same as a float and as an integer."""


def is_object(value: Tree) -> TypeGuard[dict[str, Tree]]:
    """Tell whether a value is a JSON object."""
    return isinstance(value, dict)


ALREADY_NORMAL = frozenset({str, int, bool, type(None)})
"""Types whose values have one form only."""


def normal(value: Tree) -> Tree:
    """Give the one form of a value: whole floats as integers, no signatures.

    JSON has one type of number, and servers write 1.0 as 1 or the other way round.
    `signed_url` keys and the signature of a URL are what the platform adds for
    an hour or a day; they are no part of what is stored.

    Raises:
        ValueError: a number is infinite or not a number; JSON can't say those.
    """
    if isinstance(value, dict):
        return {
            key: _normal_url(item)
            if key == "url"
            else item
            if type(item) in ALREADY_NORMAL
            else normal(item)
            for key, item in value.items()
            if key != "signed_url"
        }
    if isinstance(value, list):
        return [
            item if type(item) in ALREADY_NORMAL else normal(item) for item in value
        ]
    if isinstance(value, float):
        return _normal_number(value)
    return value


_NOT_NORMAL = re.compile(rb'\.0(?![0-9])|"url":|"signed_url":|null').search
_HAS_URL = re.compile(rb'"url":').search


_NO_BRACKETS = bytes(sorted({*range(256)} - {*b"[]{}"}))
_DEEP = 50
"""So deep a value may be nested to be looked through as text."""


def _text(value: Tree) -> bytes | None:
    """Write a value as text, to be looked through; None where it can't be."""
    try:
        text = msgspec.json.encode(value)
    except (ValueError, OverflowError, RecursionError):
        return None
    brackets = text.translate(None, _NO_BRACKETS)
    for _ in range(_DEEP):
        if not brackets:
            return text
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return None


def has_url(value: Tree) -> bool:
    """Tell whether there may be a key `url` anywhere in a value.

    As text it is looked through a hundred times faster than value by value.
    """
    text = _text(value)
    return text is None or _HAS_URL(text) is not None


def normal_tree(value: Tree) -> Tree:
    """Give what `normal` does, sooner where much is in its normal form already."""
    # As text a whole number ends with .0, an infinite one is null, and files stand
    # where URLs do.
    text = _text(value)
    return normal(value) if text is None or _NOT_NORMAL(text) else value


def _normal_number(value: float) -> int | float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number that JSON can carry")
    if value.is_integer() and abs(value) <= MAX_EXACT:
        return int(value)
    return value


_SIGNED_BY = frozenset({"x-amz-signature", "x-goog-signature", "signature", "sig"})
_BESIDE = ("awsaccesskeyid", "googleaccessid", "key-pair-id", "policy", "expires")
_OF_AMAZON_AND_GOOGLE = _SIGNED_BY.union(_BESIDE)
_OF_AZURE = _OF_AMAZON_AND_GOOGLE.union(
    ("sv", "ss", "srt", "sr", "sp", "st", "se", "spr", "sip", "si", "sdd", "ses"),
    ("skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid"),
    ("rscc", "rscd", "rsce", "rscl", "rsct"),
)
_PREFIXES = ("x-amz-", "x-goog-", "response-")


def _normal_url(value: Tree) -> Tree:
    """Take a signature out of a URL; the rest of the query says which file it is."""
    if not isinstance(value, str):
        return normal(value)
    url, mark, query = value.partition("?")
    if not mark:
        return value
    parts = [(part, part.partition("=")[0].lower()) for part in query.split("&")]
    names = {name for _, name in parts}
    if _SIGNED_BY.isdisjoint(names):
        return value
    of_it = _OF_AZURE if {"sig", "sv"} <= names else _OF_AMAZON_AND_GOOGLE
    kept = [
        part
        for part, name in parts
        if name not in of_it and not name.startswith(_PREFIXES)
    ]
    return f"{url}?{'&'.join(kept)}" if kept else url


def canonical(value: object) -> bytes:
    """Give the bytes that are equal exactly when two values are.

    1, True, "1", null and an absent key are five different things.
    """
    return msgspec.json.encode(value, order="sorted")


def same(left: Tree, right: Tree) -> bool:
    """Tell whether two values are equal in canonical form."""
    if left is right:
        return True
    # What Python takes for unequal is so, and found at the first difference; of what
    # it takes for equal, 1, 1.0 and True among it, the canonical form decides.
    if type(left) is not type(right) or left != right:
        return False
    if isinstance(left, str):
        return True
    return canonical(left) == canonical(right)


def without_nulls(value: Mapping[str, Tree]) -> dict[str, Tree]:
    """Drop the keys whose value is null: on the platform null equals absent."""
    return {key: item for key, item in value.items() if item is not None}


def digest(value: object, *, length: int = 12) -> str:
    """Digest a value's canonical form into `length` characters of 6 bits each."""
    hashed = hashlib.sha256(canonical(value)).digest()
    return text64(hashed)[:length]


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def text64(data: bytes) -> str:
    """Write bytes as text that is safe in URLs and markers, 6 bits a character."""
    number = int.from_bytes(data, "big")
    count = -(-len(data) * 8 // 6)
    number <<= count * 6 - len(data) * 8
    return "".join(
        _ALPHABET[number >> shift & 63] for shift in range((count - 1) * 6, -1, -6)
    )


def single(value: float) -> float:
    """Round to the nearest 32-bit float, the precision of the platform's points.

    A number too large for one is given back as it is.
    """
    try:
        result: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return value
    return result


def covers(before: Tree, stated: Tree) -> bool:
    """Tell whether what is there already says all that a manifest states.

    Keys that are not stated do not count, a null equals an absent key, items with
    ids of their own are sets, and a number may have gone through the 32-bit floats
    in which the platform keeps points. A file that is still to be uploaded is never
    covered.
    """
    if isinstance(stated, dict):
        return isinstance(before, dict) and all(
            covers(before.get(key), item) for key, item in stated.items()
        )
    if isinstance(stated, list):
        return isinstance(before, list) and _covers_list(before, stated)
    if isinstance(stated, float) and type(before) in {int, float}:
        return before in (stated, single(stated))
    return same(before, stated)


def _covers_list(before: list[Tree], stated: list[Tree]) -> bool:
    if len(before) != len(stated):
        return False
    here, there = by_id(before), by_id(stated)
    if here and there:
        return here.keys() == there.keys() and all(
            covers(here[key], there[key]) for key in here
        )
    return all(covers(a, b) for a, b in zip(before, stated, strict=True))


def overlay(before: Tree, stated: Tree) -> Tree:
    """Lay what a manifest states over what is there; what it leaves out stays.

    Objects go key by key. Lists whose items all carry an id of their own are sets by
    id: items that are not stated go, those that stay keep the order of `before`.
    Lists whose items all carry a name, such as the attributes of a category, go item
    by item in the order stated. Anything else is replaced.
    """
    if isinstance(before, dict) and isinstance(stated, dict):
        laid = {key: overlay(before.get(key), item) for key, item in stated.items()}
        return {**before, **laid}
    if isinstance(before, list) and isinstance(stated, list):
        here, there = by_id(before), by_id(stated)
        if here and there:
            kept = [overlay(here[key], there[key]) for key in here if key in there]
            return kept + [item for key, item in there.items() if key not in here]
        named, wanted = by_id(before, "name"), by_id(stated, "name")
        if named and wanted:
            return [overlay(named.get(key), item) for key, item in wanted.items()]
    return stated


def by_id(items: Sequence[Tree], key: str = "id") -> dict[str, Tree] | None:
    """Key a list's items by their ids, None where one has none or two share one.

    `key` names the key that holds the id.
    """
    result: dict[str, Tree] = {}
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get(key), int | str):
            return None
        result[str(item[key])] = item
    return result if len(result) == len(items) else None


Path: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands in a tree: keys and indexes from the root."""


def uploads(value: Tree, path: Path = ()) -> Iterator[tuple[Path, Upload]]:
    """List the files of a tree, each with its place, in the order of the tree."""
    if isinstance(value, Upload):
        yield path, value
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from uploads(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from uploads(item, (*path, index))


_PLAIN = frozenset({str, int, float, bool, type(None)})


def has_uploads(value: Tree) -> bool:
    """Tell whether any file stands in a tree; quick where none does."""
    if isinstance(value, dict):
        items: Iterable[Tree] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        return isinstance(value, Upload)
    # A loop and no generator: this is asked of every sample of a plan.
    for item in items:  # noqa: SIM110
        if type(item) not in _PLAIN and has_uploads(item):
            return True
    return False


def at(value: Tree, path: Path) -> Tree:
    """Give what stands at a place in a tree, None where there is nothing."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            return None
    return value


def replace_uploads(
    value: Tree, url_of: Callable[[Path, Upload], Tree], path: Path = ()
) -> Tree:
    """Put `url_of(place, upload)` where each upload stands in a tree."""
    if isinstance(value, Upload):
        return url_of(path, value)
    if isinstance(value, dict):
        return {
            key: replace_uploads(item, url_of, (*path, key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            replace_uploads(item, url_of, (*path, index))
            for index, item in enumerate(value)
        ]
    return value

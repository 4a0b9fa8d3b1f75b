"""Renames by content: samples that left a manifest and came under other names.

Only what is certain counts: the files or URLs are the same, everything else in the
attributes is, and there is exactly one such sample on either side.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dsac.core.marker import content_digest, settles
from dsac.core.ownership import pair_for
from dsac.core.resources import RemoteSample, Sample, attributes_of
from dsac.core.values import Path, Tree, digest, uploads

MOST_NOTES = 5
"""So many groups that can't be told apart are named; the others are counted."""

MOST_NAMES = 3
"""So many samples of such a group are named."""

Key = tuple[str, str]
"""Digests of the files of a sample, and of all else that its attributes say."""


class Twins(msgspec.Struct, frozen=True):
    """The renames, name before by name after; `notes` says what could not be told."""

    renames: dict[str, str] = {}
    notes: tuple[str, ...] = ()


class _New(msgspec.Struct, frozen=True):
    """New samples of the same files, and where in their attributes these stand."""

    stated: Tree
    places: frozenset[Path]


def find_twins(
    left: Sequence[RemoteSample], new: Sequence[Sample], *, dataset: str
) -> Twins:
    """Pair samples that left the manifest with new ones of the same content.

    Args:
        left: Samples of ours on the platform that no manifest names any more.
        new: Samples of the manifest that the platform does not have.
        dataset: The full name of the dataset.
    """
    shapes: dict[str, _New] = {}
    names_of: dict[Key, list[str]] = defaultdict(list)
    for sample in new:
        key = _key_of_new(sample, shapes)
        if key is not None:
            names_of[key].append(sample.name)
    lefts_of: dict[Key, list[str]] = defaultdict(list)
    claims: dict[str, int] = defaultdict(int)
    for row in left:
        for key in _keys_of_left(row, shapes, dataset=dataset):
            if key in names_of:
                lefts_of[key].append(row.sample.name)
                claims[row.sample.name] += len(names_of[key])
    renames: dict[str, str] = {}
    unclear: list[tuple[list[str], list[str]]] = []
    for key, lefts in lefts_of.items():
        names = names_of[key]
        if len(lefts) == len(names) == 1 and claims[lefts[0]] == 1:
            renames[names[0]] = lefts[0]
        else:
            unclear.append((lefts, names))
    return Twins(renames, tuple(_notes(sorted(unclear), dataset)))


def _key_of_new(sample: Sample, shapes: dict[str, _New]) -> Key | None:
    """Give the key of a new sample; None where it has no content to go by."""
    attributes = attributes_of(sample)
    if not attributes:
        return None
    places = frozenset(place for place, _ in uploads(attributes))
    files = content_digest(attributes) if places else ""
    shapes.setdefault(files, _New(attributes, places))
    return files, digest(_without(attributes, places))


def _keys_of_left(
    row: RemoteSample, shapes: dict[str, _New], *, dataset: str
) -> Iterator[Key]:
    """Yield the keys of a sample: by its URLs, and by the files behind them."""
    attributes = attributes_of(row.sample)
    if not attributes:
        return
    yield "", digest(_without(attributes, frozenset()))
    pair = pair_for(row.marker, dataset)
    shape = shapes.get(pair.content) if pair else None
    if pair and shape and settles(pair, shape.stated, attributes):
        yield pair.content, digest(_without(attributes, shape.places))


def _without(value: Tree, places: frozenset[Path], path: Path = ()) -> Tree:
    """Give a tree without nulls, and with nothing where its files stand."""
    if path in places:
        return None
    if isinstance(value, dict):
        return {
            key: _without(item, places, (*path, key))
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [_without(item, places, (*path, at)) for at, item in enumerate(value)]
    return value


def _notes(
    unclear: Sequence[tuple[list[str], list[str]]], dataset: str
) -> Iterator[str]:
    for lefts, names in unclear[:MOST_NOTES]:
        yield (
            f"{dataset}: {_listed(lefts)} left the manifest, {_listed(names)} came "
            "with the same content: no rename can be told from that; write moved: "
            "where it is one"
        )
    if len(unclear) > MOST_NOTES:
        yield (
            f"{dataset}: {len(unclear) - MOST_NOTES} more groups of samples left the "
            "manifest and came with the same content under other names"
        )


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    text = ", ".join(map(repr, found[:MOST_NAMES]))
    more = len(found) - MOST_NAMES
    return f"{text} and {more} more" if more > 0 else text

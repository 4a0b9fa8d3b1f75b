"""What is shown beside the words of a plan: made by the engine, for renderers."""

from collections.abc import Iterator, Mapping

import msgspec

from dsac.core.instances import Id, parts
from dsac.core.label_changes import LabelDifference
from dsac.core.resources import Address
from dsac.core.values import Tree, is_object


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """A small copy of a picture, or why there is none.

    `width` and `height` are those of the picture itself, in which shapes are placed;
    both are 0 where it could not be read, of which `problem` says why.
    """

    data: bytes = b""
    media_type: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures of a place in a sample; one that stays the same is `after` alone."""

    before: Thumbnail | None = None
    after: Thumbnail | None = None


class IdMap(msgspec.Struct, frozen=True, kw_only=True):
    """A bitmap of ids made small: its rows as runs of equal ids.

    `width` and `height` are those of the map, `full` those of the bitmap. `runs` holds
    pairs of numbers, an index into `ids` and a count of pixels, each number in groups
    of 7 bits, the lowest first, with the high bit set where more follow (LEB128).
    """

    width: int
    height: int
    full: tuple[int, int]
    ids: tuple[int, ...]
    runs: bytes


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """What the bitmaps of a label's layer draw; shapes stand in the label itself.

    `changed` has the id 1 where any pixel differs, 0 elsewhere. `problem` says why a
    side that has a bitmap is not drawn.
    """

    before: IdMap | None = None
    after: IdMap | None = None
    changed: IdMap | None = None
    problem: str = ""


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the changes of a plan beside the changes themselves.

    `differences` tells of labels, by their addresses, what differs instance by
    instance. Changes beyond the first so many have none; `left_out` counts them.
    `thumbnails` has the pictures of samples by their places ("" where there is one),
    `drawings` those of labels by the places of their layers, `names` the categories of
    datasets. `undepicted` counts the changes of samples that nobody looked at.
    """

    differences: Mapping[Address, LabelDifference] = {}
    left_out: int = 0
    thumbnails: Mapping[Address, Mapping[str, Sides]] = {}
    drawings: Mapping[Address, Mapping[str, Drawing]] = {}
    names: Mapping[str, Mapping[Id, str]] = {}
    undepicted: int = 0


NO_PICTURES = Pictures()


def images_of(attributes: Mapping[str, Tree]) -> Iterator[tuple[str, Tree]]:
    """Yield what stands where the URLs of a sample's images do, by their places.

    The places are those of a label's layers: frames and sensors have one each.
    """
    for place, part in parts(attributes):
        image = part.get("image")
        url = image.get("url") if is_object(image) else None
        if url is not None:
            yield place, url

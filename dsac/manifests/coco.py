"""COCO panoptic annotations: categories, and labels by the file names of images."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.files import Files


class Image(msgspec.Struct, frozen=True):
    """An image of a COCO file."""

    id: int | str
    file_name: str


class Segment(msgspec.Struct, frozen=True):
    """One object of an image."""

    id: int
    category_id: int


class Annotation(msgspec.Struct, frozen=True):
    """The objects of an image, and the file of its id map."""

    image_id: int | str
    file_name: str
    segments_info: list[Segment]


class CocoCategory(msgspec.Struct, frozen=True):
    """A category; `isthing` tells countable objects from stuff."""

    id: int
    name: str
    isthing: int | None = None
    color: list[int] | None = None


class Panoptic(msgspec.Struct, frozen=True):
    """What dsac reads of a COCO panoptic file."""

    images: list[Image]
    annotations: list[Annotation]
    categories: list[CocoCategory]


def read(files: Files, name: str, folder: Path, where: Position) -> Panoptic | None:
    """Read a COCO panoptic file; None, and a problem, if it is none.

    Args:
        files: Reads it, and takes problems.
        name: Its path as the manifest writes it.
        folder: The manifest's own, to which that is relative.
        where: Where the manifest names it.
    """
    path = files.locate(name, folder, where)
    found = None if path is None else files.json(path, where)
    if path is None or found is None:
        return None
    try:
        return msgspec.convert(found, Panoptic)
    except msgspec.ValidationError as error:
        files.problems.add(
            Position(files.name_of(path)),
            f"no COCO panoptic annotations: {error}",
            "name the file with images, annotations (segments_info) and categories",
        )
    return None


def categories(panoptic: Panoptic) -> list[dict[str, Json]]:
    """Give the categories of a file as the API takes them."""
    result = []
    for item in panoptic.categories:
        row: dict[str, Json] = {"id": item.id, "name": item.name}
        if item.color is not None:
            row["color"] = list(item.color)
        if item.isthing is not None:
            row["has_instances"] = bool(item.isthing)
        result.append(row)
    return result


class Match(msgspec.Struct, frozen=True):
    """An annotation, and the image that it is of."""

    image: Image
    annotation: Annotation


class Index:
    """Finds annotations by what a sample is called, or its image."""

    def __init__(self, panoptic: Panoptic) -> None:
        by_image = {item.image_id: item for item in panoptic.annotations}
        self.matches = [
            Match(image, by_image[image.id])
            for image in panoptic.images
            if image.id in by_image
        ]
        self._full = {match.image.file_name: match for match in self.matches}
        self._base: dict[str, list[Match]] = {}
        for match in self.matches:
            base = PurePosixPath(match.image.file_name).name
            self._base.setdefault(base, []).append(match)

    def find(self, names: Sequence[str]) -> list[Match]:
        """Give the annotations that fit the first of some names that any fits."""
        for name in names:
            for found in self._candidates(name):
                if found:
                    return found
        return []

    def _candidates(self, name: str) -> Iterator[list[Match]]:
        path = PurePosixPath(name)
        for start in range(len(path.parts)):
            match = self._full.get("/".join(path.parts[start:]))
            yield [match] if match else []
        yield self._base.get(path.name, [])


def annotations_of(match: Match) -> list[dict[str, Json]]:
    """Give the objects of an image as the API takes them, by id."""
    segments = sorted(match.annotation.segments_info, key=lambda item: item.id)
    return [{"id": item.id, "category_id": item.category_id} for item in segments]

"""Labels of a manifest: short and raw forms to what the API takes."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from dsac.core.resources import Label
from dsac.core.values import Json, Tree, Upload, has_url, normal, normal_tree
from dsac.manifests.categories import Categories
from dsac.manifests.document import Place, Where
from dsac.manifests.files import Files, Pairing
from dsac.manifests.problems import Problems
from dsac.manifests.schema_rows import ImageFile, LabelEntry


class LabelBuilder:
    """Builds labels; knows the categories, and collects files and problems."""

    def __init__(
        self, categories: Categories, files: Files, problems: Problems
    ) -> None:
        self.categories = categories
        self.files = files
        self.problems = problems

    def build(self, entry: LabelEntry, place: Place, image: Tree) -> Label | None:
        """Build the label of one sample; None, and problems, where it is wrong.

        Args:
            entry: What the manifest says.
            place: Where.
            image: The URL or upload of the sample's image.
        """
        short = entry.bitmap is not UNSET or entry.annotations is not UNSET
        forms = (short, entry.attributes is not UNSET, entry.verbatim is not UNSET)
        if sum(forms) != 1:
            self.problems.add(
                place.at(),
                "a label is either bitmap and annotations, or attributes, or verbatim",
                "write annotations: [...], with bitmap: PATH where there are masks",
            )
            return None
        attributes: Tree
        if not isinstance(entry.verbatim, UnsetType):
            attributes = entry.verbatim
        elif not isinstance(entry.attributes, UnsetType):
            attributes = self._raw(entry.attributes, place, image)
        else:
            attributes = self._short(entry, place, image)
        return label_of(attributes, status=entry.status, score=entry.score)

    def _raw(self, attributes: Mapping[str, Json], place: Place, image: Tree) -> Tree:
        inside = place.inside("attributes")
        found = {
            key: self.resolved(item, inside.inside(key), key)
            for key, item in attributes.items()
        }
        rows, bitmap = found.get("annotations"), found.get("segmentation_bitmap")
        if isinstance(rows, list):
            found["annotations"] = [
                self.categories.resolve(
                    row, inside.inside("annotations", number), self.problems
                )
                if isinstance(row, dict)
                else row
                for number, row in enumerate(rows)
            ]
            upload = bitmap.get("url") if isinstance(bitmap, dict) else None
            self.pair(upload, rows, image, inside)
        return found

    def _short(self, entry: LabelEntry, place: Place, image: Tree) -> Tree:
        rows: Sequence[Json] = (
            [] if isinstance(entry.annotations, UnsetType) else entry.annotations
        )
        annotations = self.annotations(rows, place.inside("annotations"))
        attributes: dict[str, Tree] = {"annotations": annotations}
        if entry.bitmap is not UNSET:
            value = entry.bitmap
            written = (
                msgspec.to_builtins(value) if isinstance(value, ImageFile) else value
            )
            where = place.inside("bitmap")
            upload = self.files.upload(
                written, place.folder, where=where, form="bitmap"
            )
            attributes["segmentation_bitmap"] = {"url": upload}
            self.pair(upload, annotations, image, where)
        return attributes

    def annotations(self, rows: Sequence[Json], place: Place) -> list[Tree]:
        """Resolve categories by name and number what has no id."""
        result: list[Tree] = []
        seen: set[int] = set()
        for number, row in enumerate(rows):
            where = place.inside(number)
            if not isinstance(row, dict):
                self.problems.add(
                    where, "an annotation is a mapping", "write {id: 1, category: NAME}"
                )
                continue
            found = self.categories.resolve(row, where, self.problems)
            key = found.setdefault("id", number + 1)
            if isinstance(key, bool) or not isinstance(key, int) or key in seen:
                self.problems.add(
                    where,
                    f"the annotation id {key!r} is no whole number, or is taken",
                    "give each annotation an id of its own",
                )
                continue
            seen.add(key)
            result.append(found)
        return result

    def pair(
        self, bitmap: Tree, rows: Sequence[Tree], image: Tree, where: Where
    ) -> None:
        """Note that the ids of a local bitmap must be those of its annotations."""
        if not isinstance(bitmap, Upload):
            return
        ids = {row["id"] for row in rows if isinstance(row, dict) and "id" in row}
        pairing = Pairing(
            bitmap=bitmap,
            where=where,
            ids=frozenset(key for key in ids if isinstance(key, int)),
            image=image if isinstance(image, Upload) else None,
        )
        self.files.pairings.append(pairing)

    def resolved(self, value: Json, place: Place, key: str = "") -> Tree:
        """Put uploads where a `url` in raw attributes is a path.

        Args:
            value: The attributes, or a part of them.
            place: Where they are written.
            key: The key under which this part stands.
        """
        if isinstance(value, dict) and has_url(value):
            return {
                name: self._url(item, place.inside(name), key)
                if name == "url"
                else self.resolved(item, place.inside(name), name)
                for name, item in value.items()
            }
        if isinstance(value, list) and has_url(value):
            return [
                self.resolved(item, place.inside(number), key)
                for number, item in enumerate(value)
            ]
        return value

    def _url(self, value: Json, place: Place, parent: str) -> Tree:
        return self.files.upload(
            value,
            place.folder,
            where=place,
            form="bitmap" if parent == "segmentation_bitmap" else "file",
            image=parent == "image",
        )


def label_of(
    attributes: Tree, *, status: str, score: float | UnsetType | None
) -> Label:
    """Build a label in normal form."""
    found = normal_tree(attributes)
    number = score
    if isinstance(score, float):
        whole = normal(score)
        number = whole if isinstance(whole, int | float) else score
    return Label(
        status=status,
        attributes=found if isinstance(found, dict) else {},
        score=number,
    )

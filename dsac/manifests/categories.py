"""Categories of a dataset, and the names by which annotations call them."""

from collections.abc import Mapping

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.document import Where
from dsac.manifests.problems import Problems, did_you_mean


class Categories:
    """The categories that a manifest states; `stated` is false where it states none.

    What is stated in a way that can't be read is reported there; annotations then
    go unchecked.
    """

    def __init__(self, items: Json, *, stated: bool, readable: bool = True) -> None:
        rows = items if isinstance(items, list) else []
        self.stated = stated
        self.readable = readable
        self.by_name: dict[str, int] = {}
        self.ids: set[int] = set()
        for row in rows:
            if isinstance(row, dict) and isinstance(row.get("id"), int):
                key = row["id"]
                assert isinstance(key, int)  # noqa: S101 - the line above says so
                self.ids.add(key)
                self.by_name[str(row.get("name"))] = key

    def resolve(
        self, annotation: Mapping[str, Json], where: Where, problems: Problems
    ) -> dict[str, Json]:
        """Give an annotation with its category's id in place of the name."""
        result = dict(annotation)
        name = result.pop("category", None)
        if not self.readable:
            return result
        if name is None:
            self._check_id(result.get("category_id"), where, problems)
            return result
        if "category_id" in result:
            problems.add(where, "category and category_id both", "keep one of the two")
        elif not self.stated:
            problems.add(
                where,
                f"the manifest states no categories to find {name!r} in",
                "write categories: [...], or category_id: NUMBER",
            )
        elif str(name) not in self.by_name:
            problems.add(
                where,
                f"there is no category {name!r}",
                did_you_mean(name, self.by_name),
            )
        result["category_id"] = self.by_name.get(str(name), 0)
        return result

    def _check_id(self, found: Json, where: Where, problems: Problems) -> None:
        if isinstance(found, bool) or not isinstance(found, int):
            problems.add(where, "an annotation has no category", "write category: NAME")
        elif self.stated and found not in self.ids:
            known = ", ".join(
                f"{key} ({name})" for name, key in sorted(self.by_name.items())
            )
            problems.add(
                where, f"there is no category with the id {found}", f"known: {known}"
            )


def check_categories(
    items: list[dict[str, Json]], where: list[Position], problems: Problems
) -> None:
    """Check that ids and names stand for one category each, colours for colours."""
    ids: dict[Json, Position] = {}
    names: dict[Json, Position] = {}
    for item, place in zip(items, where, strict=True):
        for field, seen in (("id", ids), ("name", names)):
            value = item.get(field)
            if value in seen:
                problems.add(
                    place,
                    f"the category {field} {value!r} stands here a second time, first "
                    f"at {seen[value]}",
                    f"give each category its own {field}",
                )
            seen.setdefault(value, place)
        color = item.get("color") or []
        if isinstance(color, list) and not all(
            isinstance(part, int) and 0 <= part <= 255  # noqa: PLR2004 - a byte
            for part in color
        ):
            problems.add(place, f"{color} is no colour", "write [red, green, blue]")

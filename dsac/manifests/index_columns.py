"""Which column of an index is which field of a row, and which rows are wanted."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import UNSET

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.document import Place
from dsac.manifests.index_binding import Binding, Dialect, Step
from dsac.manifests.index_cells import Cell
from dsac.manifests.index_targets import (
    Field,
    Path,
    form_of,
    is_digest,
    path_of,
    targets_like,
)
from dsac.manifests.models import shown
from dsac.manifests.problems import Problems, did_you_mean

CONTENT = ("image", "attributes", "verbatim")
IMPLIED = ("name", "image")
"""Columns that are read although `columns:` does not name them: a row needs them."""

MANY = 1000
"""Of so many columns the right one is suggested for a misspelt one."""


class Columns:
    """What a manifest says of the columns of an index.

    Checked where it is written when it is made; each file is bound to it by itself.
    """

    def __init__(
        self,
        columns: Mapping[str, str],
        where: Mapping[str, Json],
        *,
        fields: Mapping[str, Field],
        place: Place,
        problems: Problems,
    ) -> None:
        self.fields = fields
        self.place = place
        self.problems = problems
        self.explicit = bool(columns)
        before = len(problems.found)
        self.targets = {
            target: column
            for target, column in columns.items()
            if self._is_target(target, self._key("columns", target))
        }
        self.check_overlap(self.targets, lambda name: self._key("columns", name))
        self.where = {
            column: wanted
            for column, item in where.items()
            if (wanted := self._wanted(column, item))
        }
        self.sound = len(problems.found) == before
        self.unseen = {*self.targets.values(), *self.where}
        self.known: set[str] = set()

    def _key(self, field: str, name: str) -> Position:
        path = (*self.place.path, field, name)
        return self.place.document.position(*path, key=True)

    def _is_target(self, target: str, where: Position) -> bool:
        steps = path_of(target)
        good = form_of(steps, self.fields) is not None
        if not good:
            self.problems.add(
                where,
                f"{target!r} is nothing that a column can stand for",
                did_you_mean(target, targets_like(steps, self.fields)),
            )
        return good

    def check_overlap(
        self, targets: Iterable[str], where: Callable[[str], Position]
    ) -> bool:
        """Report targets that are one, or stand inside another; true if none does."""
        seen: dict[Path, str] = {}
        before = len(self.problems.found)
        for target in sorted(targets, key=lambda name: len(path_of(name))):
            steps = path_of(target)
            inner = len(steps) - 1 if is_digest(steps) else len(steps)
            heads = [steps[:size] for size in range(1, inner) if steps[:size] in seen]
            twin = steps if steps in seen else heads[0] if heads else None
            if twin is not None:
                self.problems.add(
                    where(target),
                    f"{seen[twin]} and {target} both",
                    "keep one of the two: the one holds the other",
                )
            seen[steps] = target
        return len(self.problems.found) == before

    def _wanted(self, column: str, item: Json) -> list[Json]:
        values: list[Json] = item if isinstance(item, list) else [item]
        if not values or any(isinstance(value, list | dict) for value in values):
            self.problems.add(
                self.place.at("where", column),
                f"where: {column} is {shown(item)}",
                "write a value, or a list of values, one of which it shall be",
            )
            return []
        return values

    def note_seen(
        self, names: Sequence[str], cells: Sequence[Cell], row: Iterable[str]
    ) -> None:
        """Note which columns a row has, in files where each row has its own.

        Args:
            names: The columns that are asked for.
            cells: What the row has there, UNSET where it has nothing.
            row: The columns that it has.
        """
        pairs = zip(names, cells, strict=True)
        self.unseen.difference_update(name for name, item in pairs if item is not UNSET)
        if len(self.known) < MANY:
            self.known.update(row)

    def report_unseen(self, pattern: str) -> None:
        """Report columns that no row of any file had: they are misspelt."""
        for field, names in (("columns", self.targets), ("where", self.where)):
            for name in names:
                column = self.targets[name] if field == "columns" else name
                if column in self.unseen:
                    self.problems.add(
                        self.place.at(field, name),
                        f"no row of {pattern!r} has {column!r}",
                        did_you_mean(column, self.known),
                    )

    def implied(self) -> list[str]:
        """Name the columns that are read under their own name, if they are there."""
        mapped = {path_of(target)[0] for target in self.targets}
        content = mapped.isdisjoint(CONTENT) and "image" in self.fields
        return [
            name
            for name in IMPLIED
            if (content if name == "image" else name not in mapped)
        ]

    def bind(
        self, names: Sequence[str], dialect: Dialect, where: Position
    ) -> Binding | None:
        """Bind the columns of a file; None, and problems, where that can't be.

        Args:
            names: Those of its columns, in order.
            dialect: What its form makes of cells.
            where: Where the names stand.
        """
        before = len(self.problems.found)
        chosen = self._mapped(names) if self.explicit else self._named(names, where)
        for column in self.where:
            if column not in names:
                self._report_missing(self._key("where", column), column, names, where)
        self._check_names(names, [*chosen.values(), *self.where], where)
        if "name" not in chosen:
            self.problems.add(
                where, "there is no column 'name'", "write columns: {name: COLUMN}"
            )
        if len(self.problems.found) > before:
            return None
        return self._bound(chosen, names, dialect)

    def _mapped(self, names: Sequence[str]) -> dict[str, str]:
        """Give the column of each target, after `columns:`."""
        implied = {name: name for name in self.implied() if name in names}
        return {**implied, **self.targets}

    def _named(self, names: Sequence[str], where: Position) -> dict[str, str]:
        """Give the column of each target where columns are named after targets."""
        chosen = {}
        for name in names:
            steps = path_of(name)
            if form_of(steps, self.fields) is not None:
                chosen[name] = name
            elif name not in self.where:
                self.problems.add(
                    where,
                    f"unknown column {name!r}",
                    did_you_mean(name, targets_like(steps, self.fields)),
                )
        self.check_overlap(chosen, lambda _: where)
        return chosen

    def _check_names(
        self, names: Sequence[str], used: Sequence[str], where: Position
    ) -> None:
        for target, column in self.targets.items():
            if column not in names:
                place = self.place.at("columns", target)
                self._report_missing(place, column, names, where)
        for column in dict.fromkeys(used):
            if names.count(column) > 1:
                self.problems.add(
                    where,
                    f"{names.count(column)} columns are named {column!r}",
                    "give each column a name of its own",
                )

    def _report_missing(
        self, place: Position, column: str, names: Sequence[str], file: Position
    ) -> None:
        self.problems.add(
            place,
            f"there is no column {column!r} in {file.file}",
            did_you_mean(column, names),
        )

    def _bound(
        self, chosen: Mapping[str, str], names: Sequence[str], dialect: Dialect
    ) -> Binding:
        steps = []
        for target, column in chosen.items():
            path, cell = path_of(target), names.index(column)
            form = form_of(path, self.fields)
            assert form is not None  # noqa: S101 - all of them were checked
            digest = is_digest(path)
            *parents, key = path[:-1] if digest else path
            step = Step(
                cell=cell,
                column=column,
                target=target,
                parents=tuple(parents),
                key=key,
                read=dialect.reader(cell, form),
                digest=digest,
            )
            steps.append(step)
        # A digest goes into what the path has put there.
        steps.sort(key=lambda step: step.digest)
        tests = []
        for column, wanted in self.where.items():
            cell = names.index(column)
            tests.append((cell, dialect.test(cell, wanted)))
        return Binding(tuple(steps), tuple(tests), dialect.absent)

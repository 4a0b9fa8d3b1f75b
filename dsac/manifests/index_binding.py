"""Builds rows of the cells of one file, and tells which of them are wanted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from dsac.core.values import Json
from dsac.manifests.index_cells import Cell, Reader, Test
from dsac.manifests.index_targets import DIGEST, Form, Path
from dsac.manifests.models import shown


class Step(NamedTuple):
    """One cell of a row, and where its value goes; a tuple, for speed.

    `parents` and `key` lead there from the row; a digest goes into the file that
    stands there.
    """

    cell: int
    column: str
    target: str
    parents: Path
    key: str
    read: Reader | None
    digest: bool = False


class Binding(msgspec.Struct, frozen=True):
    """The columns of one file, bound to the fields of its rows.

    What is absent in a file of its form is left out of a row.
    """

    steps: tuple[Step, ...]
    tests: tuple[tuple[int, Test], ...]
    absent: object

    def selects(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row is one that `where` asks for."""
        return all(test(cells[number]) for number, test in self.tests)

    def row(
        self, cells: Sequence[Cell], report: Callable[[str, str], None]
    ) -> dict[str, Json] | None:
        """Build a row of its cells; None, and reports, where cells can't be read.

        Args:
            cells: As many as the file has columns.
            report: Takes what was found, and what to write instead.
        """
        row: dict[str, Json] = {}
        wrong, absent = False, self.absent
        for cell, column, target, parents, key, read, digest in self.steps:
            value = cells[cell]
            if value == absent:
                continue
            if read is not None:
                try:
                    value = read(value)
                except ValueError as error:
                    wrong = True
                    report(f"{_named(target, column)} is {shown(value)}", str(error))
            if parents or digest:
                put(row, parents, key, value, digest=digest)
            else:
                row[key] = value
        return None if wrong else row

    def compact(self) -> tuple[list[int], "Binding"]:
        """Give which cells are asked for, and a binding to those alone, in order."""
        used = sorted(
            {step.cell for step in self.steps} | {cell for cell, _ in self.tests}
        )
        place = {cell: number for number, cell in enumerate(used)}
        steps = (step._replace(cell=place[step.cell]) for step in self.steps)
        tests = tuple((place[cell], test) for cell, test in self.tests)
        return used, Binding(tuple(steps), tests, self.absent)


def _named(target: str, column: str) -> str:
    return target if target == column else f"{target} (column {column!r})"


def put(
    row: dict[str, Json], parents: Sequence[str], key: str, value: Json, *, digest: bool
) -> None:
    """Put a value in its place in a row; a digest goes into the file that is there."""
    node = row
    for parent in parents:
        inner = node.setdefault(parent, {})
        assert isinstance(inner, dict)  # noqa: S101 - no target stands inside another
        node = inner
    if digest:
        path = {"path": node[key]} if key in node else {}
        value = {**path, DIGEST: value}
    node[key] = value


class Dialect(msgspec.Struct, frozen=True):
    """What a form of file makes of its cells.

    `reader` takes the number of a column and the form of its target, `test` that of a
    column and what is asked for.
    """

    reader: Callable[[int, Form], Reader | None]
    test: Callable[[int, Sequence[Json]], Test]
    absent: object

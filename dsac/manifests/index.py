"""Index sources: samples and labels from rows of JSON Lines, CSV or Parquet files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsac.assets.pointers import dvc_remedy, lfs_remedy
from dsac.manifests.document import Place
from dsac.manifests.files import Files
from dsac.manifests.index_columns import Columns
from dsac.manifests.index_csv import Csv
from dsac.manifests.index_jsonl import JsonLines, Take
from dsac.manifests.index_parquet import Parquet
from dsac.manifests.index_rows import IndexFile, Row, RowDocument, Source
from dsac.manifests.index_targets import LABEL_ROW, SAMPLE_ROW, Field
from dsac.manifests.matching import find, is_pattern
from dsac.manifests.schema import LabelIndex
from dsac.manifests.schema_rows import IndexEntry, LabelRow, SampleEntry

FORMS: Mapping[str, Callable[[Source[Any], Path], IndexFile[Any, Any]]] = {
    ".jsonl": JsonLines,
    ".csv": Csv,
    ".parquet": Parquet,
}


def read_index(
    files: Files, entry: IndexEntry, place: Place, *, take: Take | None = None
) -> Iterator[tuple[SampleEntry, Place]]:
    """Yield the samples of an index, and where each of them stands.

    A row is what an inline sample would be: paths in it are relative to the manifest.
    Nothing else happens to it; `${...}` and `{...}` are text like any other.

    Args:
        files: Finds the files, notes their digests and takes what is wrong.
        entry: What the manifest says.
        place: Where it says so.
        take: Takes many lines at once where it can; the others are yielded.
    """
    return _rows(_source(files, entry, place, SampleEntry, SAMPLE_ROW), take)


def read_label_index(
    files: Files, entry: LabelIndex, place: Place
) -> Iterator[tuple[LabelRow, Place]]:
    """Yield the labels of an index, by sample, and where each of them stands."""
    return _rows(_source(files, entry, place, LabelRow, LABEL_ROW))


def _source(
    files: Files,
    entry: IndexEntry | LabelIndex,
    place: Place,
    kind: type[Row],
    fields: Mapping[str, Field],
) -> Source[Row]:
    columns = Columns(
        entry.columns,
        entry.where,
        fields=fields,
        place=place,
        problems=files.problems,
    )
    return Source(
        files=files,
        place=place,
        pattern=entry.index,
        allow_empty=entry.allow_empty,
        kind=kind,
        fields=fields,
        columns=columns,
    )


def _rows(source: Source[Row], take: Take | None = None) -> Iterator[tuple[Row, Place]]:
    """Yield the rows of each file in turn; say what is missing at the end."""
    problems, folder = source.files.problems, source.place.folder
    before, rows, found = len(problems.found), 0, 0
    paths = _paths(source) if source.columns.sound else []
    for path in paths:
        with _readable(source, path):
            file = _opened(source, path)
            if file is None:
                continue
            name = file.name
            lines = file if isinstance(file, JsonLines) else None
            if lines is not None:
                lines.take = take
            for raw in file.rows():
                rows += 1
                row = file.entry(raw)
                if row is not None:
                    found += 1
                    yield row, Place(RowDocument(name, raw.number), folder, ())
            taken = 0 if lines is None else lines.taken
            rows, found = rows + taken, found + taken
    if rows and (found or len(problems.found) == before):
        source.columns.report_unseen(source.pattern)
    if paths and not (found or source.allow_empty or len(problems.found) > before):
        problems.add(
            source.place.at("where" if rows else "index"),
            f"{source.pattern!r} has no row{' that where: asks for' if rows else ''}",
            "write one sample or label a row, or write allow_empty: true",
        )


def _paths(source: Source[Row]) -> list[Path]:
    """Find the files of an index, in order; a problem where none is there."""
    files, pattern = source.files, source.pattern
    where, folder = source.place.at("index"), source.place.folder
    if not is_pattern(pattern) or (folder / pattern).is_file():
        path = files.locate(pattern, folder, where)
        return [] if path is None else [path]
    base, found = find(
        files, pattern, folder=folder, where=where, allow_empty=source.allow_empty
    )
    # Through `locate` once more: a link may lead out of the project.
    places = (files.locate(name, base, where) for name in found)
    return [path for path in places if path is not None]


@contextmanager
def _readable(source: Source[Row], path: Path) -> Iterator[None]:
    """Note a file that can't be read as a problem."""
    try:
        yield
    except OSError as error:
        remedy = dvc_remedy(path)
        source.files.problems.add(
            source.place.at("index"),
            f"{path.name} can't be read: {error.strerror}",
            f"run: {remedy}" if remedy else "check the path",
        )


def _opened(source: Source[Row], path: Path) -> IndexFile[Any, Row] | None:
    problems, where = source.files.problems, source.place.at("index")
    form = FORMS.get(path.suffix.lower())
    if form is None:
        problems.add(
            where,
            f"{path.name!r} is no index that dsac can read",
            "write a .jsonl, .csv or .parquet file",
        )
        return None
    with path.open("rb") as stream:
        remedy = lfs_remedy(stream, path.name)
    if remedy:
        problems.add(
            where, f"{path.name} is a git-lfs pointer, not the file", f"run: {remedy}"
        )
        return None
    try:
        return form(source, path)
    except ImportError:
        problems.add(
            where,
            f"{path.name} needs pyarrow, which is not installed",
            "install dsac with its extra parquet: pip install 'dsac[parquet]'",
        )
    return None

"""Loads manifests: finds the files, reads the documents, looks at what they name."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from dsac.assets.cache import FileCache
from dsac.assets.files import Inspector
from dsac.core.approvals import FILE as APPROVALS
from dsac.core.collector import collector_off
from dsac.core.phases import HASH, Phases, unmeasured
from dsac.core.resources import Desired, DesiredSample, Label, Sample, attributes_of
from dsac.core.values import Tree, Upload
from dsac.errors import Position, UsageError
from dsac.manifests.dataset import NAME, DatasetBuilder
from dsac.manifests.document import Document, Map
from dsac.manifests.files import Files, Watch
from dsac.manifests.models import check
from dsac.manifests.paths import COPY, LEADS_OUT
from dsac.manifests.problems import Problems
from dsac.manifests.project import FILE, Project
from dsac.manifests.scalars import Variables
from dsac.manifests.schema import DatasetModel, RemovalModel
from dsac.manifests.store import SampleStore
from dsac.manifests.yaml_loader import load as load_yaml

SUFFIXES = frozenset({".yaml", ".yml"})


def is_dataset_name(text: str) -> bool:
    """Tell whether a text names one dataset in full, as OWNER/NAME."""
    owner, _, rest = text.partition("/")
    return bool(NAME.fullmatch(owner) and NAME.fullmatch(rest))


class Manifests(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifests of a project want, datasets by name.

    `removed` names datasets that shall go; `files` holds the sha256 of every manifest
    and annotation file by its path in the project; `opened` counts the local files
    that had to be read.
    """

    datasets: tuple[Desired, ...] = ()
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    files: dict[str, str] = {}
    opened: int = 0


def load(  # noqa: PLR0913 - all but the first are keyword-only
    project: Project,
    *,
    paths: Sequence[Path] = (),
    cache: FileCache | None = None,
    jobs: int = 8,
    watch: Watch | None = None,
    phase: Phases = unmeasured,
) -> Manifests:
    """Load the manifests of a project, or some of them, with the files they name.

    Args:
        project: From `load_project`.
        paths: Files and folders in place of those that the project names.
        cache: What is known of files; they are all read without one.
        jobs: So many files are read at the same time.
        watch: Is told of the files that are read.
        phase: Measures how long the files that are named take.

    Raises:
        ManifestError: something is wrong; all problems of the run together.
        UsageError: a path is not there, or not in the project.
    """
    problems = Problems()
    inspector = Inspector(project.root.resolve(), cache)
    files = Files(project.root, problems, cache)
    loader = Loader(project, files, problems)
    with collector_off():
        for path in _manifest_files(project, paths, problems):
            loader.read(path)
        loader.check_conflicts()
        with phase(HASH):
            digests = files.inspect(inspector, jobs=jobs, watch=watch)
            if cache is not None:
                cache.save()
        problems.raise_any()
        datasets = [with_digests(item, digests) for item in loader.datasets.values()]
    return Manifests(
        datasets=tuple(sorted(datasets, key=lambda item: item.dataset.name)),
        removed=tuple(sorted(loader.removed)),
        warnings=tuple(loader.warnings),
        files={**loader.digests, **files.read},
        opened=inspector.opened,
    )


def declared(project: Project) -> dict[str, Position]:
    """Name the datasets that manifests of a project declare or remove, and where.

    Nothing else is looked at, so that manifests that are wrong elsewhere do.

    Raises:
        ManifestError: a file is no YAML.
    """
    problems, found = Problems(), dict[str, Position]()
    variables = Variables(project.variables, project.environ)
    for path in _present(project):
        name = path.relative_to(project.root.resolve()).as_posix()
        data = path.read_bytes()
        for document in load_yaml(data, name, variables=variables, problems=problems):
            root = document.root if isinstance(document.root, Map) else Map()
            dataset, removed = root.get("dataset"), root.get("removed")
            if isinstance(dataset, str):
                found[dataset] = document.position("dataset")
            elif isinstance(removed, list):
                where = document.position("removed")
                found.update((item, where) for item in removed if isinstance(item, str))
    problems.raise_any()
    return found


def _present(project: Project) -> list[Path]:
    """List the manifests of a project that are there; there may be none yet."""
    root = project.root.resolve()
    places = [(root / name).resolve() for name in project.manifests]
    return [
        path
        for place in places
        if place.exists() and place.is_relative_to(root)
        for path in yaml_files(place, root)
    ]


def _manifest_files(
    project: Project, paths: Sequence[Path], problems: Problems
) -> list[Path]:
    root = project.root.resolve()
    found: list[Path] = []
    for path in paths:
        place = path.resolve()
        if not place.exists():
            raise UsageError(f"there is no {path}", hint="name a manifest or a folder")
        if not place.is_relative_to(root):
            raise UsageError(f"{path} is not in the project {root.name}/")
        found.extend(yaml_files(place, root))
    if paths and not found:
        names = ", ".join(map(str, paths))
        raise UsageError(f"there is no manifest in {names}", hint="write a .yaml file")
    for number, name in enumerate([] if paths else project.manifests):
        place = (root / name).resolve()
        inside = place.is_relative_to(root)
        more = yaml_files(place, root) if inside and place.exists() else []
        if not more:
            what = "has no manifest in it" if place.is_dir() else "is not there"
            what = what if inside else "leaves the project"
            problems.add(
                project.manifests_at,
                f"manifests[{number}]: {name!r} {what}",
                "put a .yaml file there, or name another folder under manifests:",
            )
        found.extend(more)
    return list(dict.fromkeys(found))


def yaml_files(place: Path, root: Path) -> list[Path]:
    """List the manifests in a folder, or the one that a path names.

    What stands beside dsac.yaml as the file of approvals is none.
    """
    if place.is_file():
        return [] if place == root / APPROVALS else [place]
    return sorted(
        path
        for path in place.rglob("*")
        if path.suffix in SUFFIXES
        and path.is_file()
        and path.name != FILE
        and path != root / APPROVALS
        and not any(part.startswith(".") for part in path.relative_to(place).parts)
    )


class Loader:
    """Reads manifest files one by one."""

    def __init__(self, project: Project, files: Files, problems: Problems) -> None:
        self.files = files
        self.problems = problems
        self.variables = Variables(project.variables, project.environ)
        self.datasets: dict[str, Desired] = {}
        self.places: dict[str, Position] = {}
        self.removed: dict[str, Position] = {}
        self.warnings: list[str] = []
        self.digests: dict[str, str] = {}

    def read(self, path: Path) -> None:
        """Read all documents of one file."""
        name = self.files.name_of(path)
        if self.files.leads_out(path):
            self.problems.add(Position(name), LEADS_OUT, COPY)
            return
        data = path.read_bytes()
        self.digests[name] = hashlib.sha256(data).hexdigest()
        before = len(self.problems.found)
        documents = load_yaml(
            data, name, variables=self.variables, problems=self.problems
        )
        if not documents and len(self.problems.found) == before:
            self.warnings.append(f"{name} is empty: nothing in it is planned")
        for document in documents:
            self._document(document, path.parent)

    def _document(self, document: Document, folder: Path) -> None:
        root = document.root
        if isinstance(root, Map) and "removed" in root and "dataset" not in root:
            self._removal(document)
            return
        model = check(DatasetModel, document, self.problems)
        if model is None:
            return
        builder = DatasetBuilder(model, document, folder, self.files)
        desired = builder.build()
        self.warnings.extend(builder.warnings)
        where = document.position("dataset")
        twin = self.places.setdefault(model.dataset, where)
        if twin != where:
            self.problems.add(
                where,
                f"a second document for {model.dataset}, the first one at {twin}",
                "write one document for each dataset",
            )
        self.datasets[model.dataset] = desired

    def _removal(self, document: Document) -> None:
        model = check(RemovalModel, document, self.problems)
        for number, name in enumerate(model.removed if model else ()):
            where = document.position("removed", number)
            if not is_dataset_name(name):
                self.problems.add(
                    where, f"{name!r} is no name of a dataset", "write OWNER/NAME"
                )
            self.removed[name] = where

    def check_conflicts(self) -> None:
        """Refuse datasets that are both wanted and removed."""
        for name in sorted(self.removed.keys() & self.places.keys()):
            self.problems.add(
                self.removed[name],
                f"{name} shall go, and is wanted at {self.places[name]}",
                "keep one of the two",
            )


Digests = dict[Upload, str]
"""Those of files that had to be read; the others were known when they were named."""


def with_digests(desired: Desired, digests: Digests) -> Desired:
    """Put the digests of files where a dataset wants them uploaded."""
    if isinstance(desired.samples, SampleStore):
        desired.samples.digest(digests)
        return desired
    if desired.samples is None or not digests:
        return desired
    rows = tuple(
        DesiredSample(
            sample=_digested(row.sample, digests),
            labels={
                labelset: _digested(label, digests)
                for labelset, label in row.labels.items()
            },
        )
        for row in desired.samples
    )
    return msgspec.structs.replace(desired, samples=rows)


Content = TypeVar("Content", Sample, Label)


def _digested(resource: Content, digests: Digests) -> Content:
    attributes = attributes_of(resource)
    found = {key: _with_digest(item, digests) for key, item in attributes.items()}
    if all(found[key] is item for key, item in attributes.items()):
        return resource
    return msgspec.structs.replace(resource, attributes=found)


def _with_digest(value: Tree, digests: Digests) -> Tree:
    """Put digests into the uploads of a tree; what holds none is given back itself."""
    if isinstance(value, Upload):
        digest = digests.get(value)
        return Upload(value.path, digest, value.form) if digest else value
    if isinstance(value, dict):
        found = {key: _with_digest(item, digests) for key, item in value.items()}
        changed = any(found[key] is not item for key, item in value.items())
        return found if changed else value
    if isinstance(value, list):
        items = [_with_digest(item, digests) for item in value]
        changed = any(a is not b for a, b in zip(items, value, strict=True))
        return items if changed else value
    return value

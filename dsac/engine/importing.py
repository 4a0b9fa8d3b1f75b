"""Imports datasets: reads them whole and writes the manifests that they would have."""

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from dsac.assets.names import safe_names
from dsac.core.diff import diff
from dsac.core.labels import Machines
from dsac.core.ownership import Scope
from dsac.core.resources import RemoteDataset, Unknown
from dsac.core.samples import unsettled
from dsac.engine.contents import settle
from dsac.engine.downloads import Downloader, Downloads
from dsac.engine.progress import Progress
from dsac.engine.session import View, project_name
from dsac.errors import PlanError, UsageError
from dsac.manifests.load import load
from dsac.manifests.project import FILE, Project, load_project
from dsac.manifests.writing import Written, write_manifest
from dsac.manifests.yaml_writer import write_yaml
from dsac.remote.reader import Scan

SHOWN = 3
PROJECT_NAME = re.compile(r"[\w.-]{1,64}")
ODD = re.compile(r"[^\w.-]+")


class ImportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked for.

    `folder` is where manifests go; `root` that of a project which is still to be
    made there, None in one that exists.
    """

    names: tuple[str, ...]
    folder: Path
    root: Path | None = None
    download: bool = False
    jobs: int = 8


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset that was imported: its manifest, how much is in it, what is not."""

    name: str
    manifest: Path
    samples: int
    labels: int
    files: int
    notes: tuple[str, ...] = ()


def import_datasets(
    view: View, request: ImportRequest, *, progress: Progress
) -> tuple[Imported, ...]:
    """Write manifests of datasets, and a project around them where there is none.

    1. Name the files, and refuse to overwrite any.
    2. Read each dataset whole; download its files if that is asked.
    3. Write manifests and indexes, the project last.
    4. Load each manifest and compare, as the next plan will.

    What was written is taken away again if something fails before all of it is.

    Raises:
        UsageError: a file is there already.
        PlanError: a dataset is not there, or its listing can't be trusted.
        RemoteError: the remote could not be read.
    """
    return _Import(view, request, progress).run()


class _One(msgspec.Struct, frozen=True):
    """A dataset as it was read, and what was written of it."""

    remote: RemoteDataset
    place: Path
    written: Written
    downloads: Downloads


class _Import:
    """One import under way; `made` lists what was written, to be taken away again."""

    def __init__(self, view: View, request: ImportRequest, progress: Progress) -> None:
        self.view = view
        self.request = request
        self.progress = progress
        self.made: list[Path] = []

    def run(self) -> tuple[Imported, ...]:
        places = self._places()
        found: list[_One] = []
        try:
            for name, place in places.items():
                remote = read_whole(self.view, name, progress=self.progress)
                found.append(self._write(remote, place))
            if self.request.root is not None:
                name = _project_of(found[0].remote)
                text = write_yaml({"project": name, "remote": self.view.remote})
                self._create(self.request.root / FILE, text)
        except BaseException:
            self._undo()
            raise
        project = self._project()
        return tuple(self._checked(project, one) for one in found)

    def _places(self) -> dict[str, Path]:
        """Name each dataset's manifest; owners are folders."""
        places = manifest_places(self.request.names, self.request.folder)
        wanted = [
            item
            for place in places.values()
            for item in (place, index_of(place), files_of(place))
        ]
        if self.request.root is not None:
            wanted.append(self.request.root / FILE)
        for path in wanted:
            if path.exists() or path.is_symlink():
                raise UsageError(
                    f"{path} is there already, and import overwrites nothing",
                    hint="move it away, or name another folder with --out",
                )
        return places

    def _write(self, remote: RemoteDataset, place: Path) -> "_One":
        downloads = Downloads({}, ())
        if self.request.download:
            folder = files_of(place)
            self.made.append(folder)
            downloader = Downloader(self.view.reader, folder, jobs=self.request.jobs)
            downloads = downloader.run(remote, self.progress)
        written = write_manifest(
            remote, index=index_of(place).name, files=downloads.files
        )
        if written.index:
            self._create(index_of(place), written.index)
        self._create(place, written.manifest)
        return _One(remote, place, written, downloads)

    def _create(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            self.made.append(path)
            stream.write(text)

    def _undo(self) -> None:
        for path in self.made:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _project(self) -> Project:
        """Read the project in which the manifests will be planned."""
        if self.request.root is None:
            return self.view.project
        environ = self.view.project.environ
        return load_project(self.request.root, environ=environ)

    def _checked(self, project: Project, one: "_One") -> Imported:
        remote = one.remote
        labels = [item for row in remote for item in row.labels.values() if item]
        return Imported(
            name=remote.dataset.name,
            manifest=one.place,
            samples=len(remote.samples),
            labels=len(labels),
            files=sum(map(len, one.downloads.files.values())),
            notes=(
                *one.written.notes,
                *one.downloads.left,
                *self._people(remote),
                *self._differences(project, one.place, remote),
            ),
        )

    def _people(self, remote: RemoteDataset) -> list[str]:
        name = remote.dataset.name
        _, count = self.view.reader.collaborators(name, ())
        missing = count - len(remote.collaborators)
        if missing <= 0:
            return []
        note = (
            f"{name}: {missing} of {count} collaborators are not in the manifest: the "
            "API has no list of them; name those you know under collaborators:"
        )
        return [note]

    def _differences(
        self, project: Project, place: Path, remote: RemoteDataset
    ) -> list[str]:
        """Say what the next plan would still find, though it should find nothing."""
        name = remote.dataset.name
        (desired,) = load(project, paths=[place], jobs=self.request.jobs).datasets
        user = self.view.user
        machines = Machines(frozenset({user, *project.automation}))
        scope = Scope(project=project_name(project), user=user, machines=machines)
        looks = unsettled(desired, remote, scope=scope)
        contents = settle(
            looks,
            reader=self.view.reader,
            root=project.root,
            jobs=self.request.jobs,
            progress=self.progress,
        )
        scope = msgspec.structs.replace(scope, contents=contents)
        part = diff(desired, remote, scope=scope)
        found = [*part.errors, *(f"{item.address} differs" for item in part.changes)]
        more = f" (and {len(found) - SHOWN} more)" if len(found) > SHOWN else ""
        if not found:
            return []
        shown = "; ".join(found[:SHOWN])
        return [f"{name}: the next plan will not be empty: {shown}{more}"]


def _project_of(remote: RemoteDataset) -> str:
    """Name the project that a dataset is, or may become, part of."""
    marker, name = remote.marker, remote.dataset.name
    marked = marker is not None and marker.known and marker.dataset == name
    if marked and marker and PROJECT_NAME.fullmatch(marker.project):
        return marker.project
    return ODD.sub("-", name.partition("/")[2])[:64]


def manifest_places(names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Name the manifest of each dataset: a file in the folder of its owner."""
    owners: dict[str, dict[str, str]] = {}
    for name in sorted(set(names)):
        owner, _, rest = name.partition("/")
        owners.setdefault(owner, {})[name] = f"{rest}.yaml"
    folders = safe_names({owner: owner for owner in owners})
    return {
        name: folder / folders[owner] / file
        for owner, wanted in owners.items()
        for name, file in safe_names(wanted).items()
    }


def read_whole(view: View, name: str, *, progress: Progress) -> RemoteDataset:
    """Read all that the platform tells of a dataset.

    Raises:
        PlanError: it is not there, or its listing can't be trusted.
    """
    progress.phase(f"read {name}", None)
    reader = view.reader
    labelsets = reader.labelset_names(name)
    scan = Scan(labelsets=labelsets, releases=True)
    remote = reader.dataset(name, scan)
    if remote is None:
        raise PlanError(
            f"{name} does not exist, or is not visible to {view.user}",
            hint="check the name, the key and the remote",
        )
    unknown = any(
        isinstance(label, Unknown) for row in remote for label in row.labels.values()
    )
    if not remote.complete or unknown:
        raise PlanError(
            f"the listing of {name} is not complete, so a manifest would lack samples "
            "or labels",
            hint="run the import again when nobody changes the dataset",
        )
    people, _ = reader.collaborators(name, _named_in(remote))
    return msgspec.structs.replace(remote, collaborators=people)


def _named_in(remote: RemoteDataset) -> Sequence[str]:
    """Name the users whom samples are assigned to: they may be collaborators.

    The owner has all rights by name, and no manifest may give any.
    """
    users = {row.sample.assigned_labeler for row in remote}
    users |= {row.sample.assigned_reviewer for row in remote}
    owner = remote.dataset.name.partition("/")[0]
    return sorted({user for user in users if isinstance(user, str)} - {"", owner})


def index_of(manifest: Path) -> Path:
    """Give the place of a manifest's index, beside it."""
    return manifest.with_suffix(".samples.jsonl")


def files_of(manifest: Path) -> Path:
    """Give the folder of a manifest's files, beside it."""
    return manifest.with_suffix(".files")

"""Loads the manifests of a project as they were at a revision of git."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from dsac.assets.cache import FileCache
from dsac.assets.facts import Facts
from dsac.assets.files import Inspector, Look
from dsac.assets.pointers import pointer_digest
from dsac.assets.revision import Past
from dsac.core.collector import collector_off
from dsac.core.values import Upload
from dsac.errors import ManifestError, RevisionError
from dsac.manifests.document import Where
from dsac.manifests.files import Files
from dsac.manifests.load import Loader, Manifests, with_digests, yaml_files
from dsac.manifests.problems import Problems
from dsac.manifests.project import FILE, LOCAL, Project, load_project


def load_past(  # noqa: PLR0913 - all but the first two are keyword-only
    project: Project,
    past: Past,
    *,
    revision: str,
    paths: Sequence[Path] = (),
    variables: Mapping[str, str] | None = None,
    cache: FileCache | None = None,
    jobs: int = 8,
) -> Manifests:
    """Load what the manifests wanted then, by the files, variables and environment.

    Files that they name may be missing or be pointers: only digests are asked of them.
    A project, an environment or a manifest that was not there then wanted nothing.

    Args:
        project: As it is now: which environment is meant.
        past: Its folder as it was.
        revision: What that is called, for errors.
        paths: Files and folders of now, in place of those that the project named.
        variables: What --var says.
        cache: What is known of files; it is read, never written.
        jobs: So many files are read at the same time.

    Raises:
        RevisionError: the manifests were not valid then.
    """
    if not (past.root / FILE).is_file():
        return Manifests()
    try:
        then = _project(project, past, variables)
        if then is None:
            return Manifests()
        return _load(then, past, paths, cache, jobs)
    except ManifestError as error:
        problems = "\n".join(f"  {revision}:{problem}" for problem in error.problems)
        raise RevisionError(
            f"the manifests at {revision} are not valid:\n{problems}",
            hint="name a revision at which they are, or leave out --base",
        ) from error


def _project(
    project: Project, past: Past, variables: Mapping[str, str] | None
) -> Project | None:
    """Read dsac.yaml as it was; None if it had no such environment.

    The remote is that of now, so what was said of it then must not matter.
    """
    found = load_project(
        past.root, remote=LOCAL, environ=project.environ, also=past.here
    )
    if project.environment and project.environment not in found.environments:
        return None
    return load_project(
        past.root,
        environment=project.environment,
        remote=LOCAL,
        variables=variables,
        environ=project.environ,
        also=past.here,
    )


def _load(
    then: Project,
    past: Past,
    paths: Sequence[Path],
    cache: FileCache | None,
    jobs: int,
) -> Manifests:
    problems = PastProblems()
    files = Files(then.root, problems, also=past.here)
    loader = Loader(then, files, problems)
    with collector_off():
        for path in _manifest_files(then, past, paths):
            loader.read(path)
        loader.check_conflicts()
        problems.raise_any()
        digests = _digests(files, past, cache, jobs=jobs)
        datasets = [with_digests(item, digests) for item in loader.datasets.values()]
    return Manifests(datasets=tuple(datasets), removed=tuple(sorted(loader.removed)))


class PastProblems(Problems):
    """Lets sources match nothing: what they matched then need not be in git."""

    def add_unmatched(self, where: Where, message: str, hint: str = "") -> None:
        """Say nothing."""


def _manifest_files(then: Project, past: Past, paths: Sequence[Path]) -> list[Path]:
    """List the manifests that were there then, of those that are asked for."""
    named = [path.resolve().relative_to(past.here.resolve()) for path in paths]
    wanted = named or [Path(name) for name in then.manifests]
    places = [(past.root / name).resolve() for name in wanted]
    return [
        *dict.fromkeys(
            path
            for place in places
            if place.is_relative_to(past.root) and place.exists()
            for path in yaml_files(place, past.root)
        )
    ]


def _digests(
    files: Files, past: Past, cache: FileCache | None, *, jobs: int
) -> dict[Upload, str]:
    """Tell which content each file had then; empty where nobody can know.

    A file that git does not keep is taken to be as it was.
    """
    uploads = {use.upload for use in files.uses}
    names = sorted({item.path for item in uploads if not item.sha256})
    known = [name for name in names if not _is_lost(name, past)]
    looks = [Look(_place(name, past)) for name in known]
    outcomes = Inspector(past.here.resolve(), cache).inspect_all(looks, jobs=jobs)
    digests = {
        name: found.sha256 if isinstance(found, Facts) else pointer_digest(look.path)
        for name, look, found in zip(known, looks, outcomes, strict=True)
    }
    return {item: item.sha256 or digests.get(item.path, "") for item in uploads}


def _place(name: str, past: Past) -> Path:
    """Tell where the content of then is: in the file of today, if that is the same."""
    then = past.root / name
    differs = then.exists() and not then.is_symlink()
    return then if differs else past.here.resolve() / name


def _is_lost(name: str, past: Past) -> bool:
    """Tell whether a file was another one then that is not to be had.

    Git has come to keep it since, or DVC kept other content of it, or of a folder above
    it, under a pointer that has changed.
    """
    path = PurePosixPath(name)
    added = name in past.changed and not (past.root / name).exists()
    return added or any(f"{item}.dvc" in past.changed for item in (path, *path.parents))

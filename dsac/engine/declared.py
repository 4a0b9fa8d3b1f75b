"""What the manifests of a project declare, read through its stat cache."""

from collections.abc import Sequence
from pathlib import Path

from dsac.assets.cache import FileCache
from dsac.core.phases import LOAD, Phases, unmeasured
from dsac.engine.session import STATE
from dsac.manifests.files import Watch
from dsac.manifests.load import Manifests, load
from dsac.manifests.project import Project


def load_manifests(
    project: Project,
    paths: Sequence[Path],
    *,
    jobs: int,
    watch: Watch,
    phase: Phases = unmeasured,
) -> Manifests:
    """Load manifests through the stat cache of the project."""
    cache = FileCache(project.root / STATE / "cache" / "files", project.root)
    with phase(LOAD):
        return load(
            project, paths=paths, cache=cache, jobs=jobs, watch=watch, phase=phase
        )


def owners_of(manifests: Manifests, names: Sequence[str] = ()) -> list[str]:
    """Name the owners of all datasets in question."""
    wanted = [item.dataset.name for item in manifests.datasets]
    return [name.partition("/")[0] for name in (*wanted, *manifests.removed, *names)]

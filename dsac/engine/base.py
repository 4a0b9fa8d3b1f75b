"""What the manifests wanted at a git revision, for the datasets of a plan."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dsac.assets.cache import FileCache
from dsac.assets.revision import past_of
from dsac.core.origin import Base
from dsac.core.plan import Revision
from dsac.engine.session import STATE
from dsac.manifests.load import Manifests
from dsac.manifests.past import load_past
from dsac.manifests.project import Project


def load_base(  # noqa: PLR0913 - all but the first two are keyword-only
    project: Project,
    revision: str,
    *,
    manifests: Manifests,
    paths: Sequence[Path] = (),
    variables: Mapping[str, str] | None = None,
    jobs: int = 8,
) -> Base:
    """Load the manifests of a revision, for the datasets that those of now are about.

    With `paths`, a dataset that was not declared in them then is looked for in all
    manifests of the revision: its document may have moved.

    Args:
        project: As it is now.
        revision: Anything that git takes for a commit.
        manifests: The manifests of now.
        paths: Where those were read from, where not from all of the project.
        variables: What --var says.
        jobs: So many files are read at the same time.

    Raises:
        RevisionError: there is no such revision, or it was not valid.
    """
    wanted = {item.dataset.name for item in manifests.datasets} | {*manifests.removed}
    cache = FileCache(project.root / STATE / "cache" / "files")
    with past_of(project.root, revision, scratch=project.root / STATE) as past:
        base = Base(revision=Revision(revision, past.commit))
        for sources in (paths, ()) if paths else ((),):
            found = load_past(
                project,
                past,
                revision=revision,
                paths=sources,
                variables=variables,
                cache=cache,
                jobs=jobs,
            )
            base = _with(base, found, wanted)
            if wanted <= {*base.datasets, *base.removed}:
                break
    return base


def _with(base: Base, found: Manifests, wanted: set[str]) -> Base:
    """Add what was declared of the wanted datasets, where nothing is known of them."""
    missing = wanted - {*base.datasets, *base.removed}
    more = {
        item.dataset.name: item
        for item in found.datasets
        if item.dataset.name in missing
    }
    return Base(
        revision=base.revision,
        datasets={**base.datasets, **more},
        removed=base.removed | (missing & {*found.removed}),
    )

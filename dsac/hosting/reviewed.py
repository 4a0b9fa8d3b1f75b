"""The saved plan that people reviewed in the pull request which was merged."""

import io
import zipfile
from collections.abc import Iterator

import msgspec

from dsac.errors import NotFoundError, PlanError, UsageError
from dsac.hosting import github, gitlab
from dsac.hosting.host import Host
from dsac.hosting.surroundings import GITHUB, Surroundings

MOST = 1 << 30
"""So many bytes a plan may have, packed or not."""

NEW_PLAN = (
    "open a pull request from a branch of this repository (git commit --allow-empty "
    "will do): its plan shows what is left to do, and is applied when it is merged"
)


class Reviewed(msgspec.Struct, frozen=True):
    """A plan as a file, and the pull request in which it was shown."""

    number: int
    data: bytes


def fetch_reviewed(
    host: Host, around: Surroundings, *, artifact: str, file: str
) -> Reviewed:
    """Fetch the plan of the last run for the pull request that brought this commit.

    Args:
        host: Who keeps it.
        around: Says which commit, or which pull request.
        artifact: What the run called it: an artifact's name, or a job's.
        file: The name of the plan in it.

    Raises:
        UsageError: nothing says which commit.
        PlanError: there is no such pull request, or no such plan.
    """
    if not around.commit:
        raise UsageError(
            "the commit that was merged is not known",
            hint="set GITHUB_SHA or CI_COMMIT_SHA, or pass --commit SHA",
        )
    found = merged(host, around)
    if found is None:
        raise PlanError(
            f"no merged pull request brought the commit {around.commit}, so nobody "
            "reviewed a plan",
            hint=NEW_PLAN,
        )
    number, head = found
    for path in _archives(host, around, artifact, number=number, head=head):
        try:
            data = host.bytes(path, needs=github.READ_RUNS, most=MOST)
        except NotFoundError:
            continue  # it went away meanwhile
        plan = _unpacked(data, file)
        if plan is not None:
            return Reviewed(number, plan)
    raise PlanError(
        f"no run for #{number} kept a plan (the artifact {artifact!r} with {file}): it "
        "failed, its artifact expired, or it came from a fork",
        hint=NEW_PLAN,
    )


def merged(host: Host, around: Surroundings) -> tuple[int, str] | None:
    """Give the number and the head of the pull request that brought a commit."""
    if around.provider == GITHUB:
        return github.merged_pull(host, around)
    return gitlab.merged_request(host, around)


def _archives(
    host: Host, around: Surroundings, artifact: str, *, number: int, head: str
) -> Iterator[str]:
    if not head:
        return iter(())
    if around.provider == GITHUB:
        return github.archives(host, around, name=artifact, head=head)
    return gitlab.archives(host, around, name=artifact, number=number)


def _unpacked(data: bytes, file: str) -> bytes | None:
    """Give a file of an archive; None where it has none of that name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            info = archive.NameToInfo.get(file)
            if info is None or info.file_size > MOST:
                return None
            return archive.read(info)
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise PlanError(f"the archive of the plan is damaged: {error}") from error

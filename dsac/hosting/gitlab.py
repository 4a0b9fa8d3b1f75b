"""GitLab: notes on merge requests, issues, and artifacts of jobs."""

from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from dsac.core.values import Json
from dsac.errors import ForbiddenError, NotFoundError, UsageError
from dsac.hosting.board import Mark, Post
from dsac.hosting.host import Host
from dsac.hosting.surroundings import Surroundings

ROLE = "Reporter"


class _User(msgspec.Struct):
    id: int = 0


class _Note(msgspec.Struct):
    id: int
    body: str | None = None
    author: _User | None = None
    system: bool = False


class _Issue(msgspec.Struct):
    iid: int
    description: str | None = None
    author: _User | None = None


class _Made(msgspec.Struct):
    id: int = 0
    iid: int = 0
    author: _User | None = None


def project_path(around: Surroundings) -> str:
    """Give the path of the project, which a number or a full name stands for.

    Raises:
        UsageError: it is not known.
    """
    if not around.repository:
        raise UsageError(
            "the project is not known",
            hint="set CI_PROJECT_ID, or pass --repository GROUP/NAME",
        )
    return f"/projects/{quote(around.repository, safe='')}"


def own_id(host: Host) -> int:
    """Give the number of the token's user; 0 where the host can't tell."""
    try:
        return host.get(_User, "/user", needs=ROLE).id
    except (ForbiddenError, NotFoundError):
        return 0


class _Board:
    def __init__(self, host: Host, around: Surroundings) -> None:
        self._host = host
        self._around = around
        self._project = project_path(around)
        self._user: int | None = None

    def pause(self, times: int) -> None:
        """Wait after a text may not have been posted."""
        self._host.pause(times)

    def _is_own(self, user: _User | None) -> bool:
        if self._user is None:
            self._user = own_id(self._host)
        return (user.id if user else 0) == self._user

    def _posted(self, made: _Made) -> _Made:
        """Learn from what was posted who the token's user is, if nothing else says."""
        if not self._user and made.author is not None:
            self._user = made.author.id
        return made


class Notes(_Board):
    """The notes on one merge request."""

    def own(self, mark: Mark) -> list[Post]:
        """List the notes of the token's user that are of a mark."""
        pages = self._host.pages(
            list[_Note], self._path, needs=ROLE, sort="asc", order_by="created_at"
        )
        return [
            Post(item.id, item.body or "")
            for page in pages
            for item in page
            if not item.system
            and mark.is_of(item.body or "")
            and self._is_own(item.author)
        ]

    @property
    def _path(self) -> str:
        return f"{self._project}/merge_requests/{self._around.number}/notes"

    def create(self, text: str) -> int:
        """Post a note."""
        made = self._host.send(_Made, "POST", self._path, {"body": text}, needs=ROLE)
        return self._posted(made).id

    def update(self, number: int, text: str) -> None:
        """Change a note in place."""
        path = f"{self._path}/{number}"
        self._host.send(_Made, "PUT", path, {"body": text}, needs=ROLE)

    def remove(self, number: int) -> None:
        """Delete a note."""
        self._host.delete(f"{self._path}/{number}", needs=ROLE)


class Issues(_Board):
    """The open issues of a project; one of ours has this title."""

    def __init__(self, host: Host, around: Surroundings, *, title: str) -> None:
        super().__init__(host, around)
        self._title = title

    def own(self, mark: Mark) -> list[Post]:
        """List the open issues of the token's user that are of a mark."""
        pages = self._host.pages(
            list[_Issue],
            f"{self._project}/issues",
            needs=ROLE,
            state="opened",
            scope="created_by_me",
        )
        return [
            Post(item.iid, item.description or "")
            for page in pages
            for item in page
            if mark.is_of(item.description or "") and self._is_own(item.author)
        ]

    def create(self, text: str) -> int:
        """Open an issue."""
        body: dict[str, Json] = {"title": self._title, "description": text}
        path = f"{self._project}/issues"
        made = self._host.send(_Made, "POST", path, body, needs=ROLE)
        return self._posted(made).iid

    def update(self, number: int, text: str) -> None:
        """Change an issue in place."""
        self._put(number, {"title": self._title, "description": text})

    def remove(self, number: int) -> None:
        """Close a double: only owners may delete issues."""
        self._put(number, {"state_event": "close"})

    def close(self, number: int, text: str) -> None:
        """Close an issue with a last word."""
        self._put(number, {"description": text, "state_event": "close"})

    def _put(self, number: int, body: dict[str, str]) -> None:
        path = f"{self._project}/issues/{number}"
        self._host.send(_Made, "PUT", path, {**body}, needs=ROLE)


class _Merge(msgspec.Struct):
    iid: int
    state: str = ""
    sha: str | None = None
    source_project_id: int | None = None
    target_project_id: int | None = None


class _Pipeline(msgspec.Struct):
    id: int


class _Job(msgspec.Struct):
    id: int
    name: str = ""
    artifacts_file: dict[str, object] | None = None


def merged_request(host: Host, around: Surroundings) -> tuple[int, str] | None:
    """Find the merge request that brought a commit; give its number and its head.

    One from a fork has no head that counts: its pipelines ran elsewhere.
    """
    path = f"{project_path(around)}/repository/commits/{around.commit}/merge_requests"
    found = [
        item
        for page in host.pages(list[_Merge], path, needs=ROLE)
        for item in page
        if item.state == "merged"
    ]
    last = max(found, key=lambda item: item.iid, default=None)
    if last is None:
        return None
    own = last.source_project_id == last.target_project_id
    return last.iid, (last.sha or "") if own else ""


def archives(
    host: Host, around: Surroundings, *, name: str, number: int
) -> Iterator[str]:
    """Yield where the artifacts lie of the newest job of a name in a merge request.

    The pipelines of a merged result have commits of their own, so their commits tell
    nothing; a plan that does not fit what was merged is refused by its own digests.
    """
    project = project_path(around)
    path = f"{project}/merge_requests/{number}/pipelines"
    pipelines = [
        item for page in host.pages(list[_Pipeline], path, needs=ROLE) for item in page
    ]
    for pipeline in sorted(pipelines, key=lambda item: item.id, reverse=True):
        where = f"{project}/pipelines/{pipeline.id}/jobs"
        jobs = [
            job
            for page in host.pages(list[_Job], where, needs=ROLE)
            for job in page
            if job.name == name
        ]
        for job in sorted(jobs, key=lambda item: item.id, reverse=True):
            if job.artifacts_file is not None:
                yield f"{project}/jobs/{job.id}/artifacts"
        if jobs:
            return

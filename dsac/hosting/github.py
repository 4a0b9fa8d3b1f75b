"""GitHub: comments on pull requests, issues, and artifacts of runs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from dsac.core.values import Json
from dsac.errors import ProtocolError, ResponseError, UsageError
from dsac.hosting.board import Mark, Post
from dsac.hosting.host import Host
from dsac.hosting.surroundings import Surroundings

PULLS = "pull-requests: write"
ISSUES = "issues: write"
READ_PULLS = "pull-requests: read"
READ_RUNS = "actions: read"

VIEWER = "query { viewer { login } }"
ACTIONS = "github-actions[bot]"
"""Who the token of a run is, where nobody says it."""

UNTOLD = frozenset({403, 404, 405, 501})
"""What a host answers that can't say, or not to this token, whose token it is."""


class _User(msgspec.Struct):
    login: str = ""


class _Data(msgspec.Struct):
    viewer: _User = msgspec.field(default_factory=_User)


class _Viewer(msgspec.Struct):
    data: _Data | None = None


class _Comment(msgspec.Struct):
    id: int
    body: str | None = None
    user: _User | None = None


class _Issue(msgspec.Struct):
    number: int
    body: str | None = None
    user: _User | None = None
    # The members of what makes an issue a pull request do not matter.
    pull_request: dict[str, object] | None = None


class _Made(msgspec.Struct):
    id: int = 0
    number: int = 0
    user: _User | None = None


def repository_path(around: Surroundings) -> str:
    """Give the path of the repository.

    Raises:
        UsageError: it is not known, or no name of one.
    """
    parts = around.repository.split("/")
    if len(parts) != 2 or not all(parts):  # noqa: PLR2004 - owner and name
        raise UsageError(
            f"{around.repository!r} is no repository"
            if around.repository
            else "the repository is not known",
            hint="set GITHUB_REPOSITORY, or pass --repository OWNER/NAME",
        )
    return f"/repos/{around.repository}"


def own_login(host: Host, around: Surroundings) -> str:
    """Give the login of the token's user; empty where the host can't tell.

    GraphQL tells it to the token of a run too, REST only to those of people. What is
    like GitHub may have no GraphQL.
    """
    for ask in (_viewer, _user):
        try:
            return ask(host, around)
        except ResponseError as error:
            if error.status not in UNTOLD:
                raise
    return ""


def _user(host: Host, _: Surroundings) -> str:
    return host.get(_User, "/user", needs="contents: read").login


def _viewer(host: Host, around: Surroundings) -> str:
    answer = host.send(
        _Viewer,
        "POST",
        _graphql(around),
        {"query": VIEWER},
        needs="contents: read",
        idempotent=True,
    )
    if answer.data is None or not answer.data.viewer.login:
        raise ProtocolError(
            "github does not say whose token this is",
            hint="put a token of this host that is still valid into GITHUB_TOKEN",
        )
    return answer.data.viewer.login


def _graphql(around: Surroundings) -> str:
    if around.graphql:
        return around.graphql
    parts = urlsplit(around.api)
    path = parts.path.removesuffix("/v3")
    return f"{parts.scheme}://{parts.netloc}{path}/graphql"


def _plain(login: str) -> str:
    """Give a login as all of GitHub's APIs write it; some leave the ending out."""
    return login.lower().removesuffix("[bot]")


class _Board:
    def __init__(self, host: Host, around: Surroundings) -> None:
        self._host = host
        self._around = around
        self._repository = repository_path(around)
        self._login: str | None = None

    def pause(self, times: int) -> None:
        """Wait after a text may not have been posted."""
        self._host.pause(times)

    def _is_own(self, user: _User | None) -> bool:
        if self._login is None:
            self._login = own_login(self._host, self._around)
        if user is None:
            return not self._login
        return _plain(user.login) == _plain(self._login or ACTIONS)

    def _posted(self, made: _Made) -> _Made:
        """Learn from what was posted who the token's user is, if nothing else says."""
        if not self._login and made.user is not None:
            self._login = made.user.login
        return made


class Comments(_Board):
    """The comments on one pull request."""

    def own(self, mark: Mark) -> list[Post]:
        """List the comments of the token's user that are of a mark."""
        path = f"{self._repository}/issues/{self._around.number}/comments"
        return [
            Post(item.id, item.body or "")
            for page in self._host.pages(list[_Comment], path, needs=PULLS)
            for item in page
            if mark.is_of(item.body or "") and self._is_own(item.user)
        ]

    def create(self, text: str) -> int:
        """Post a comment."""
        path = f"{self._repository}/issues/{self._around.number}/comments"
        made = self._host.send(_Made, "POST", path, {"body": text}, needs=PULLS)
        return self._posted(made).id

    def update(self, number: int, text: str) -> None:
        """Change a comment in place."""
        path = f"{self._repository}/issues/comments/{number}"
        self._host.send(_Made, "PATCH", path, {"body": text}, needs=PULLS)

    def remove(self, number: int) -> None:
        """Delete a comment."""
        path = f"{self._repository}/issues/comments/{number}"
        self._host.delete(path, needs=PULLS)


class Issues(_Board):
    """The open issues of a repository; one of ours has this title."""

    def __init__(self, host: Host, around: Surroundings, *, title: str) -> None:
        super().__init__(host, around)
        self._title = title

    def own(self, mark: Mark) -> list[Post]:
        """List the open issues of the token's user that are of a mark."""
        # Not by a label or an author: a filter that finds nothing makes a new issue
        # each night.
        pages = self._host.pages(
            list[_Issue],
            f"{self._repository}/issues",
            needs=ISSUES,
            state="open",
            sort="created",
            direction="asc",
        )
        return [
            Post(item.number, item.body or "")
            for page in pages
            for item in page
            if item.pull_request is None
            and mark.is_of(item.body or "")
            and self._is_own(item.user)
        ]

    def create(self, text: str) -> int:
        """Open an issue."""
        body: dict[str, Json] = {"title": self._title, "body": text}
        path = f"{self._repository}/issues"
        made = self._host.send(_Made, "POST", path, body, needs=ISSUES)
        return self._posted(made).number

    def update(self, number: int, text: str) -> None:
        """Change an issue in place."""
        self._patch(number, {"title": self._title, "body": text})

    def remove(self, number: int) -> None:
        """Close a double: issues can't be deleted."""
        self._patch(number, {"state": "closed", "state_reason": "not_planned"})

    def close(self, number: int, text: str) -> None:
        """Close an issue with a last word."""
        done = {"body": text, "state": "closed", "state_reason": "completed"}
        self._patch(number, done)

    def _patch(self, number: int, body: dict[str, str]) -> None:
        path = f"{self._repository}/issues/{number}"
        self._host.send(_Made, "PATCH", path, {**body}, needs=ISSUES)


class _Side(msgspec.Struct):
    sha: str = ""


class _Pull(msgspec.Struct):
    number: int
    merged_at: str | None = None
    head: _Side = msgspec.field(default_factory=_Side)


class _Run(msgspec.Struct):
    head_sha: str | None = None
    repository_id: int | None = None
    head_repository_id: int | None = None


class _Artifact(msgspec.Struct):
    id: int
    name: str = ""
    expired: bool = False
    workflow_run: _Run | None = None


class _Artifacts(msgspec.Struct):
    artifacts: list[_Artifact] = []


def merged_pull(host: Host, around: Surroundings) -> tuple[int, str] | None:
    """Find the pull request that brought a commit; give its number and its head."""
    path = f"{repository_path(around)}/commits/{around.commit}/pulls"
    found = [
        pull
        for page in host.pages(list[_Pull], path, needs=READ_PULLS)
        for pull in page
        if pull.merged_at
    ]
    last = max(found, key=lambda pull: pull.number, default=None)
    return None if last is None else (last.number, last.head.sha)


def archives(
    host: Host, around: Surroundings, *, name: str, head: str
) -> Iterator[str]:
    """Yield where artifacts of a name lie that runs of a head made, newest first.

    Those of forks are none of ours: who opens a pull request decides what they hold.
    """
    path = f"{repository_path(around)}/actions/artifacts"
    found = [
        item
        for page in host.pages(_Artifacts, path, needs=READ_RUNS, name=name)
        for item in page.artifacts
        if item.name == name and not item.expired and _is_of(item.workflow_run, head)
    ]
    for item in sorted(found, key=lambda item: item.id, reverse=True):
        yield f"{path}/{item.id}/zip"


def _is_of(run: _Run | None, head: str) -> bool:
    if run is None or run.head_sha != head:
        return False
    return run.repository_id == run.head_repository_id

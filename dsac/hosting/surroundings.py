"""What a CI run says of itself in its environment: which pull request, which token."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from dsac.errors import NoTokenError, UsageError

GITHUB, GITLAB = "github", "gitlab"
PROVIDERS = (GITHUB, GITLAB)

GITHUB_API = "https://api.github.com"
GITLAB_API = "https://gitlab.com/api/v4"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is; what it does not say is empty.

    `number` is that of the pull or merge request, `commit` what was checked out. `run`
    orders the runs of one host, and `log` is the address of this one. `fork` says that
    the pull request comes from another repository, so that the run has no secrets.
    """

    provider: str
    api: str
    graphql: str = ""
    repository: str = ""
    number: int = 0
    commit: str = ""
    run: tuple[int, int] | None = None
    log: str = ""
    fork: bool = False


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What flags say in place of the environment."""

    provider: str = ""
    repository: str = ""
    number: int = 0
    api: str = ""


class _Repository(msgspec.Struct):
    full_name: str = ""


class _Side(msgspec.Struct):
    sha: str = ""
    repo: _Repository | None = None


class _Pull(msgspec.Struct):
    number: int = 0
    head: _Side = msgspec.field(default_factory=_Side)
    base: _Side = msgspec.field(default_factory=_Side)


class _Event(msgspec.Struct):
    pull_request: _Pull | None = None


class _Reader(Protocol):
    def __call__(self, environ: Mapping[str, str]) -> Surroundings: ...


def look_around(environ: Mapping[str, str], given: Given) -> Surroundings:
    """Find out where a run is.

    Raises:
        UsageError: neither a flag nor the environment says which host, or what is said
            can't be.
    """
    provider = given.provider or _provider(environ)
    readers: dict[str, _Reader] = {GITHUB: _github, GITLAB: _gitlab}
    found = readers[provider](environ)
    changed = {
        name: value
        for name, value in (
            ("repository", given.repository),
            ("number", given.number),
            ("api", given.api.rstrip("/")),
        )
        if value
    }
    if given.api:
        changed["graphql"] = ""
    found = msgspec.structs.replace(found, **changed)
    if not re.match(r"https?://[^/\s]+", found.api):
        raise UsageError(
            f"{found.api!r} is no address of an API",
            hint=f"write it as {GITHUB_API}",
        )
    return found


def _provider(environ: Mapping[str, str]) -> str:
    if environ.get("GITHUB_ACTIONS") or environ.get("GITHUB_REPOSITORY"):
        return GITHUB
    if environ.get("GITLAB_CI"):
        return GITLAB
    raise UsageError(
        "this is no run of GitHub or GitLab, so the host is not known",
        hint="name it: --provider github, or --provider gitlab",
    )


def _github(environ: Mapping[str, str]) -> Surroundings:
    repository = environ.get("GITHUB_REPOSITORY", "")
    pull = _event(environ).pull_request
    number, fork = 0, False
    if pull is not None:
        head = pull.head.repo.full_name if pull.head.repo else ""
        base = pull.base.repo.full_name if pull.base.repo else repository
        number, fork = pull.number, head.lower() != base.lower()
    elif match := re.fullmatch(
        r"refs/pull/(\d+)/(?:merge|head)", environ.get("GITHUB_REF", "")
    ):
        number = int(match[1])
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    run = environ.get("GITHUB_RUN_ID", "")
    return Surroundings(
        provider=GITHUB,
        api=environ.get("GITHUB_API_URL", "").rstrip("/") or GITHUB_API,
        graphql=environ.get("GITHUB_GRAPHQL_URL", ""),
        repository=repository,
        number=number,
        commit=environ.get("GITHUB_SHA", ""),
        run=_run(run, environ.get("GITHUB_RUN_ATTEMPT", "1")),
        log=f"{server}/{repository}/actions/runs/{run}" if run and repository else "",
        fork=fork,
    )


def _event(environ: Mapping[str, str]) -> _Event:
    """Read what started the run."""
    path = environ.get("GITHUB_EVENT_PATH", "")
    if not path:
        return _Event()
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=_Event)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"can't read the event in {path} (GITHUB_EVENT_PATH): {error}",
            hint="say which pull request: unset it, and pass --number N",
        ) from error


def _gitlab(environ: Mapping[str, str]) -> Surroundings:
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "")
    return Surroundings(
        provider=GITLAB,
        api=environ.get("CI_API_V4_URL", "").rstrip("/") or GITLAB_API,
        repository=environ.get("CI_PROJECT_ID", "")
        or environ.get("CI_PROJECT_PATH", ""),
        number=int(number) if number.isdecimal() else 0,
        commit=environ.get("CI_COMMIT_SHA", ""),
        run=_run(environ.get("CI_PIPELINE_ID", ""), environ.get("CI_JOB_ID", "0")),
        log=environ.get("CI_JOB_URL", ""),
        fork=bool(source) and source != environ.get("CI_MERGE_REQUEST_PROJECT_ID"),
    )


def _run(number: str, attempt: str) -> tuple[int, int] | None:
    if not (number.isdecimal() and attempt.isdecimal()):
        return None
    return int(number), int(attempt)


TOKENS = {GITHUB: ("GITHUB_TOKEN", "GH_TOKEN"), GITLAB: ("GITLAB_TOKEN",)}
"""Where the token of a host comes from; it comes from nowhere else."""


def token_of(provider: str, environ: Mapping[str, str]) -> str:
    """Find the token of a host in the environment.

    Raises:
        NoTokenError: there is none.
    """
    for name in TOKENS[provider]:
        if token := environ.get(name, "").strip():
            return token
    name = TOKENS[provider][0]
    if provider == GITHUB:
        hint = f"give the step env: {{{name}: ${{{{ github.token }}}}}}"
    else:
        hint = (
            f"make a project access token with the scope api and put it into {name}, "
            "a masked variable of the project"
        )
        if environ.get("CI_JOB_TOKEN"):
            hint += "; a CI_JOB_TOKEN may not write comments or issues"
    raise NoTokenError(f"there is no token for {provider} in {name}", hint=hint)

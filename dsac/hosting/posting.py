"""Where a text goes: to a pull request or an issue of the host that the run is on."""

import enum

import msgspec

from dsac.core.limits import MAX_BYTES
from dsac.errors import UsageError
from dsac.hosting import github, gitlab
from dsac.hosting.board import Board, Tracker
from dsac.hosting.host import Host
from dsac.hosting.reviewed import merged
from dsac.hosting.surroundings import GITHUB, GITLAB, Surroundings


class Place(enum.StrEnum):
    """What a text is posted on."""

    PULL = "pull"
    ISSUE = "issue"


MOST = {GITHUB: MAX_BYTES, GITLAB: 1_000_000}
"""So long a text may be on each host."""


def located(host: Host, around: Surroundings) -> Surroundings:
    """Fill in which pull request is meant, where only the commit is known.

    Raises:
        UsageError: there is none.
    """
    if around.number:
        return around
    found = merged(host, around) if around.commit else None
    if found is None:
        raise UsageError(
            "this run is for no pull request",
            hint="say which one: --number N; or post to an issue: --on issue",
        )
    return msgspec.structs.replace(around, number=found[0])


def open_thread(host: Host, around: Surroundings) -> Board:
    """Give what is said on the pull request that is meant.

    Raises:
        UsageError: there is none.
    """
    around = located(host, around)
    kind = github.Comments if around.provider == GITHUB else gitlab.Notes
    return kind(host, around)


def open_issues(host: Host, around: Surroundings, *, title: str) -> Tracker:
    """Give the issues of the repository; one that is opened gets the title."""
    kind = github.Issues if around.provider == GITHUB else gitlab.Issues
    return kind(host, around, title=title)

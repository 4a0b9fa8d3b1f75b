"""Where a text goes: to a pull request or an issue of the host that the run is on."""

import enum

import msgspec

from dsac.core.limits import MAX_BYTES
from dsac.errors import UsageError
from dsac.hosting import github, gitlab
from dsac.hosting.board import Board
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


def open_board(host: Host, around: Surroundings, *, on: Place, title: str) -> Board:
    """Give the place where texts are posted."""
    if on is Place.PULL:
        around = located(host, around)
        kind = github.Comments if around.provider == GITHUB else gitlab.Notes
        return kind(host, around)
    if around.provider == GITHUB:
        return github.Issues(host, around, title=title)
    return gitlab.Issues(host, around, title=title)

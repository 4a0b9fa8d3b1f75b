"""One text in one place: made once, changed in place, doubles taken away."""

import enum
from contextlib import suppress

import msgspec

from dsac.errors import NotFoundError, RemoteError
from dsac.hosting.board import Board, Mark, Post, Tracker
from dsac.remote.retrying import ATTEMPTS

ROUNDS = 30
"""So often it is looked whether the text stands; other runs may be at work on it."""


class Became(enum.StrEnum):
    """What became of a text; the words that people read."""

    CREATED = "Created"
    UPDATED = "Updated"
    KEPT = "Kept"
    CLOSED = "Closed"
    NOTHING = "Nothing"


class Placed(msgspec.Struct, frozen=True):
    """What became of a text, and the number under which it stands; 0 for none."""

    became: Became
    number: int = 0


def place(board: Board, mark: Mark, body: str) -> Placed:
    """Let a text stand exactly once.

    Runs that do this at the same time end with one text, since all agree on which one
    stays: the lowest number. Each goes around until it sees that:

    1. All texts of the mark by the token's user are listed.
    2. Where there is none, it is posted; one that was posted, or may have been though
       no answer came, is looked for before another one is.
    3. All but the lowest are taken away.
    4. The lowest is given the text, unless it is of a later run. What another run of
       no earlier one wrote after that stays.

    Raises:
        RemoteError: the host refused, or other runs never gave way.
    """
    text = f"{mark}\n{body}"
    written: set[int] = set()
    became, failures = Became.UPDATED, 0
    for _ in range(ROUNDS):
        posts = _ours(board, mark)
        if not posts:
            if written:
                # Posted, and the list does not show it yet.
                return Placed(became, min(written))
            became = Became.CREATED
            try:
                written.add(board.create(text))
            except RemoteError as error:
                failures += 1
                # Else it may have been posted, whatever became of the answer.
                if not error.uncertain or failures == ATTEMPTS:
                    raise
                board.pause(failures)
            continue
        first, *doubles = posts
        for post in doubles:
            with suppress(NotFoundError):
                board.remove(post.number)
        if mark.age_of(first.text) < 0:
            return Placed(Became.KEPT, first.number)
        if first.number in written and mark.age_of(first.text) == 0:
            return Placed(became, first.number)
        if first.text != text:
            with suppress(NotFoundError):
                board.update(first.number, text)
        written.add(first.number)
    raise RemoteError(
        f"other runs keep changing what dsac posts of the {mark.what}",
        hint="let one run at a time post it: a concurrency group for each pull request",
    )


def settle(board: Tracker, mark: Mark, body: str) -> Placed:
    """Say a last word in the text that stands, and in its doubles, if one does."""
    placed = Placed(Became.NOTHING)
    for post in reversed(_ours(board, mark)):
        board.close(post.number, f"{mark}\n{body}")
        placed = Placed(Became.CLOSED, post.number)
    return placed


def _ours(board: Board, mark: Mark) -> list[Post]:
    return sorted(board.own(mark), key=lambda post: post.number)

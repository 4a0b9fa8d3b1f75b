"""Creates many samples in calls that shrink until the server takes them."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

import msgspec

from dsac.errors import NotFoundError, RemoteError, ResponseError
from dsac.remote import wire
from dsac.remote.bodies import NewSampleBody
from dsac.remote.client import Client
from dsac.remote.retrying import TOO_LONG

DIVISIBLE = TOO_LONG | {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Statuses after which the halves of a call may fare better than the whole: it was too
large, or one row of it is bad and need not take the others with it."""

MOST_BAD = 20
"""So many bad rows are picked out of one call; what is left then fails as it stands."""

FEW = 50
"""Up to so many samples are looked up by their names; more by listing the dataset."""


class Part(msgspec.Struct, frozen=True):
    """Rows of a call that were sent together, with the answer or the error."""

    rows: Sequence[NewSampleBody]
    answer: Sequence[wire.CreatedSample] = ()
    error: RemoteError | None = None


def is_divisible(error: RemoteError) -> bool:
    """Tell whether the halves of a call may fare better than the whole."""
    return isinstance(error, ResponseError) and error.status in DIVISIBLE


def create(
    client: Client, dataset: str, rows: Sequence[NewSampleBody]
) -> Iterator[Part]:
    """Create samples; in halves, and halves of them, where the server refuses.

    Where a single row is too much for a gateway, the size is not what ails it: then the
    rest is not tried.
    """
    waiting = [rows]
    bad = 0
    while waiting:
        part = waiting.pop()
        try:
            answer = client.create_samples(dataset, part)
        except RemoteError as error:
            if len(part) > 1 and bad < MOST_BAD and is_divisible(error):
                half = (len(part) + 1) // 2
                waiting += [part[half:], part[:half]]
                continue
            yield Part(part, error=error)
            bad += 1
            if isinstance(error, ResponseError) and error.status in TOO_LONG:
                yield from (Part(left, error=error) for left in reversed(waiting))
                return
        else:
            yield Part(part, answer)


def look_up(client: Client, dataset: str, names: frozenset[str]) -> list[wire.Sample]:
    """Find those samples of a dataset that have one of the names.

    Raises:
        RemoteError: they can't be looked up.
    """
    found: dict[str, wire.Sample] = {}
    try:
        for part in sorted(names) if len(names) <= FEW else [""]:
            for page in client.list_samples(dataset, name__contains=part):
                found |= {row.name: row for row in page if row.name in names}
                if part in found or len(found) == len(names):
                    break
    except NotFoundError:
        return []
    return list(found.values())

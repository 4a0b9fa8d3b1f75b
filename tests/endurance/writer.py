"""A client that writes to an emulator, and knows what it must hold then."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.endurance.process import OWNER, Answer, Connection

Key = tuple[str, ...]
"""What is written: a kind, and names."""

Value = str | None
"""What is there, summed up; None is nothing."""

Object = dict[str, Any]

SHARED = tuple(f"shared-{number}" for number in range(8))
"""Datasets that all writers add samples to."""

LABELSETS = ("ground-truth", "model")
CONTENDED = "contended-"
"""How the names begin that many ask for."""


class WrongAnswerError(Exception):
    """The server refused what it must take, failed, or forgot."""


def prepare(connection: Connection) -> None:
    """Create what the writers share."""
    for name in SHARED:
        body = {"name": name, "task_type": "vector"}
        connection.expect("POST", "/user/datasets/", body)
        path = f"/datasets/{OWNER}/{name}/labelsets/"
        connection.expect("POST", path, {"name": LABELSETS[1]})


def value_of(number: int) -> str:
    """Sum up what was written with a number: it stands in two places."""
    return f"{number} {number}"


def sample_body(name: str, number: int) -> Object:
    """Describe a sample."""
    return {
        "name": name,
        "attributes": {"image": {"url": f"https://bucket.example.com/{number}"}},
        "metadata": {"number": number},
        "priority": number,
    }


def sample_value(sample: Mapping[str, Any]) -> str:
    """Sum up a sample."""
    return f"{sample['priority']:.0f} {sample['metadata'].get('number')}"


def label_body(number: int) -> Object:
    """Describe a label."""
    point = {"id": 1, "category_id": 1, "type": "point", "points": [[number, 1]]}
    return {
        "label_status": "PRELABELED",
        "attributes": {"annotations": [point]},
        "score": number,
    }


def label_value(label: Mapping[str, Any]) -> str:
    """Sum up a label."""
    ((number, _),) = label["attributes"]["annotations"][0]["points"]
    return f"{label['score']:.0f} {number}"


def digest(content: bytes) -> str:
    """Name the bytes of a file."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass
class Writer:
    """One client: what it knows to be there, and what it is about to change.

    It writes to what is its own alone. Between two requests, `pending` is empty,
    unless the server was lost: then either all of it has happened, or nothing.
    """

    name: str
    random: random.Random
    acknowledged: Callable[[], object] = bool
    """Is called after each write."""

    expected: dict[Key, Value] = field(default_factory=dict)
    pending: dict[Key, Value] = field(default_factory=dict)
    made: dict[str, list[Key]] = field(default_factory=lambda: defaultdict(list))
    uuids: dict[Key, str] = field(default_factory=dict)
    forms: dict[Key, Mapping[str, str]] = field(default_factory=dict)
    won: list[Key] = field(default_factory=list)
    """Contended names that this writer was the one to get."""

    statuses: Counter[int] = field(default_factory=Counter)
    count: int = 0

    def next_number(self) -> int:
        """Give a number that this writer has not used."""
        self.count += 1
        return self.count

    def chance(self, part: float) -> bool:
        """Toss a coin that shows heads in a part of all throws."""
        return self.random.random() < part

    def new(self, kind: str, *names: str) -> Key:
        """Give the key of something that may be written, and chosen later."""
        key = (kind, *names)
        self.made[kind].append(key)
        return key

    def some(self, kind: str) -> Key | None:
        """Choose one of the things of a kind that are there; None if none is met."""
        keys = self.made[kind]
        for key in self.random.choices(keys, k=5) if keys else ():
            if self.expected.get(key) is not None:
                return key
        return None

    def labels_of(self, sample: Key) -> list[Key]:
        """Give the keys of the labels that a sample may have."""
        return [("label", *sample[1:], labelset) for labelset in LABELSETS]

    def send(
        self, connection: Connection, method: str, path: str, body: object = None
    ) -> Answer:
        """Send a request; no answer may say that the server failed.

        Raises:
            WrongAnswerError: it does.
            OSError: the server is gone; so says `http.client.HTTPException`.
        """
        answer = connection.send(method, path, body)
        self.statuses[answer.status] += 1
        if answer.status >= 500:
            raise WrongAnswerError(f"{method} {path}: {answer.status} {answer.data!r}")
        return answer

    def write(
        self,
        connection: Connection,
        request: tuple[str, str, object],
        changes: Mapping[Key, Value],
    ) -> Answer:
        """Send a write of one's own, which must succeed, and note what it changed.

        Raises:
            WrongAnswerError: it did not succeed; otherwise as `send`.
        """
        self.pending = dict(changes)
        answer = self.send(connection, *request)
        if not 200 <= answer.status < 300:
            raise WrongAnswerError(f"{request}: {answer.status} {answer.data!r}")
        self.expected.update(changes)
        self.pending = {}
        self.acknowledged()
        return answer

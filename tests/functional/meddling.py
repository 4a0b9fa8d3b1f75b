"""A server on which something happens between two requests of a run."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsac.emulator import Account, create_app
from dsac.remote.client import Client
from dsac.remote.transport import Transport

ACCOUNTS = (Account("jane", "jane-key"), Account("bob", "bob-key"))


@dataclass
class Rule:
    """What happens when a request comes that the rule is about, once."""

    method: str
    part: str
    act: Callable[[], object]
    lose: bool = False


def without_a_label(app: Any, environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answer a request; leave the last row with a label out of a listing of labels."""
    if "include_full_label" not in environ["QUERY_STRING"]:
        answer: Iterable[bytes] = app(environ, start_response)
        return answer
    heard: list[tuple[Any, ...]] = []

    def hear(*args: Any) -> Callable[[bytes], None]:
        heard.append(args)
        return lambda _: None

    body = b"".join(app(environ, hear))
    status, headers = heard[0][:2]
    rows = json.loads(body)
    if isinstance(rows, list):
        lost = [row for row in rows if row["label"]][-1:]
        body = json.dumps([row for row in rows if row not in lost]).encode()
        headers = [item for item in headers if item[0] != "Content-Length"]
    start_response(status, headers)
    return [body]


@dataclass
class Meddler:
    """The emulator behind rules; `log` has method and path of each request.

    Where it `omits`, listings of labels lack the last row that has one.
    """

    folder: Path
    rules: list[Rule] = field(default_factory=list)
    omits: bool = False
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the emulator."""
        self.app = create_app(self.folder, accounts=ACCOUNTS)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request; the rule that fits it acts first, or after a lost reply."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.log.append(f"{method} {path}")
        rule = next(
            (
                item
                for item in self.rules
                if item.method == method and item.part in path
            ),
            None,
        )
        if rule is None and self.omits:
            return without_a_label(self.app.wsgi_app, environ, start_response)
        if rule is None:
            return self.app.wsgi_app(environ, start_response)
        self.rules.remove(rule)
        if not rule.lose:
            rule.act()
            return self.app.wsgi_app(environ, start_response)
        list(self.app.wsgi_app(environ, lambda *_: lambda _: None))
        rule.act()
        start_response("502 Bad Gateway", [("Content-Length", "0")])
        return [b""]

    def when(
        self, method: str, part: str, act: Callable[[], object], *, lose: bool = False
    ) -> None:
        """Let `act` happen when a request comes: before it, or after its lost reply."""
        self.rules.append(Rule(method, part, act, lose))

    def count(self, method: str, part: str) -> int:
        """Count the requests of a kind so far."""
        return sum(line.startswith(f"{method} ") and part in line for line in self.log)

    @contextmanager
    def hands(self, user: str = "bob") -> Iterator[Client]:
        """Act on the platform as a user, past the rules and the log."""
        with Transport("http://dsac.invalid", key=f"{user}-key") as transport:
            transport.mount_wsgi(self.app.wsgi_app)
            yield Client(transport)

    def uuid(self, sample: str, dataset: str = "jane/flowers") -> str:
        """Give the uuid of a sample."""
        with self.hands("jane") as client:
            for page in client.list_samples(dataset):
                for row in page:
                    if row.name == sample:
                        return row.uuid
        raise LookupError(sample)

    def label(self, sample: str, labelset: str = "ground-truth") -> Any:
        """Give a label as it is."""
        with self.hands("jane") as client:
            return client.get_label(self.uuid(sample), labelset)

    def edit(
        self,
        sample: str,
        labelset: str = "ground-truth",
        *,
        status: str = "LABELED",
        attributes: dict[str, Any] | None = None,
    ) -> None:
        """Let bob write a label."""
        with self.hands("jane") as client:
            people = client.transport.json(dict, "GET", "/datasets/jane/flowers/")
            if not people["collaborators_count"]:
                client.add_collaborator("jane/flowers", "bob", role="labeler")
        fields: dict[str, Any] = {
            "label_status": status,
            "attributes": attributes or {},
        }
        with self.hands() as client:
            client.put_label(self.uuid(sample), labelset, fields)

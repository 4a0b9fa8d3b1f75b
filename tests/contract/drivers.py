"""Two clients behind one face: the platform's own SDK, and dsac's."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pydantic
import pytest
import segments
from segments import exceptions as theirs

import dsac
from dsac import errors as ours

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|\+00:00)?")
SECRET = frozenset({"presignedPostFields", "email"})
"""Fields that differ from call to call, or from account to account."""

ERRORS: Mapping[str, tuple[type[Exception], type[Exception]]] = {
    "not found": (theirs.NotFoundError, ours.NotFoundError),
    "exists": (theirs.AlreadyExistsError, ours.ConflictError),
    "collaborator": (theirs.CollaboratorError, ours.ConflictError),
    "authentication": (theirs.AuthenticationError, ours.AuthenticationError),
    "forbidden": (theirs.AuthorizationError, ours.ForbiddenError),
    "refused": (theirs.NetworkError, ours.ResponseError),
}
"""What each client raises; the class is compared exactly."""


class Driver:
    """Calls one of the clients by the names that both share, and keeps a transcript.

    Results are plain data: objects without their nulls, lists, texts and numbers.
    """

    def __init__(
        self,
        which: str,
        url: str,
        *,
        key: str,
        prefix: str,
        transcript: list[tuple[str, Any]] | None = None,
        called: set[str] | None = None,
    ) -> None:
        self.which, self.url, self.prefix = which, url, prefix
        self.transcript = [] if transcript is None else transcript
        self.called = set() if called is None else called
        sdk = which == "sdk"
        opened = segments.SegmentsClient if sdk else dsac.SegmentsClient
        self._client: Any = opened(key, api_url=url)
        self.user: str = self._client.get_user().username

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def name(self, name: str) -> str:
        """Give the name that a dataset has in this run."""
        return f"{self.prefix}{name}"

    def full(self, name: str, owner: str = "") -> str:
        """Give the full name that a dataset has in this run."""
        return f"{owner or self.user}/{self.name(name)}"

    def another(self, key: str) -> "Driver":
        """Open a driver for another key, with the same transcript."""
        return Driver(
            self.which,
            self.url,
            key=key,
            prefix=self.prefix,
            transcript=self.transcript,
            called=self.called,
        )

    def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        """Call a method of the client; note and give its result."""
        self.called.add(method)
        result = plain(getattr(self._client, method)(*arguments, **named))
        self.transcript.append((method, result))
        return result

    def fails(self, kind: str, method: str, *arguments: Any, **named: Any) -> None:
        """Insist that a call raises the exception that stands for an error."""
        self.called.add(method)
        expected = ERRORS[kind][self.which != "sdk"]
        with pytest.raises(expected) as caught:
            getattr(self._client, method)(*arguments, **named)
        assert type(caught.value) is expected, f"{method}: {caught.value!r}"
        self.transcript.append((method, kind))

    def refuses_key(self, key: str) -> None:
        """Insist that a client can't be opened with a key."""
        expected = ERRORS["authentication"][self.which != "sdk"]
        with pytest.raises(expected):
            self.another(key).close()


def plain(value: object) -> Any:
    """Turn a result into plain data, without nulls."""
    if isinstance(value, pydantic.BaseModel):
        return _without_nulls(value.model_dump(mode="json"))
    if isinstance(value, msgspec.Struct):
        return _without_nulls(msgspec.to_builtins(value))
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _without_nulls(value: object) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _without_nulls(item)
            for key, item in value.items()
            if item is not None and key not in SECRET
        }
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def anonymous(transcript: Sequence[tuple[str, Any]], prefix: str) -> Any:
    """Replace what differs from run to run: uuids by their turn, times, the prefix."""
    seen: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"uuid-{len(seen)}")

    text = msgspec.json.encode(transcript).decode()
    text = MOMENT.sub("TIME", UUID.sub(numbered, text))
    return msgspec.json.decode(text.replace(prefix, ""))


def require_within(small: Any, large: Any, where: str = "") -> None:
    """Insist that all that one client tells the other tells too, and the same."""
    if isinstance(small, dict) and isinstance(large, dict):
        for key, value in small.items():
            assert key in large, f"{where}.{key} is missing"
            require_within(value, large[key], f"{where}.{key}")
    elif isinstance(small, list) and isinstance(large, list):
        assert len(small) == len(large), f"{where}: {small} {large}"
        for at, (one, other) in enumerate(zip(small, large, strict=True)):
            require_within(one, other, f"{where}[{at}]")
    else:
        assert small == large, f"{where}: {small!r} and {large!r}"

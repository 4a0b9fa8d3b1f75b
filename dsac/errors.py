"""Every exception that dsac raises for its user.

    DsacError                          .hint  .exit_code
    ├── ManifestError                  .problems, all of a run together
    ├── UsageError                     a flag or argument that can't be meant
    │   └── NoTokenError               no token for the host of a pull request
    ├── AssetError                     .path
    │   └── MissingFileError           a local file is not there
    ├── RevisionError                  manifests of another git revision can't be read
    ├── RemoteError                    .method .url .uncertain
    │   ├── TransportError             no answer: connect, timeout, reset
    │   │   └── GivenUpError           not sent, because the run was told to end
    │   ├── ResponseError              .status .detail
    │   │   ├── AuthenticationError    401
    │   │   ├── ForbiddenError         403
    │   │   ├── NotFoundError          404, and "Invalid page"
    │   │   ├── ConflictError          409, and "already exists"
    │   │   ├── RateLimitedError       429, .retry_after
    │   │   └── ServerError            5xx
    │   ├── ProtocolError              answered, but not in a shape that we know
    │   └── TooLargeError              .length, answered with more than we can hold
    ├── PlanError                      what is asked for can't be planned
    │   ├── StalePlanError             .moved, the objects that moved since the plan
    │   └── TwinsError                 two samples of a dataset have one name
    ├── BackupError                    labels can't be saved, or read back
    ├── LockedError                    another run is at work on a dataset
    ├── JournalError                   what a run does can't be written down, or read
    ├── OutputError                    the result can't be written
    └── ApplyError                     the report names what failed

A user's mistake is one of these. Anything else that escapes is a bug of ours and
shows its traceback.
"""

from dataclasses import dataclass
from pathlib import PurePath


class DsacError(Exception):
    """Something that the user can mend; `hint` says how, where there is more to say."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def printable(text: str) -> str:
    """Write text so that it can't change the terminal, log or page that shows it.

    Control characters, bidirectional overrides, invisible ones and line ends appear
    as their Python escapes.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in text
    )


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A place in a file; line and column count from 1, 0 means none."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column or 1}"


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake in the input: where, what was found, and what to write instead."""

    where: Position
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"\n  {printable(self.hint)}" if self.hint else ""
        return f"{printable(str(self.where))}: {printable(self.message)}{hint}"


class ManifestError(DsacError):
    """The manifests, or the files that they name, are wrong; lists every problem."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(DsacError):
    """A flag or an argument that can't be meant."""


class NoTokenError(UsageError):
    """There is no token for the host of a pull request."""


class AssetError(DsacError):
    """A local file can't be used as what the manifest says it is."""

    def __init__(self, path: PurePath | str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = str(path)


class MissingFileError(AssetError):
    """A local file is not there."""


class RevisionError(DsacError):
    """What the manifests were at another revision of git can't be told."""


class RemoteError(DsacError):
    """A request to the platform did not do what it should.

    `uncertain` says that it may have been carried out all the same: it was sent, and
    its answer was lost or tells nothing.
    """

    uncertain = False

    def __init__(
        self, message: str, *, method: str = "", url: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.method = method
        self.url = url


class TransportError(RemoteError):
    """No answer came: the host is unreachable, refused, reset or timed out."""


class GivenUpError(TransportError):
    """A request was not sent, or not again: the run was told to end."""


class ResponseError(RemoteError):
    """The platform answered with an error status."""

    def __init__(  # noqa: PLR0913 - an answer has these parts, all keyword-only
        self,
        message: str,
        *,
        status: int,
        detail: str = "",
        method: str = "",
        url: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, method=method, url=url, hint=hint)
        self.status = status
        self.detail = detail


class AuthenticationError(ResponseError):
    """The API key is missing, wrong or revoked."""


class ForbiddenError(ResponseError):
    """The key's user may not do this."""


class NotFoundError(ResponseError):
    """The object does not exist, or is not visible to the key's user."""


class ConflictError(ResponseError):
    """An object of that name exists already."""


class RateLimitedError(ResponseError):
    """Too many requests; `retry_after` is in seconds, None where none was given."""

    retry_after: float | None = None


class ServerError(ResponseError):
    """The platform failed to answer the request."""


class ProtocolError(RemoteError):
    """The answer is not in a shape that dsac knows: no JSON, half of it, or HTML."""


class TooLargeError(RemoteError):
    """The answer has more bytes than were asked for at the most.

    `length` says how many, where the server told.
    """

    def __init__(
        self, message: str, *, method: str, url: str, length: int | None
    ) -> None:
        super().__init__(
            message, method=method, url=url, hint="ask for fewer rows at a time"
        )
        self.length = length


class PlanError(DsacError):
    """What the manifests ask for can't be planned against what is there."""


class StalePlanError(PlanError):
    """A saved plan no longer fits; `moved` lists why, an address or file each."""

    def __init__(self, message: str, *, moved: tuple[str, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.moved = moved


class TwinsError(PlanError):
    """Two samples of a dataset have one name: nobody can tell which one is meant."""


class BackupError(DsacError):
    """Labels can't be written to a backup, so that they are not lost; or read back."""


class LockedError(DsacError):
    """Another run is at work on a dataset; says who, and until when."""


class JournalError(DsacError):
    """What a run does can't be written to its journal, or a journal can't be read."""


class OutputError(DsacError):
    """The result can't be written to where it should go: a full disk, for example."""


class ApplyError(DsacError):
    """Operations failed; raised by the command line, never by the executor."""

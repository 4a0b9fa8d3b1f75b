"""Error answers, in the wording of the framework that the platform is built with."""

from collections.abc import Mapping, Sequence

Body = Mapping[str, object] | Sequence[Mapping[str, object]]


class ApiError(Exception):
    """An answer with an error status and a JSON body."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def refused(status: int, detail: str) -> ApiError:
    """Give the common form of an error: a status and one sentence."""
    return ApiError(status, {"detail": detail})


def not_found() -> ApiError:
    """What does not exist, and what one may not see."""
    return refused(404, "Not found.")


def forbidden() -> ApiError:
    """What one may see and may not do."""
    return refused(403, "You do not have permission to perform this action.")


def invalid(field: str, *problems: str) -> ApiError:
    """A field of a request that can't be taken."""
    return ApiError(400, {field: list(problems)})


def exists(what: str) -> ApiError:
    """A name that is taken."""
    return refused(400, f"{what} already exists.")

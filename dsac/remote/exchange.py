"""One request with all its attempts, and whether another one is worth it."""

from collections import Counter

from dsac.errors import GivenUpError
from dsac.remote.retrying import (
    AMBIGUOUS,
    BUSY,
    PATIENCE,
    REFUSALS,
    REFUSED,
    Retries,
)


class Exchange:
    """One request with all its attempts.

    `uncertain` says that one of them may have been carried out though nobody said so,
    `most` how many bytes the answer may have.
    """

    def __init__(
        self, method: str, url: str, retries: Retries, *, most: int | None = None
    ) -> None:
        self.method = method
        self.url = url
        self.retries = retries
        self.most = most
        self.tried = 0
        self.refusals = 0
        self.patience = PATIENCE
        self.uncertain = False
        self._seen: Counter[int] = Counter()

    def note(self, status: int, *, asked: float | None) -> None:
        """Remember an answer that is an error."""
        self._seen[status] += 1
        self.uncertain = self.uncertain or status in AMBIGUOUS
        if status == REFUSED or (status == BUSY and asked is not None):
            self.refusals += 1
        else:
            self.tried += 1

    def worth_another(self, status: int) -> bool:
        """Tell whether to send it again after an answer."""
        patient = self.refusals < REFUSALS and self.patience > 0
        return patient and self.retries.after_status(
            status, tried=self.tried, seen=self._seen[status]
        )

    def given_up(self) -> GivenUpError:
        """Say that it is not sent any more, because the run was told to end."""
        return GivenUpError(
            f"{self.method} {self.url}: the run was told to end before it was sent",
            method=self.method,
            url=self.url,
        )

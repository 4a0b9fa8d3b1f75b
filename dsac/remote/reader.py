"""Reads the platform into resources; has no method that writes."""

from collections.abc import Iterable, Iterator

import msgspec

from dsac.core.marker import KEY, Marker, read
from dsac.core.phases import Phases, unmeasured
from dsac.core.resources import (
    GROUND_TRUTH,
    Collaborator,
    Labelset,
    Release,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.sieve import Sifter
from dsac.errors import (
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RemoteError,
    ServerError,
    TwinsError,
)
from dsac.remote.client import Client
from dsac.remote.listing import Found, LabelRows, Lister, Seen, Wanted, unseen
from dsac.remote.resources import dataset_resource, label, sample_resource

FEW_ATTEMPTS = 3
"""So often a file is asked for that may lie anywhere, on a host that may be gone."""

FEW_DATASETS = 100
"""So many datasets are asked for in a page, fewer than any server's own cap: so a
shorter page is the last one, and most owners cost one request."""

MOST_PAGES = 20
"""So many pages of an owner's datasets are looked at."""


class ListedDataset(msgspec.Struct, frozen=True):
    """A dataset as a listing of datasets tells of it."""

    name: str
    marker: Marker | None


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What to read of a dataset beside its own fields and its label sets.

    `labelsets` names those whose labels are wanted; `collaborators` and `releases`
    what the manifest speaks of, the API having no list of the former. `authors` asks
    who made the samples, which costs memory for each.
    """

    samples: bool = True
    labelsets: tuple[str, ...] = ()
    collaborators: tuple[str, ...] = ()
    releases: bool = False
    authors: bool = False


class Reader:
    """The platform as resources, through GET requests alone."""

    def __init__(
        self, client: Client, *, jobs: int = 8, phase: Phases = unmeasured
    ) -> None:
        self._client = client
        self._lister = Lister(client, jobs=jobs, phase=phase)

    def user(self) -> str:
        """Name the user of the API key.

        Raises:
            AuthenticationError: the key is wrong or missing.
        """
        return self._client.get_user().username

    def datasets(self, owner: str) -> Iterator[ListedDataset]:
        """List the datasets of an owner that the key's user may see.

        Args:
            owner: The owner; empty for the key's user.

        Raises:
            RemoteError: they can't be listed; a few attempts tell.
        """
        for page in range(1, MOST_PAGES + 1):
            rows = self._client.dataset_page(
                owner, page=page, per_page=FEW_DATASETS, attempts=FEW_ATTEMPTS
            )
            for row in rows:
                yield ListedDataset(row.full_name, read(row.metadata.get(KEY)))
            if len(rows) < FEW_DATASETS:
                return

    def dataset(
        self,
        name: str,
        scan: Scan,
        *,
        sieve: Sifter | None = None,
        seen: Seen = unseen,
    ) -> RemoteDataset | None:
        """Read a dataset; None where it does not exist or can't be seen.

        Args:
            name: The full name, owner/name.
            scan: What to read beside the dataset's own fields.
            sieve: Lets go of samples as they come; all are kept without one.
            seen: Is told of the samples as they are read.
        """
        try:
            found = self._client.get_dataset(name)
        except NotFoundError:
            return None
        labelsets = found.labelsets
        if labelsets is None:
            labelsets = self._client.get_labelsets(name)
        existing = {GROUND_TRUTH, *(item.name for item in labelsets)}
        samples = Found(samples={})
        if scan.samples:
            wanted = Wanted(
                dataset=name,
                labelsets=tuple(item for item in scan.labelsets if item in existing),
                absent=frozenset(scan.labelsets) - existing,
                authors=scan.authors,
            )
            samples = self._lister.samples(
                wanted, found.samples_count, sieve=sieve, seen=seen
            )
        marker = read(found.metadata.get(KEY))
        return RemoteDataset(
            dataset=dataset_resource(name, found),
            marker=marker,
            labelsets=tuple(
                Labelset(name=item.name, description=item.description or "")
                for item in labelsets
            ),
            collaborators=tuple(self._collaborators(name, scan.collaborators)),
            releases=self._releases(name) if scan.releases else (),
            samples=_by_name(name, samples.samples.values()),
            settled=samples.settled,
            complete=samples.complete,
            samples_read=scan.samples,
        )

    def collaborators(
        self, name: str, users: Iterable[str]
    ) -> tuple[tuple[Collaborator, ...], int]:
        """Give those of some users who are collaborators, and how many there are."""
        count = self._client.get_dataset(name).collaborators_count
        found = tuple(self._collaborators(name, users)) if count != 0 else ()
        return found, len(found) if count is None else count

    def _collaborators(self, name: str, users: Iterable[str]) -> Iterator[Collaborator]:
        for user in users:
            try:
                found = self._client.get_collaborator(name, user)
            except NotFoundError:
                continue
            yield Collaborator(user=user, role=found.role)

    def _releases(self, name: str) -> tuple[Release, ...]:
        return tuple(
            Release(name=item.name, description=item.description or "")
            for item in self._client.get_releases(name)
        )

    def labelset_names(self, name: str) -> tuple[str, ...]:
        """Name the label sets of a dataset at this moment; none if it is gone."""
        try:
            found = self._client.get_labelsets(name)
        except NotFoundError:
            return ()
        return tuple(sorted({GROUND_TRUTH, *(item.name for item in found)}))

    def label_rows(self, name: str, labelset: str) -> LabelRows:
        """List the labels of a label set with the names of their samples.

        Samples without a label are among them. Read once more where the listing is odd.
        """
        return self._lister.labels(name, labelset)

    def labels(
        self, name: str, labelset: str, uuids: Iterable[str] | None
    ) -> dict[str, RemoteLabel | Unknown | None]:
        """Read the labels of one label set, of all samples or of some.

        Args:
            name: The dataset's full name.
            labelset: The label set.
            uuids: The samples; None for all of the dataset.

        Returns:
            Labels by sample uuid, None where a sample has none. What can't be read
            is unknown.
        """
        if uuids is None:
            return self.label_rows(name, labelset).labels
        return {uuid: self.label(uuid, labelset) for uuid in uuids}

    def label(self, uuid: str, labelset: str) -> RemoteLabel | Unknown | None:
        """Read the label of one sample as it is at this moment.

        A label that may not be read, or is none that dsac knows, is unknown.

        Raises:
            RemoteError: no answer came, so that nothing can be said of it; a listing
                of labels would end the same way.
        """
        try:
            found = self._client.get_label(uuid, labelset)
            return label(found, found.attributes)
        except NotFoundError:
            return None
        except (ForbiddenError, ProtocolError):
            return Unknown()

    def etag(self, url: str) -> str:
        """Give the ETag of the content behind a URL, empty where none is told."""
        try:
            return self._client.etag(url)
        except RemoteError:
            return ""

    def download(self, url: str) -> bytes | None:
        """Download what is behind a URL; None where there is nothing, or no server.

        Raises:
            ServerError: a server is there and failed.
            RateLimitedError: it is busy.
        """
        try:
            return self._client.download(url, attempts=FEW_ATTEMPTS)
        except (ServerError, RateLimitedError):
            raise
        except RemoteError:
            return None

    def picture(self, url: str, *, most: int) -> bytes:
        """Download what is behind a URL, of so many bytes at most; tried once.

        Raises:
            RemoteError: it can't be read now, or has more.
        """
        return self._client.download(url, attempts=1, most=most)

    def sample(self, uuid: str) -> Sample | None:
        """Read one sample as it is at this moment; None where it can't be seen."""
        try:
            return sample_resource(self._client.get_sample(uuid))
        except RemoteError:
            return None

    def content(self, url: str) -> bytes | None:
        """Download what is behind a URL; None where it can't be read."""
        try:
            return self._client.download(url, attempts=FEW_ATTEMPTS)
        except RemoteError:
            return None


def _by_name(dataset: str, samples: Iterable[RemoteSample]) -> dict[str, RemoteSample]:
    result: dict[str, RemoteSample] = {}
    for item in samples:
        twin = result.get(item.sample.name)
        if twin is not None:
            raise TwinsError(
                f"{dataset} has two samples named {item.sample.name!r} "
                f"({twin.uuid} and {item.uuid})",
                hint="rename or delete one of them on the platform",
            )
        result[item.sample.name] = item
    return result

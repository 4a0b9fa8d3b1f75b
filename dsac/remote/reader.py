"""Reads the platform into resources; has no method that writes.

Normalisation happens here, when a resource is built: nulls are dropped, whole floats
become integers, signatures leave URLs, the marker leaves the metadata.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import UNSET

from dsac.core.marker import KEY, read
from dsac.core.resources import (
    GROUND_TRUTH,
    Collaborator,
    Dataset,
    Label,
    Labelset,
    Release,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.values import Json, Tree, normal, without_nulls
from dsac.errors import NotFoundError, PlanError, RemoteError
from dsac.remote import wire
from dsac.remote.client import Client

PAGE = 1000
"""So many samples are asked for in one page."""

Wanted = Mapping[str, frozenset[str]]


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What to read of a dataset beside its own fields and its label sets.

    `labelsets` names those whose labels are wanted; `collaborators` and `releases`
    what the manifest speaks of, the API having no list of the former.
    """

    samples: bool = True
    labelsets: tuple[str, ...] = ()
    collaborators: tuple[str, ...] = ()
    releases: bool = False


class Reader:
    """The platform as resources, through GET requests alone."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def user(self) -> str:
        """Name the user of the API key.

        Raises:
            AuthenticationError: the key is wrong or missing.
        """
        return self._client.get_user().username

    def dataset(self, name: str, scan: Scan) -> RemoteDataset | None:
        """Read a dataset; None where it does not exist or can't be seen.

        Args:
            name: The full name, owner/name.
            scan: What to read beside the dataset's own fields.
        """
        try:
            found = self._client.get_dataset(name)
        except NotFoundError:
            return None
        labelsets = self._client.get_labelsets(name)
        existing = {GROUND_TRUTH, *(item.name for item in labelsets)}
        samples: dict[str, RemoteSample] = {}
        complete = True
        if scan.samples:
            wanted = tuple(item for item in scan.labelsets if item in existing)
            samples, complete = self._samples(name, wanted, found.samples_count)
            samples = _with_absent(samples, set(scan.labelsets) - existing)
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
            samples=samples,
            complete=complete,
            samples_read=scan.samples,
        )

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

    def _samples(
        self, name: str, labelsets: tuple[str, ...], count: int | str | None
    ) -> tuple[dict[str, RemoteSample], bool]:
        """Read all samples with their labels; twice if the first listing is odd."""
        first, *others = labelsets or ("",)
        rows, complete = self._listing(name, first)
        if not (complete and _agrees(len(rows), count)):
            rows, complete = self._listing(name, first)
            complete = complete and _agrees(len(rows), count)
        samples = {row.uuid: _sample(row, first) for row in rows}
        for labelset in others:
            labels, _ = self._listing(name, labelset)
            found = {row.uuid: _label(row.label) for row in labels}
            for uuid, sample in samples.items():
                sample.labels[labelset] = found.get(uuid, Unknown())
        return _by_name(name, samples.values()), complete

    def _listing(self, name: str, labelset: str) -> tuple[list[wire.Sample], bool]:
        rows: dict[str, wire.Sample] = {}
        repeated = False
        for page in self._client.list_samples(
            name,
            labelset=labelset,
            include_full_label=bool(labelset),
            per_page=PAGE,
        ):
            for row in page:
                repeated = repeated or row.uuid in rows
                rows[row.uuid] = row
        return list(rows.values()), not repeated

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
            rows, _ = self._listing(name, labelset)
            return {row.uuid: _label(row.label) for row in rows}
        return {uuid: self.label(uuid, labelset) for uuid in uuids}

    def label(self, uuid: str, labelset: str) -> RemoteLabel | Unknown | None:
        """Read the label of one sample as it is at this moment."""
        try:
            return _label(self._client.get_label(uuid, labelset))
        except NotFoundError:
            return None
        except RemoteError:
            return Unknown()

    def etag(self, url: str) -> str:
        """Give the ETag of the content behind a URL, empty where none is told."""
        try:
            return self._client.etag(url)
        except RemoteError:
            return ""

    def content(self, url: str) -> bytes | None:
        """Download what is behind a URL; None where it can't be read."""
        try:
            return self._client.download(url)
        except RemoteError:
            return None


def _agrees(found: int, count: int | str | None) -> bool:
    return count is None or not str(count).isdigit() or int(count) == found


def _with_absent(
    samples: dict[str, RemoteSample], labelsets: set[str]
) -> dict[str, RemoteSample]:
    for sample in samples.values():
        sample.labels.update(dict.fromkeys(labelsets))
    return samples


def _by_name(dataset: str, samples: Iterable[RemoteSample]) -> dict[str, RemoteSample]:
    result: dict[str, RemoteSample] = {}
    for item in samples:
        twin = result.get(item.sample.name)
        if twin is not None:
            raise PlanError(
                f"{dataset} has two samples named {item.sample.name!r} "
                f"({twin.uuid} and {item.uuid})",
                hint="rename or delete one of them on the platform",
            )
        result[item.sample.name] = item
    return result


SETTINGS = (
    "description",
    "category",
    "public",
    "readme",
    "archived",
    "labeling_inactivity_timeout_seconds",
    "enable_skip_labeling",
    "enable_skip_reviewing",
    "enable_ratings",
    "enable_interpolation",
    "enable_same_dimensions_track_constraint",
    "enable_save_button",
    "enable_label_status_verified",
    "enable_3d_region_of_interest",
    "enable_3d_cuboid_rotation",
    "enable_confirm_on_submit",
    "use_timestamps_for_interpolation",
    "enable_object_linking",
    "enable_object_link_category_restrictions",
    "enable_extrapolation",
    "region_of_interest",
)
"""The plain fields of a dataset, by their names in the API (fact sheet, section 5)."""


def dataset_resource(name: str, found: wire.Dataset) -> Dataset:
    """Build the resource from what the API answered."""
    marker = read(found.metadata.get(KEY))
    values = {field: getattr(found, field, None) for field in SETTINGS}
    return Dataset(
        name=name,
        task_type=found.task_type,
        task_attributes=_object(found.task_attributes),
        settings={key: normal(item) for key, item in values.items() if _told(item)},
        metadata=metadata(found.metadata),
        prevent_destroy=UNSET if marker is None else marker.prevent_destroy,
    )


def _told(value: object) -> bool:
    return value is not None and value is not UNSET


def metadata(found: Mapping[str, Json] | None) -> dict[str, Json]:
    """Give metadata without the marker and without nulls, in normal form."""
    kept = without_nulls(found or {})
    return {key: normal(item) for key, item in kept.items() if key != KEY}


def _object(value: Mapping[str, Tree] | None) -> dict[str, Tree]:
    found = normal(dict(value or {}))
    return found if isinstance(found, dict) else {}


def _sample(row: wire.Sample, labelset: str) -> RemoteSample:
    marker = read((row.metadata or {}).get(KEY))
    return RemoteSample(
        uuid=row.uuid,
        sample=sample_resource(row),
        marker=marker,
        labels={labelset: _label(row.label)} if labelset else {},
    )


def sample_resource(row: wire.Sample) -> Sample:
    """Build the resource from what the API answered."""
    return Sample(
        name=row.name,
        attributes=_object(row.attributes),
        metadata=metadata(row.metadata),
        priority=_number(row.priority or 0),
        assigned_labeler=row.assigned_labeler,
        assigned_reviewer=row.assigned_reviewer,
        readme=row.readme or "",
    )


def _number(value: float) -> float:
    found = normal(value)
    return found if isinstance(found, int | float) else value


def _label(found: wire.Label | None) -> RemoteLabel | Unknown | None:
    """Build a label; one without attributes was only summarised and is unknown."""
    if found is None:
        return None
    return RemoteLabel(
        label=Label(
            status=found.label_status,
            attributes=_object(found.attributes),
            score=None if found.score is None else _number(found.score),
        ),
        created_by=found.created_by,
        updated_by=found.updated_by,
        reviewed_by=found.reviewed_by,
        rating=found.rating,
        updated_at=found.updated_at,
    )

"""The answers of the API as they come over the wire, readable as x.name and x["name"].

Fields that an answer may leave out have defaults; fields that dsac does not know are
ignored (fact sheet, section 5).
"""

from collections.abc import Iterator
from typing import Any

import msgspec


class Record(msgspec.Struct, kw_only=True):
    """An object of an answer; reads like a mapping too, as the SDK of 2021 did."""

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - as many types as fields
        if key not in self.__struct_fields__:
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return key in self.__struct_fields__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__struct_fields__)

    def __len__(self) -> int:
        return len(self.__struct_fields__)

    def keys(self) -> tuple[str, ...]:
        """Name the fields."""
        return self.__struct_fields__

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as above
        """Give a field, or `default` where there is no such field."""
        return getattr(self, key) if key in self else default


# The recursive type of JSON values is nothing that msgspec can decode into.
Object = dict[str, Any]


class User(Record):
    """A user or an organisation."""

    username: str
    created_at: str | None = None
    is_organization: bool = False
    email: str | None = None
    webhooks_enabled: bool | None = None
    private_upload_count: int | None = None
    public_upload_count: int | None = None
    subscription: str | None = None
    is_trial_expired: bool | None = None
    organizations: list["User"] | None = None
    members: list["User"] | None = None
    organization_created_by: str | None = None
    organization_role: str | None = None
    insights_urls: Object | None = None


class Labelset(Record):
    """A label set."""

    name: str
    description: str | None = None
    is_groundtruth: bool | None = None
    created_at: str | None = None


class Dataset(Record):
    """A dataset; `full_name` is owner/name."""

    name: str
    full_name: str = ""
    description: str | None = None
    category: str | None = None
    task_type: str = ""
    task_attributes: Object | None = None
    metadata: Object = {}
    owner: User | None = None
    created_at: str | None = None
    public: bool | None = None
    readme: str | None = None
    archived: bool | None = None
    labeling_inactivity_timeout_seconds: int | None = None
    enable_skip_labeling: bool | None = None
    enable_skip_reviewing: bool | None = None
    enable_ratings: bool | None = None
    enable_interpolation: bool | None = None
    enable_same_dimensions_track_constraint: bool | None = None
    enable_save_button: bool | None = None
    enable_label_status_verified: bool | None = None
    enable_3d_region_of_interest: bool | None = None
    enable_3d_cuboid_rotation: bool | None = None
    enable_confirm_on_submit: bool | None = None
    use_timestamps_for_interpolation: bool | None = None
    enable_object_linking: bool | None = None
    enable_object_link_category_restrictions: bool | None = None
    enable_extrapolation: bool | None = None
    region_of_interest: Object | None = None
    label_stats: Object = {}
    samples_count: int | float | str | None = None
    collaborators_count: int | None = None
    labelsets: list[Labelset] | None = None
    role: str | None = None
    cloned_from: str | None = None
    noncollaborator_can_label: bool | None = None
    noncollaborator_can_review: bool | None = None
    insights_urls: Object | None = None


class Label(Record):
    """A label, whole, or its summary, in which most fields are missing."""

    label_status: str
    labelset: str = ""
    sample_uuid: str = ""
    label_type: str = ""
    attributes: Object | None = None
    score: float | None = None
    rating: float | None = None
    created_at: str | None = None
    created_by: str | None = None
    updated_at: str | None = None
    updated_by: str | None = None
    reviewed_at: str | None = None
    reviewed_by: str | None = None


class IssueComment(Record):
    """What somebody answered to an issue, on the platform's own pages."""

    created_at: str
    created_by: str
    text: str


class Issue(Record):
    """What somebody has to say about a sample; `anchor` says about which part."""

    uuid: str
    description: str
    status: str
    sample_uuid: str
    sample_name: str
    created_at: str | None = None
    created_by: str | None = None
    updated_at: str | None = None
    updated_by: str | None = None
    comments: list[IssueComment] = []
    anchor: Object | None = None


class Sample(Record):
    """A sample, with its label where the listing was asked for one."""

    uuid: str
    name: str
    attributes: Object | None = None
    metadata: Object | None = None
    priority: float | None = None
    assigned_labeler: str | None = None
    assigned_reviewer: str | None = None
    readme: str | None = None
    created_at: str | None = None
    created_by: str | None = None
    label: Label | None = None
    issues: list[Issue] | None = None
    dataset_full_name: str | None = None


class LabelRow(msgspec.Struct, kw_only=True):
    """A label in a listing; its attributes stay bytes until somebody needs them."""

    label_status: str
    attributes: msgspec.Raw = msgspec.Raw(b"null")
    score: float | None = None
    rating: float | None = None
    created_by: str | None = None
    updated_at: str | None = None
    updated_by: str | None = None
    reviewed_by: str | None = None


class SampleRow(msgspec.Struct, kw_only=True):
    """What a plan needs of a sample in a listing; there may be millions."""

    uuid: str
    name: str
    attributes: Object | None = None
    metadata: Object | None = None
    priority: float | None = None
    assigned_labeler: str | None = None
    assigned_reviewer: str | None = None
    readme: str | None = None
    label: LabelRow | None = None

    @property
    def image_url(self) -> str | None:
        """The URL of the image, where that is all that the sample has."""
        attributes = self.attributes or {}
        image = attributes.get("image")
        if len(attributes) == 1 and isinstance(image, dict) and len(image) == 1:
            url = image.get("url")
            return url if isinstance(url, str) else None
        return None

    def whole(self) -> "SampleRow":
        """Give the row itself, as `ImageRow.whole` gives one that is the same."""
        return self


class ImageLink(msgspec.Struct, forbid_unknown_fields=True):
    """An image and nothing else that belongs to it."""

    url: str


class ImageAttributes(msgspec.Struct, forbid_unknown_fields=True):
    """The attributes of a sample that is one image."""

    image: ImageLink


class ImageRow(msgspec.Struct, kw_only=True):
    """A row without a label whose sample is one image, with scalars as metadata.

    Nearly all of large listings are, and take half the time to be read so.
    """

    uuid: str
    name: str
    shown: ImageAttributes = msgspec.field(name="attributes")
    metadata: dict[str, str | int | bool | None] | None = None
    priority: float | None = None
    assigned_labeler: str | None = None
    assigned_reviewer: str | None = None
    readme: str | None = None

    @property
    def image_url(self) -> str:
        """The URL of the image."""
        return self.shown.image.url

    @property
    def attributes(self) -> Object:
        """What the sample shows, in the form of the API."""
        return {"image": {"url": self.shown.image.url}}

    def whole(self) -> SampleRow:
        """Give what the row is when it is read as any other."""
        metadata: Object | None = None
        if self.metadata is not None:
            metadata = {**self.metadata}
        return SampleRow(
            uuid=self.uuid,
            name=self.name,
            attributes=self.attributes,
            metadata=metadata,
            priority=self.priority,
            assigned_labeler=self.assigned_labeler,
            assigned_reviewer=self.assigned_reviewer,
            readme=self.readme,
        )


class AuthoredRow(SampleRow, kw_only=True):
    """The same, and who made the sample, and when."""

    created_at: str | None = None
    created_by: str | None = None


class CreatedSample(msgspec.Struct, frozen=True):
    """A sample in the answer to a bulk creation, only as far decoded as it must be."""

    uuid: str
    name: str
    attributes: msgspec.Raw = msgspec.Raw(b"null")
    metadata: msgspec.Raw = msgspec.Raw(b"null")
    priority: float | None = None
    assigned_labeler: str | None = None
    assigned_reviewer: str | None = None
    readme: str | None = None

    def whole(self) -> Sample:
        """Decode the rest of it."""
        fields = msgspec.structs.asdict(self)
        for name in ("attributes", "metadata"):
            fields[name] = msgspec.json.decode(fields[name], type=Object | None)
        return Sample(**fields)


class Workunit(Record):
    """Somebody's work on a sample; `time` and `inactive_time` are milliseconds."""

    created_at: str
    created_by: str
    work_type: str
    time: int
    inactive_time: int
    sample_uuid: str
    sample_name: str
    uuid: str | None = None
    next_label_status: str | None = None
    label_rating: float | None = None
    session_time_metrics: Object | None = None


class Collaborator(Record):
    """A user's role in a dataset; the documentation draws the user as a string."""

    user: User | str
    role: str


class Release(Record):
    """A release; its file stands at `attributes["url"]` once it has succeeded."""

    name: str
    uuid: str = ""
    description: str | None = None
    release_type: str | None = None
    attributes: Object | None = None
    status: str | None = None
    created_at: str | None = None
    samples_count: int | None = None


class PresignedFields(Record):
    """Where a file goes up, and the form fields that must go with it."""

    url: str
    fields: dict[str, str]


class Asset(Record):
    """A place for a file: its URL, and how to put the file there."""

    uuid: str
    url: str
    filename: str | None = None
    created_at: str | None = None
    presignedPostFields: PresignedFields | None = None  # noqa: N815 - the API's name


class Deleted(Record):
    """How many samples a bulk deletion found."""

    deleted_count: int

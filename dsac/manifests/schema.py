"""What a manifest may say: models of documents, and JSON Schemas."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
)

from dsac.manifests.schema_rows import (
    WANTED,
    Defaults,
    GlobEntry,
    IndexEntry,
    Object,
    SampleEntry,
    Status,
)
from dsac.manifests.schema_rules import STRICT, AnyRule

TaskType = Literal[
    "segmentation-bitmap",
    "segmentation-bitmap-highres",
    "vector",
    "bboxes",
    "keypoints",
    "image-vector-sequence",
    "image-segmentation-sequence",
    "pointcloud-segmentation",
    "pointcloud-cuboid",
    "pointcloud-vector",
    "pointcloud-segmentation-sequence",
    "pointcloud-cuboid-sequence",
    "pointcloud-vector-sequence",
    "multisensor-sequence",
]
"""Fact sheet, section 7."""

DatasetCategory = Literal[
    "street_scenery",
    "garden",
    "agriculture",
    "satellite",
    "people",
    "medical",
    "fruit",
    "other",
]

Role = Literal["labeler", "reviewer", "manager", "admin"]


class Strict(BaseModel):
    """A mapping that refuses keys and types that it does not know."""

    model_config = STRICT


class MaxDelete(Strict):
    """How much may be deleted without a person's word."""

    percent: float | None = Field(None, ge=0, le=100)
    count: int | None = Field(None, ge=0)


class PolicyModel(Strict):
    """What a project allows."""

    max_delete: MaxDelete = MaxDelete()
    rules: list[AnyRule] | None = Field(
        None, description="what plans must keep to; DS101 and so on"
    )


class EnvironmentModel(Strict):
    """What an environment has in place of the project's own."""

    remote: str | None = None
    vars: Object = {}
    project: str | None = None
    policy: PolicyModel | None = None
    automation: list[str] | None = None


class ProjectModel(Strict):
    """The file dsac.yaml at the root of a project."""

    project: str | None = Field(
        None, description="goes into the ownership marker", pattern=r"^[\w.-]{1,64}$"
    )
    required_version: str | None = Field(None, description='such as ">=0.1"')
    remote: str | None = Field(None, description="local, or the address of an API")
    manifests: list[str] = Field(["manifests"], description="files and folders")
    vars: Object = Field({}, description="values for ${name}")
    environments: dict[str, EnvironmentModel] = {}
    policy: PolicyModel = PolicyModel()
    automation: list[str] = Field(
        [], description="users whose labels are machine-made, beside the key's own"
    )


class Category(Strict):
    """A category; keys that the API adds are taken as they are."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    id: int
    name: str
    color: list[int] | None = Field(None, min_length=3, max_length=4)


class CocoCategories(Strict):
    """Categories as a COCO panoptic file lists them."""

    coco_panoptic: str


Categories = Annotated[
    Annotated[list[Category], Tag("list")]
    | Annotated[CocoCategories, Tag("coco_panoptic")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "coco_panoptic"),
]


class LabelsetModel(Strict):
    """A label set, and to whom its labels belong."""

    owner: Literal["annotators", "manifest"] | None = None
    description: str | None = None


class ReleaseModel(Strict):
    """A release, made once."""

    name: str
    description: str | None = None


class MovedModel(Strict):
    """A sample's name before and after."""

    from_: str = Field(alias="from")
    to: str


class LifecycleModel(Strict):
    """What may happen to the resources of a dataset."""

    prune: Literal["owned", "none", "all"] | None = None
    adopt: Literal["changed", "all", "none"] = "changed"
    ignore_changes: list[str] = []
    max_delete: MaxDelete = MaxDelete()
    prevent_destroy: bool = True
    marker: bool = True


class BitmapSource(Strict):
    """Labels from one bitmap and one list of annotations for each sample."""

    bitmaps: str
    annotations: str
    status: Status = "PRELABELED"
    score: float | None = None
    allow_empty: bool = False


class CocoSource(Strict):
    """Labels from COCO panoptic annotations."""

    coco_panoptic: str
    masks: str
    status: Status = "PRELABELED"
    score: float | None = None
    allow_unmatched: bool = False


class LabelIndex(Strict):
    """Labels from files, one row for each, joined by the sample's name."""

    index: str = Field(description="a .jsonl, .csv or .parquet file, or a pattern")
    columns: dict[str, str] = Field({}, description="target: column")
    where: Annotated[Object, WithJsonSchema(WANTED)] = {}
    status: Status = "PRELABELED"
    score: float | None = None
    allow_unmatched: bool = False
    allow_empty: bool = False


def _source_of(value: object) -> str:
    """Tell which kind of label source is meant, by its first key."""
    kinds = ("coco_panoptic", "index")
    keys = value if isinstance(value, dict) else ()
    return next((kind for kind in kinds if kind in keys), "bitmaps")


LabelSource = Annotated[
    Annotated[BitmapSource, Tag("bitmaps")]
    | Annotated[CocoSource, Tag("coco_panoptic")]
    | Annotated[LabelIndex, Tag("index")],
    Discriminator(_source_of),
]


NEVER_NULL = (
    "public",
    "archived",
    "enable_skip_labeling",
    "enable_skip_reviewing",
    "enable_ratings",
    "enable_interpolation",
    "enable_same_dimensions_track_constraint",
    "enable_save_button",
    "enable_label_status_verified",
    "enable_3d_region_of_interest",
    "use_timestamps_for_interpolation",
    "enable_object_linking",
    "enable_object_link_category_restrictions",
    "enable_extrapolation",
)
"""Switches that the platform always has one way or the other."""


class Settings(Strict):
    """The dataset's own switches (fact sheet, section 5)."""

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

    @field_validator(*NEVER_NULL, mode="before")
    @classmethod
    def _is_stated(cls, value: object) -> object:
        if value is None:
            raise ValueError("null is no value of a switch; write true or false")
        return value


class DatasetModel(Strict):
    """A dataset: one YAML document."""

    dataset: str = Field(description="owner/name")
    description: str | None = None
    category: DatasetCategory | None = None
    task_type: TaskType | None = None
    categories: Categories | None = None
    task_attributes: Object | None = None
    settings: Settings = Settings()
    metadata: Object | None = None
    labelsets: dict[str, LabelsetModel | None] = {}
    collaborators: dict[str, Role] = {}
    releases: list[ReleaseModel] = []
    lifecycle: LifecycleModel = LifecycleModel()
    moved: list[MovedModel] = []
    removed: list[str] = []
    defaults: Annotated[Object, WithJsonSchema({"type": "object"})] = {}
    samples: Annotated[list[Any], WithJsonSchema({"type": "array"})] | None = None
    labels: dict[str, list[LabelSource]] = {}


class RemovalModel(Strict):
    """A document that names datasets that shall go."""

    removed: list[str]


def json_schema(kind: Literal["manifest", "project"]) -> dict[str, Any]:
    """Give the JSON Schema of a manifest's documents, or of dsac.yaml."""
    if kind == "project":
        return ProjectModel.model_json_schema()
    (inline, glob, index, defaults), rows = msgspec.json.schema_components(
        [SampleEntry, GlobEntry, IndexEntry, Defaults], ref_template="#/$defs/{name}"
    )
    dataset = DatasetModel.model_json_schema()
    removal = RemovalModel.model_json_schema()
    # The rows are structs: their schemas come from msgspec.
    samples = {"type": "array", "items": {"anyOf": [inline, glob, index]}}
    dataset["properties"] |= {"samples": samples, "defaults": defaults}
    definitions = {**dataset.pop("$defs"), **rows}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dsac manifest",
        "anyOf": [dataset, removal],
        "$defs": definitions,
    }

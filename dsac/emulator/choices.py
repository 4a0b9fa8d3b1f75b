"""The words and defaults of the platform (fact sheet, sections 4 to 7)."""

from collections.abc import Mapping

CATEGORIES = frozenset(
    {
        "street_scenery",
        "garden",
        "agriculture",
        "satellite",
        "people",
        "medical",
        "fruit",
        "other",
    }
)

TASK_TYPES = frozenset(
    {
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
    }
)

STATUSES = frozenset(
    {
        "UNLABELED",
        "PRELABELED",
        "LABELING_IN_PROGRESS",
        "LABELED",
        "REVIEWING_IN_PROGRESS",
        "REVIEWED",
        "REJECTED",
        "SKIPPED",
        "VERIFIED",
    }
)

REVIEW_STATUSES = frozenset({"REVIEWED", "REJECTED"})
"""Who sets one of these has reviewed the label."""

ROLES = frozenset({"labeler", "reviewer", "manager", "admin"})
ISSUE_STATUSES = frozenset({"OPEN", "CLOSED"})
WORK_TYPES: Mapping[str, str] = {
    "LABELED": "label",
    "SKIPPED": "label",
    "REVIEWED": "review",
    "REJECTED": "review",
    "VERIFIED": "review",
}
"""What kind of work ends with a status."""
GROUND_TRUTH = "ground-truth"

SWITCHES: Mapping[str, bool] = {
    "public": False,
    "archived": False,
    "enable_skip_labeling": True,
    "enable_skip_reviewing": False,
    "enable_ratings": False,
    "enable_interpolation": True,
    "enable_same_dimensions_track_constraint": False,
    "enable_save_button": False,
    "enable_label_status_verified": False,
    "enable_3d_region_of_interest": False,
    "enable_3d_cuboid_rotation": False,
    "enable_confirm_on_submit": False,
    "use_timestamps_for_interpolation": True,
    "enable_object_linking": False,
    "enable_object_link_category_restrictions": False,
    "enable_extrapolation": False,
}
"""The switches of a dataset, and what a new one has."""

NULLABLE = frozenset({"enable_3d_cuboid_rotation", "enable_confirm_on_submit"})
"""Switches that may also be null."""

DEFAULTS: Mapping[str, object] = {
    "description": "",
    "category": "other",
    "task_type": "segmentation-bitmap",
    "task_attributes": {
        "format_version": "0.1",
        "categories": [{"id": 1, "name": "object"}],
    },
    "readme": "",
    "labeling_inactivity_timeout_seconds": 300,
    "region_of_interest": None,
    **SWITCHES,
}
"""The fields that a dataset may be given, and what a new one has."""

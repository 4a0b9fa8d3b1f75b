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

REQUIRED_ATTRIBUTE: Mapping[str, str] = {
    "segmentation-bitmap": "image",
    "segmentation-bitmap-highres": "image",
    "vector": "image",
    "bboxes": "image",
    "keypoints": "image",
    "image-vector-sequence": "frames",
    "image-segmentation-sequence": "frames",
    "pointcloud-segmentation": "pcd",
    "pointcloud-cuboid": "pcd",
    "pointcloud-vector": "pcd",
    "pointcloud-segmentation-sequence": "frames",
    "pointcloud-cuboid-sequence": "frames",
    "pointcloud-vector-sequence": "frames",
    "multisensor-sequence": "sensors",
}
"""Task types, and the key that the attributes of their samples must have."""

TASK_TYPES = frozenset(REQUIRED_ATTRIBUTE)

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
ANCHORS = frozenset({"basic", "location", "track", "sceneAttribute"})
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

"""What the platform lets one write: samples and labels of every task type."""

from typing import Any

IMAGE = {"image": {"url": "https://bucket.example/a%20b/ö.jpg?v=1#x"}}
CLOUD = {
    "pcd": {"url": "https://bucket.example/000.pcd", "type": "binary-xyzir"},
    "images": [
        {
            "url": "s3://bucket/cam0/000.png",
            "row": 0,
            "col": 1,
            "name": "cam 0",
            "intrinsics": {"intrinsic_matrix": [[1266.4, 0, 816.2], [0, 1266.4, 1]]},
            "extrinsics": {
                "translation": {"x": -0.012, "y": 1e-07, "z": 1.5e300},
                "rotation": {"qx": 0.5, "qy": -0.5, "qz": 0.5, "qw": 0.5},
            },
            "distortion": {"model": "fisheye", "coefficients": {"k1": 0.1}},
            "camera_convention": "OpenCV",
            "rotation": 0.5,
        }
    ],
    "ego_pose": {
        "position": {"x": 161.4, "y": 12, "z": 0},
        "heading": {"qx": 0, "qy": 0, "qz": 0.7, "qw": 0.7},
    },
    "default_z": -1.84,
    "name": "frame ${0}",
    "timestamp": "00001",
    "bounds": {"min_z": -1, "max_z": 3},
}
FLAT = [
    {
        "id": 1,
        "category_id": 1,
        "type": "bbox",
        "points": [[12.34, 56.78], [90, 12.5]],
        "attributes": {"seen": True, "n": 1.5, "words": ["a", "no"], "none": None},
    },
    {"id": 2, "category_id": 2, "type": "polygon", "points": [[0, 0], [1, 1], [2, 0]]},
    {"id": 3, "category_id": 1, "type": "polyline", "points": [[0.1, 0.2], [3, 4]]},
    {"id": 4, "category_id": 1, "type": "point", "points": [[5, 5]], "index": 0},
]
CUBOID = {
    "id": 1,
    "category_id": 1,
    "type": "cuboid",
    "position": {"x": 0.5, "y": -12.125, "z": 0},
    "dimensions": {"x": 4.5, "y": 1.9, "z": 1.6},
    "yaw": 1.63,
    "rotation": {"qx": 0, "qy": 0, "qz": 0.7, "qw": 0.7},
    "attributes": {"moving": False},
}
DEEP = [
    {"id": 2, "category_id": 2, "type": "polygon", "points": [[0, 0, 1], [1, 1, 1.5]]},
    {"id": 3, "category_id": 2, "type": "point", "points": [[0, 0, 1]]},
    CUBOID,
]
LINKS = [{"from_id": 1, "to_id": 2, "attributes": {"kind": "towing"}}]
BITMAP = {"url": "https://bucket.example/mask.png"}
MASKS = {
    "annotations": [{"id": 1, "category_id": 1}, {"id": 7, "category_id": 2}],
    "segmentation_bitmap": BITMAP,
}


def tracked(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Give annotations of a sequence."""
    return [{**row, "track_id": row["id"], "is_keyframe": True} for row in rows]


def frames(attributes: dict[str, Any]) -> dict[str, Any]:
    """Give a sequence of two frames, one of them named."""
    return {"frames": [attributes, {**attributes, "name": "2", "timestamp": 1.5}]}


MASKED = {"annotations": tracked(*MASKS["annotations"]), "segmentation_bitmap": BITMAP}  # type: ignore[arg-type]
POINTS = {
    "annotations": [{"id": 1, "category_id": 1}],
    "point_annotations": [0, 1, 1, 0, *range(100)],
}
SENSORS = [
    ("lidar top", "pointcloud-cuboid-sequence", frames(CLOUD)),
    ("cam/${0}", "image-vector-sequence", frames(IMAGE)),
]

Pair = tuple[dict[str, Any], list[dict[str, Any]]]

STATES: dict[str, Pair] = {
    "segmentation-bitmap": (
        IMAGE,
        [
            MASKS,
            {**MASKS, "format_version": "0.1", "image_attributes": {"scene": "no"}},
            {"segmentation_bitmap": BITMAP, "annotations": []},
            {},
            {"annotations": [{"id": 1, "category_id": 99}]},
            {"annotations": [{"id": 1, "category_id": 1, "category": "rose"}]},
            {"annotations": [{"id": 1, "category_id": 1}] * 2, "format_version": 1},
            {"segmentation_bitmap": {"url": "../mask.png"}},
            {"segmentation_bitmap": {**BITMAP, "size": [1, 2]}, "annotations": []},
            {"url": "x", "extra": {"url": 3}, "annotations": None},
        ],
    ),
    "segmentation-bitmap-highres": (IMAGE, [MASKS]),
    "vector": (IMAGE, [{"annotations": FLAT, "image_attributes": {"n": 1}}]),
    "bboxes": (IMAGE, [{"annotations": FLAT[:1]}]),
    "keypoints": (IMAGE, [{"annotations": FLAT[3:], "links": LINKS}]),
    "image-vector-sequence": (
        frames(IMAGE),
        [
            {
                "format_version": 0.2,
                "frames": [
                    {
                        "annotations": tracked(*FLAT),
                        "timestamp": "1",
                        "image_attributes": {"${x}": "${x}"},
                    },
                    {"annotations": []},
                ],
            }
        ],
    ),
    "image-segmentation-sequence": (
        frames(IMAGE),
        [{"frames": [MASKED, {"annotations": []}]}],
    ),
    "pointcloud-segmentation": (CLOUD, [POINTS]),
    "pointcloud-cuboid": (CLOUD, [{"annotations": [CUBOID], "links": LINKS}]),
    "pointcloud-vector": (CLOUD, [{"annotations": DEEP}]),
    "pointcloud-segmentation-sequence": (
        {**frames(CLOUD), "ortho_images": [{"url": "https://bucket.example/o.tif"}]},
        [{"frames": [POINTS, {"annotations": [], "point_annotations": []}]}],
    ),
    "pointcloud-cuboid-sequence": (
        frames(CLOUD),
        [
            {
                "frames": [{"annotations": tracked(CUBOID)}],
                "links": [{**LINKS[0], "frames": [{"index": 0, "attributes": {}}]}],
            }
        ],
    ),
    "pointcloud-vector-sequence": (
        frames(CLOUD),
        [{"frames": [{"annotations": tracked(*DEEP)}]}],
    ),
    "multisensor-sequence": (
        {
            "sensors": [
                {"name": name, "task_type": task, "attributes": attributes}
                for name, task, attributes in SENSORS
            ]
        },
        [
            {
                "sensors": [
                    {
                        "name": "lidar top",
                        "task_type": "pointcloud-cuboid-sequence",
                        "attributes": {"frames": [{"annotations": tracked(CUBOID)}]},
                    },
                    {
                        "name": "cam/${0}",
                        "task_type": "image-vector-sequence",
                        "attributes": [],
                    },
                ],
                "links": LINKS,
            }
        ],
    ),
}
"""A sample's attributes, and labels for such samples, by task type."""

HOSTILE = (
    "a/b/../../c.jpg",
    "..",
    "con.jpg",
    "A.jpg",
    "a.jpg",
    "${name}",
    "$${name}",
    "{stem} {{x}}",
    "no",
    "010",
    "1e3",
    "null",
    "~",
    "-",
    "- x",
    "2020-01-01",
    "%2e%2e",
    "ünïcødé \U0001f600",
    "quote ' and \"",
    "a: b #c",
    "back\\slash",
    " space ",
    "\u00a0nbsp\u200b",
    "<<",
    "!tag",
    "&anchor",
    "*alias",
    "@at",
    "`tick",
    ".hidden",
    "x" * 500,
)
"""Names of samples that would be something else in YAML, or elsewhere as a path."""

EVERYTHING: dict[str, Any] = {
    "description": "line ${1}\n  two\n",
    "category": "garden",
    "public": True,
    "readme": "# Title\n\n- a: b\n\ttab",
    "labeling_inactivity_timeout_seconds": None,
    "enable_skip_labeling": False,
    "enable_skip_reviewing": True,
    "enable_ratings": True,
    "enable_interpolation": False,
    "enable_label_status_verified": True,
    "enable_extrapolation": True,
    "use_timestamps_for_interpolation": False,
    "region_of_interest": {"type": "circle", "radius": 3.5, "center": [0, 1.25]},
    "metadata": {"yes": "no", "1": [None, {"url": "a b"}], "${x}": 2**60, "url": "x/y"},
}
"""Fields of a dataset, each other than its default."""

RICH: dict[str, Any] = {
    "format_version": "0.1",
    "categories": [
        {
            "id": 1,
            "name": "rose",
            "color": [1, 2, 3, 4],
            "has_instances": True,
            "dimensions": {"x": 1, "y": 2.5, "z": 3},
            "link_category_restrictions": [],
            "attributes": [
                {
                    "name": "size",
                    "input_type": "number",
                    "min": "",
                    "max": 10.0,
                    "default_value": None,
                }
            ],
            "extra": "kept",
        },
        {"id": 2, "name": "${x}"},
    ],
    "image_attributes": [{"name": "n", "input_type": "text"}],
    "circle_radius": 3,
    "warning_rules": [{"name": "cuboid-dimension-limits", "min": {"x": 1}}],
}
PLAIN: dict[str, Any] = {
    "format_version": "0.1",
    "categories": [
        {"id": 1, "name": "rose", "color": [220, 40, 40]},
        {"id": 2, "name": "no"},
    ],
}

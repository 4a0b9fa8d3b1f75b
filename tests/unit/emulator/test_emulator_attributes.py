"""Attributes of samples and labels: what each task type takes, and what it refuses."""

import pytest

from dsac.emulator.attributes import require_label, require_sample
from dsac.emulator.errors import ApiError

BASE = {"id": 1, "category_id": 1}
BOX = {**BASE, "type": "bbox", "points": [[0, 0], [1.5, 2]]}
POLYGON = {**BASE, "type": "polygon", "points": [[0, 0], [1, 0], [1, 1]]}
SPACE = {"x": 0, "y": 1.5, "z": -2}
CUBOID = {**BASE, "type": "cuboid", "position": SPACE, "dimensions": SPACE, "yaw": 0.1}
LINE = {**BASE, "type": "polyline", "points": [[0, 0, 0], [1, 0, 1]]}
TRACKED = {"track_id": 1, "is_keyframe": True}
BITMAP = {"url": "https://x/a.png"}

GOOD = [
    ("segmentation-bitmap", {"annotations": [BASE], "segmentation_bitmap": BITMAP}),
    ("segmentation-bitmap-highres", {"annotations": [], "own": {"a": 1}}),
    ("segmentation-bitmap", {}),
    ("vector", {"annotations": [BOX, POLYGON], "image_attributes": {"scene": "x"}}),
    ("bboxes", {"annotations": [{**BOX, "attributes": {"risk": "high"}}]}),
    ("keypoints", {"annotations": [{**BASE, "type": "point", "points": [[1, 2]]}]}),
    ("image-vector-sequence", {"frames": [{"annotations": [{**BOX, **TRACKED}]}, {}]}),
    (
        "image-segmentation-sequence",
        {
            "frames": [
                {"annotations": [{**BASE, **TRACKED}], "segmentation_bitmap": BITMAP}
            ]
        },
    ),
    ("pointcloud-segmentation", {"annotations": [BASE], "point_annotations": [0, 1]}),
    ("pointcloud-cuboid", {"annotations": [CUBOID], "links": [{"from_id": 1}]}),
    ("pointcloud-vector", {"annotations": [LINE, CUBOID]}),
    ("pointcloud-cuboid-sequence", {"frames": [{"annotations": [CUBOID]}]}),
    (
        "multisensor-sequence",
        {
            "sensors": [
                {
                    "name": "lidar",
                    "task_type": "pointcloud-cuboid-sequence",
                    "attributes": [],
                },
                {
                    "name": "camera",
                    "task_type": "image-vector-sequence",
                    "attributes": {"frames": [{"annotations": [BOX]}]},
                },
            ]
        },
    ),
]

BAD = [
    ("segmentation-bitmap", {"annotations": {}}, "annotations: a list"),
    ("segmentation-bitmap", {"annotations": [1]}, "annotations[0]: an object"),
    ("segmentation-bitmap", {"annotations": [{"id": 1}]}, "[0].category_id"),
    ("segmentation-bitmap", {"annotations": [{**BASE, "id": True}]}, "[0].id"),
    ("segmentation-bitmap", {"segmentation_bitmap": "x.png"}, "segmentation_bitmap"),
    ("segmentation-bitmap", {"segmentation_bitmap": {}}, "segmentation_bitmap.url"),
    ("segmentation-bitmap", {"frames": []}, "frames: no such key"),
    ("segmentation-bitmap", {"image_attributes": 1}, "image_attributes"),
    ("vector", {"annotations": [{**BOX, "type": "circle"}]}, "[0].type: bbox"),
    ("bboxes", {"annotations": [{**BOX, "points": [[0, 0]]}]}, "2 point(s)"),
    ("bboxes", {"annotations": [{**BOX, "points": 1}]}, "points: a list"),
    (
        "bboxes",
        {"annotations": [{**BOX, "points": [[0, 0, 0], [1, 1, 1]]}]},
        "points[0]",
    ),
    ("bboxes", {"annotations": [{**BOX, "attributes": []}]}, "[0].attributes"),
    ("image-vector-sequence", {"annotations": []}, "annotations: no such key"),
    ("image-vector-sequence", {"frames": [{"annotations": [BASE]}]}, "frames[0].annot"),
    (
        "image-segmentation-sequence",
        {"frames": [{"annotations": [{**BASE, "track_id": "1"}]}]},
        "track_id",
    ),
    ("pointcloud-segmentation", {"point_annotations": [0.5]}, "point_annotations"),
    ("pointcloud-cuboid", {"annotations": [BASE]}, "[0].position"),
    ("pointcloud-cuboid", {"annotations": [{**CUBOID, "yaw": "x"}]}, "[0].yaw"),
    (
        "pointcloud-cuboid",
        {"annotations": [{**CUBOID, "dimensions": {"x": 1}}]},
        "dimensions.y",
    ),
    ("pointcloud-cuboid", {"links": {}}, "links: a list"),
    ("pointcloud-vector", {"annotations": [BOX]}, "points[0]: a list of 3"),
    ("multisensor-sequence", {"frames": []}, "frames: no such key"),
    ("multisensor-sequence", {"sensors": [{"name": "a"}]}, "sensors[0].task_type"),
    (
        "multisensor-sequence",
        {
            "sensors": [
                {"name": "a", "task_type": "image-vector-sequence", "attributes": 1}
            ]
        },
        "sensors[0].attributes",
    ),
]


@pytest.mark.parametrize(("task_type", "attributes"), GOOD)
def test_labels_of_every_task_type_are_taken_as_they_are(task_type, attributes):
    assert require_label(attributes, task_type) is attributes


@pytest.mark.parametrize(("task_type", "attributes", "said"), BAD)
def test_labels_of_a_wrong_shape_are_refused(task_type, attributes, said):
    with pytest.raises(ApiError) as caught:
        require_label(attributes, task_type)
    assert caught.value.status == 400
    assert said in str(caught.value.body)


IMAGE = {"image": {"url": "https://x/a.png"}}
CLOUD = {"pcd": {"url": "https://x/a.pcd", "type": "pcd"}}
SENSOR = {"name": "a", "task_type": "image-vector-sequence"}


@pytest.mark.parametrize(
    ("task_type", "attributes"),
    [
        ("segmentation-bitmap", IMAGE),
        ("image-vector-sequence", {"frames": [IMAGE, IMAGE]}),
        ("pointcloud-cuboid", {**CLOUD, "images": []}),
        ("pointcloud-segmentation-sequence", {"frames": [CLOUD]}),
        (
            "multisensor-sequence",
            {"sensors": [{**SENSOR, "attributes": {"frames": [IMAGE]}}]},
        ),
    ],
)
def test_samples_of_every_kind_are_taken(task_type, attributes):
    assert require_sample(attributes, task_type) is attributes


@pytest.mark.parametrize(
    ("task_type", "attributes", "said"),
    [
        ("bboxes", {}, "image: an object"),
        ("bboxes", {"image": {"url": None}}, "image.url"),
        ("bboxes", CLOUD, "image: an object"),
        ("image-vector-sequence", {"frames": {}}, "frames: a list"),
        ("image-vector-sequence", {"frames": [{}]}, "frames[0].image"),
        ("pointcloud-cuboid", IMAGE, "pcd: an object"),
        ("pointcloud-cuboid", {"pcd": {"url": "x", "type": "doc"}}, "pcd.type"),
        ("multisensor-sequence", {"sensors": [{}]}, "sensors[0].name"),
        (
            "multisensor-sequence",
            {"sensors": [{**SENSOR, "attributes": {}}]},
            "sensors[0].attributes.frames",
        ),
    ],
)
def test_samples_without_what_their_task_needs_are_refused(task_type, attributes, said):
    with pytest.raises(ApiError) as caught:
        require_sample(attributes, task_type)
    assert said in str(caught.value.body)

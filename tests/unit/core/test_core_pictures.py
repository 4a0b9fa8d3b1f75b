"""Where the pictures of a sample are."""

from dsac.core.pictures import images_of
from dsac.core.values import Tree


def image(url: Tree) -> Tree:
    return {"image": {"url": url}}


def test_an_image_has_no_place_of_its_own() -> None:
    assert list(images_of({"image": {"url": "u"}})) == [("", "u")]
    assert list(images_of({"image": {"url": None}})) == []
    assert list(images_of({"image": "u", "text": "t"})) == []


def test_frames_and_sensors_have_the_places_of_label_layers() -> None:
    inner: Tree = {"frames": [image("b")]}
    sensors: Tree = [
        {"name": "front", "attributes": inner},
        {"attributes": image("c")},
        {"name": "odd", "attributes": "none"},
        "odd",
    ]
    found = images_of({"frames": [image("a"), {"pcd": {}}], "sensors": sensors})
    assert list(found) == [
        ("frames[0]", "a"),
        ("sensors[front].frames[0]", "b"),
        ("sensors[1]", "c"),
    ]

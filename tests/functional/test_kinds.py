"""Each kind, field by field: the manifest changes, the platform follows and settles."""

from typing import Any

import pytest

HEAD = "dataset: jane/flowers\ntask_type: bboxes\n"
CATEGORIES = "categories: [{id: 1, name: rose}, {id: 2, name: violet}]\n"


def sample(fields: str) -> str:
    return (
        f"{HEAD}samples: [{{name: a, image: 'https://x/a.png'{fields}}}, "
        "{name: b, image: 'https://x/b.png'}]\n"
    )


def label(fields: str, labelset: str = "predictions") -> str:
    attributes = "attributes: {annotations: [%s]}"
    return (
        f"{HEAD}{CATEGORIES}samples: [{{name: a, image: 'https://x/a.png', "
        f"labels: {{{labelset}: {{{fields or attributes % ''}}}}}}}]\n"
    )


BOX = "{id: %d, category: %s, type: bbox, points: [[0, 0], [%d, 9]]}"


def boxes(*values: tuple[int, str, int]) -> str:
    return f"annotations: [{', '.join(BOX % value for value in values)}]"


SWITCHES = (
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
    "enable_3d_cuboid_rotation",
    "enable_confirm_on_submit",
    "use_timestamps_for_interpolation",
    "enable_object_linking",
    "enable_object_link_category_restrictions",
    "enable_extrapolation",
)
ROI = "{type: circle, radius: 2.5}"

TASK = "{format_version: '0.1', categories: [{id: 1, name: a}]%s}"
SKY = ", image_attributes: [{name: sky, input_type: text}]"

DATASET = {
    "description": ("description: One.\n", "description: Two.\n"),
    "description cleared": ("description: One.\n", "description: null\n"),
    "category": ("category: garden\n", "category: people\n"),
    "category cleared": ("category: garden\n", "category: null\n"),
    "readme": ("settings: {readme: One.}\n", "settings: {readme: null}\n"),
    "timeout": (
        "settings: {labeling_inactivity_timeout_seconds: 60}\n",
        "settings: {labeling_inactivity_timeout_seconds: 90}\n",
    ),
    "region": ("", f"settings: {{region_of_interest: {ROI}}}\n"),
    "region cleared": (
        f"settings: {{region_of_interest: {ROI}}}\n",
        "settings: {region_of_interest: null}\n",
    ),
    "task type": ("", ""),
    "metadata": ("metadata: {a: 1, b: 2}\n", "metadata: {a: true, b: null, c: {}}\n"),
    "metadata cleared": ("metadata: {a: 1, b: 2}\n", "metadata: null\n"),
    "category added": (
        "categories: [{id: 1, name: rose}]\n",
        "categories: [{id: 1, name: rose, color: [1, 2, 3]}, {id: 5, name: lily}]\n",
    ),
    "task attributes": (
        f"task_attributes: {TASK % ''}\n",
        f"task_attributes: {TASK % SKY}\n",
    ),
    **{
        name: (f"settings: {{{name}: true}}\n", f"settings: {{{name}: false}}\n")
        for name in SWITCHES
    },
}


@pytest.mark.parametrize("field", DATASET)
def test_a_field_of_a_dataset(project, field):
    before, after = DATASET[field]
    head = HEAD.replace("bboxes", "vector") if field == "task type" else HEAD
    project.write(head + before)
    project.apply()
    project.assert_settled()
    project.write(HEAD + after)
    assert project.actions() == {"jane/flowers": ["update"]}
    project.apply()
    project.assert_settled()


SAMPLE = {
    "attributes": ("", ", attributes: {image: {url: 'https://x/c.png'}}"),
    "metadata": (", metadata: {a: 1, b: 2}", ", metadata: {a: '1', b: null}"),
    "metadata cleared": (", metadata: {a: 1}", ", metadata: null"),
    "priority": (", priority: 1.5", ", priority: -2"),
    "readme": (", readme: One.", ", readme: Two."),
    "readme cleared": (", readme: One.", ", readme: null"),
    "labeler": (", assigned_labeler: bob", ", assigned_labeler: eve"),
    "labeler cleared": (", assigned_labeler: bob", ", assigned_labeler: null"),
    "reviewer": ("", ", assigned_reviewer: bob"),
    "reviewer cleared": (", assigned_reviewer: bob", ", assigned_reviewer: null"),
}
CLEARED = {
    "metadata cleared": ("metadata", {}),
    "readme cleared": ("readme", ""),
    "labeler cleared": ("assigned_labeler", None),
    "reviewer cleared": ("assigned_reviewer", None),
}


@pytest.mark.parametrize("field", SAMPLE)
def test_a_field_of_a_sample(project, field):
    before, after = SAMPLE[field]
    project.write(sample(before))
    project.apply()
    project.assert_settled()
    text = sample(after)
    if field == "attributes":
        text = text.replace(", image: 'https://x/a.png'", "", 1).replace(
            "image: 'https://x/a.png', ", "", 1
        )
    project.write(text)
    assert project.actions() == {"jane/flowers:a": ["update"]}
    project.apply()
    project.assert_settled()
    if field in CLEARED:
        name, value = CLEARED[field]
        found = project.sample("a")[name]
        kept = {key: item for key, item in (found or {}).items() if key != "dsac"}
        assert (kept if name == "metadata" else found) == value
    project.write(sample(""))
    expected = {} if field != "attributes" else {"jane/flowers:a": ["update"]}
    assert project.actions() == expected, "what is not stated is left alone"


LABEL = {
    "added box": (boxes((1, "rose", 9)), boxes((1, "rose", 9), (2, "violet", 5))),
    "removed box": (boxes((1, "rose", 9), (2, "violet", 5)), boxes((2, "violet", 5))),
    "moved box": (boxes((1, "rose", 9)), boxes((1, "rose", 8))),
    "other category": (boxes((1, "rose", 9)), boxes((1, "violet", 9))),
    "score": (
        boxes((1, "rose", 9)) + ", score: 0.5",
        boxes((1, "rose", 9)) + ", score: 1",
    ),
    "score cleared": (
        boxes((1, "rose", 9)) + ", score: 0.5",
        boxes((1, "rose", 9)) + ", score: null",
    ),
    "status": (
        boxes((1, "rose", 9)) + ", status: LABELED",
        boxes((1, "rose", 9)) + ", status: LABELED, score: 0.1",
    ),
}


@pytest.mark.parametrize("field", LABEL)
def test_a_field_of_a_label(project, field):
    before, after = LABEL[field]
    project.write(label(before))
    project.apply()
    project.assert_settled()
    project.write(label(after))
    assert project.actions() == {"jane/flowers:a@predictions": ["update"]}
    project.apply()
    project.assert_settled()


def test_a_label_that_left_the_manifest_goes_from_the_manifests_own_set(project):
    both = label(boxes((1, "rose", 9))).replace(
        "labels: {", f"labels: {{ground-truth: {{{boxes((1, 'rose', 9))}}}, "
    )
    project.write("labelsets: {predictions: {owner: manifest}}\n" + both)
    project.apply()
    neither = f"{HEAD}{CATEGORIES}samples: [{{name: a, image: 'https://x/a.png'}}]\n"
    declared = "labelsets: {predictions: {owner: manifest}}\n"
    project.write(declared + neither)
    assert project.actions() == {"jane/flowers:a@predictions": ["delete"]}
    project.write(declared + "lifecycle: {prune: none}\n" + neither)
    assert project.actions() == {}


STEPS: dict[str, list[tuple[str, dict[str, list[str]], str]]] = {
    "label set": [
        ("labelsets: {more: {description: One.}}\n", {"@more": ["create"]}, ""),
        ("labelsets: {more: {description: Two.}}\n", {}, "can't change a labelset's"),
        ("labelsets: {more: {}}\n", {}, ""),
        ("", {}, ""),
        ("removed: ['@more']\n", {"@more": ["delete"]}, ""),
        ("removed: ['@more']\n", {}, ""),
    ],
    "collaborator": [
        ("collaborators: {bob: labeler}\n", {"+bob": ["create"]}, ""),
        (
            "collaborators: {bob: reviewer, eve: admin}\n",
            {"+bob": ["update"], "+eve": ["create"]},
            "",
        ),
        ("collaborators: {eve: admin}\n", {}, ""),
        ("removed: ['+bob']\n", {"+bob": ["delete"]}, ""),
        ("removed: ['+bob']\ncollaborators: {eve: admin}\n", {}, ""),
    ],
    "release": [
        ("releases: [{name: v1, description: One.}]\n", {"#v1": ["create"]}, ""),
        (
            "releases: [{name: v1, description: Two.}]\n",
            {},
            "can't change a release's description",
        ),
        ("releases: [{name: v1}]\n", {}, ""),
        ("releases: [{name: v1}, {name: v2}]\n", {"#v2": ["create"]}, ""),
        ("", {}, ""),
        ("removed: ['#v1']\n", {"#v1": ["delete"]}, ""),
        ("removed: ['#v1']\n", {}, ""),
    ],
}


@pytest.mark.parametrize("kind", STEPS)
def test_what_belongs_to_a_dataset(project, kind):
    with project.platform("bob"), project.platform("eve"):
        project.write(HEAD)
    project.apply()
    for text, actions, warning in STEPS[kind]:
        project.write(HEAD + text)
        found: dict[str, Any] = project.actions()
        assert found == {f"jane/flowers{key}": item for key, item in actions.items()}
        warnings = project.plan()["warnings"]
        assert [warning in item for item in warnings] == [True] * bool(warning)
        project.apply()
        project.assert_settled()


def test_a_switch_is_never_null(project):
    project.write(HEAD + "settings: {public: null, enable_ratings: null}\n")
    ran = project.dsac("validate")
    assert ran.code == 1
    assert "manifests/a.yaml:3:20: settings.public: null is no value" in ran.err
    assert "settings.enable_ratings: null is no value of a switch" in ran.err

"""The table of what a Segments API does, step by step, for any client and server."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.drivers import Driver

IMAGE = {"image": {"url": "https://images.example.com/a.jpg"}}
OTHER = {"image": {"url": "https://images.example.com/b.jpg"}}
BITMAP = {
    "annotations": [{"id": 1, "category_id": 1}],
    "segmentation_bitmap": {"url": "https://images.example.com/a.png"},
}
TWO = {"format_version": "0.1", "categories": [{"name": "rose", "id": 1}]}


@dataclass(frozen=True)
class Scenario:
    """Steps against a server.

    `accounts` says that they need bob and the organisation acme of jane's; `assumed`
    that they rest on what the fact sheet infers, so that the platform may differ.
    """

    run: Callable[[Driver], None]
    accounts: bool = False
    assumed: bool = False

    @property
    def name(self) -> str:
        """Say what it shows."""
        return self.run.__name__


SCENARIOS: list[Scenario] = []


def scenario(
    *, accounts: bool = False, assumed: bool = False
) -> Callable[[Callable[[Driver], None]], Callable[[Driver], None]]:
    """Put a scenario into the table."""

    def added(run: Callable[[Driver], None]) -> Callable[[Driver], None]:
        SCENARIOS.append(Scenario(run, accounts=accounts, assumed=assumed))
        return run

    return added


def flowers(api: Driver, *names: str) -> list[str]:
    """Create the dataset flowers with samples; give their uuids."""
    api.call("add_dataset", api.name("flowers"))
    rows = [{"name": name, "attributes": IMAGE} for name in names]
    made = api.call("add_samples", api.full("flowers"), rows) if rows else []
    return [item["uuid"] for item in made]


@scenario()
def users_are_told(api: Driver) -> None:
    me = api.call("get_user")
    assert me["username"] == api.user
    assert api.call("get_user", api.user)["is_organization"] is False
    api.fails("not found", "get_user", "nobody-has-this-name-1")


@scenario(assumed=True)
def a_wrong_key_is_refused(api: Driver) -> None:
    api.refuses_key("wrong")


@scenario()
def a_new_dataset_has_the_documented_defaults(api: Driver) -> None:
    made = api.call("add_dataset", api.name("flowers"), description="Of all kinds.")
    assert made["full_name"] == api.full("flowers")
    assert made["owner"]["username"] == api.user
    assert made["task_type"] == "segmentation-bitmap"
    assert made["category"] == "other"
    assert made["description"] == "Of all kinds."
    assert made["metadata"] == {}
    on = {key for key, value in made.items() if value is True}
    assert {"enable_skip_labeling", "enable_interpolation"} <= on
    for key in ("public", "archived", "enable_skip_reviewing", "enable_ratings"):
        assert made[key] is False
    categories = made["task_attributes"]["categories"]
    assert [(item["id"], item["name"]) for item in categories] == [(1, "object")]
    assert api.call("get_dataset", api.full("flowers"))["name"] == made["name"]


@scenario()
def a_dataset_keeps_what_it_is_given(api: Driver) -> None:
    api.call(
        "add_dataset",
        api.name("trees"),
        description="d",
        task_type="bboxes",
        task_attributes=TWO,
        category="garden",
        public=False,
        metadata={"team": "botany", "size": 3, "tags": ["a"]},
        readme="# Trees",
        enable_ratings=True,
        labeling_inactivity_timeout_seconds=60,
    )
    found = api.call("get_dataset", api.full("trees"))
    assert (found["task_type"], found["category"]) == ("bboxes", "garden")
    assert found["metadata"] == {"team": "botany", "size": 3, "tags": ["a"]}
    assert (found["readme"], found["enable_ratings"]) == ("# Trees", True)
    assert found["labeling_inactivity_timeout_seconds"] == 60


@scenario()
def a_name_of_a_dataset_is_taken_once(api: Driver) -> None:
    flowers(api)
    api.fails("exists", "add_dataset", api.name("flowers"))


@scenario()
def a_patch_of_a_dataset_changes_what_is_sent_alone(api: Driver) -> None:
    api.call(
        "add_dataset",
        api.name("flowers"),
        description="old",
        category="garden",
        metadata={"a": 1},
        enable_ratings=True,
    )
    api.call("update_dataset", api.full("flowers"), description="new")
    found = api.call("get_dataset", api.full("flowers"))
    assert (found["description"], found["category"]) == ("new", "garden")
    assert (found["metadata"], found["enable_ratings"]) == ({"a": 1}, True)
    api.call("update_dataset", api.full("flowers"), metadata={})
    assert api.call("get_dataset", api.full("flowers"))["metadata"] == {}


@scenario()
def a_deleted_dataset_is_not_found(api: Driver) -> None:
    flowers(api)
    api.call("delete_dataset", api.full("flowers"))
    api.fails("not found", "get_dataset", api.full("flowers"))
    api.fails("not found", "update_dataset", api.full("flowers"), description="x")
    api.fails("not found", "delete_dataset", api.full("flowers"))


@scenario()
def datasets_are_listed(api: Driver) -> None:
    for name in ("b", "a", "c"):
        api.call("add_dataset", api.name(name))
    listed = [item["name"] for item in api.call("get_datasets")]
    assert {api.name("a"), api.name("b"), api.name("c")} <= set(listed)
    assert listed == [item["name"] for item in api.call("get_datasets", api.user)]
    page = api.call("get_datasets", per_page=1, page=2)
    assert [item["name"] for item in page] == listed[1:2]
    api.fails("not found", "get_datasets", per_page=1000, page=99)


@scenario(assumed=True)
def a_clone_is_private_and_has_samples_and_metadata(api: Driver) -> None:
    flowers(api, "a", "b")
    source = api.full("flowers")
    api.call("update_dataset", source, metadata={"a": 1}, public=True)
    made = api.call("clone_dataset", source)
    assert made["name"] == api.name("flowers-clone")
    found = api.call("get_dataset", made["full_name"])
    assert (found["public"], found["metadata"]) == (False, {"a": 1})
    assert found["task_type"] == "segmentation-bitmap"
    listed = api.call("get_samples", made["full_name"])
    assert [item["name"] for item in listed] == ["a", "b"]
    api.fails("exists", "clone_dataset", source)


@scenario(assumed=True)
def a_clone_has_labels_if_they_are_asked_for(api: Driver) -> None:
    uuid, _ = flowers(api, "a", "b")
    source = api.full("flowers")
    api.call("add_label", uuid, "ground-truth", BITMAP, label_status="LABELED")
    for name, wanted in (("with", True), ("without", False)):
        api.call("clone_dataset", source, api.name(name), clone_labels=wanted)
        rows = api.call("get_samples", api.full(name), labelset="ground-truth")
        assert ["label" in row for row in rows] == [wanted, False]
    made = api.call("clone_dataset", source, api.name("boxes"), new_task_type="bboxes")
    assert made["task_type"] == "bboxes"


@scenario(accounts=True)
def an_organisation_owns_datasets(api: Driver) -> None:
    assert api.call("get_user", "acme")["is_organization"] is True
    api.call("add_dataset", api.name("flowers"), organization="acme")
    full = api.full("flowers", "acme")
    assert api.call("get_dataset", full)["owner"]["username"] == "acme"
    made = api.call("clone_dataset", full, api.name("copy"), organization="acme")
    assert made["full_name"] == api.full("copy", "acme")
    bob = api.another("bob-key")
    bob.fails("forbidden", "add_dataset", api.name("x"), organization="acme")
    bob.fails("not found", "get_dataset", full)
    bob.close()


@scenario(accounts=True)
def strangers_see_public_datasets_and_no_others(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    bob = api.another("bob-key")
    full = api.full("flowers")
    bob.fails("not found", "get_dataset", full)
    bob.fails("not found", "get_samples", full)
    bob.fails("not found", "get_sample", uuid)
    assert api.name("flowers") not in [
        item["name"] for item in bob.call("get_datasets", api.user)
    ]
    api.call("update_dataset", full, public=True)
    assert bob.call("get_dataset", full)["public"] is True
    bob.fails("forbidden", "update_dataset", full, description="mine")
    bob.fails("forbidden", "add_sample", full, "b", IMAGE)
    bob.fails("forbidden", "delete_sample", uuid)
    bob.close()


@scenario(accounts=True)
def collaborators_have_roles(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    full, bob = api.full("flowers"), api.another("bob-key")
    api.fails("not found", "get_dataset_collaborator", full, "bob")
    made = api.call("add_dataset_collaborator", full, "bob", "labeler")
    assert (made["user"]["username"], made["role"]) == ("bob", "labeler")
    api.fails("collaborator", "add_dataset_collaborator", full, "bob", "admin")
    api.fails("collaborator", "add_dataset_collaborator", full, api.user, "admin")
    bob.call("add_label", uuid, "ground-truth", BITMAP, label_status="LABELED")
    bob.fails("forbidden", "add_sample", full, "b", IMAGE)
    changed = api.call("update_dataset_collaborator", full, "bob", "admin")
    assert changed["role"] == "admin"
    assert api.call("get_dataset_collaborator", full, "bob")["role"] == "admin"
    bob.call("add_sample", full, "b", IMAGE)
    api.call("delete_dataset_collaborator", full, "bob")
    bob.fails("not found", "get_dataset", full)
    bob.close()


@scenario()
def a_sample_keeps_what_it_is_given(api: Driver) -> None:
    flowers(api)
    made = api.call(
        "add_sample", api.full("flowers"), "a", IMAGE, {"city": "Rome"}, 2.5
    )
    found = api.call("get_sample", made["uuid"])
    assert (found["name"], found["attributes"]) == ("a", IMAGE)
    assert (found["metadata"], found["priority"]) == ({"city": "Rome"}, 2.5)
    assert found["created_by"] == api.user
    plain = api.call("add_sample", api.full("flowers"), "b", IMAGE)
    assert (plain["metadata"], plain["priority"]) == ({}, 0)


@scenario()
def large_bodies_are_taken(api: Driver) -> None:
    flowers(api)
    note = {"note": "leaf " * 1000}
    made = api.call("add_sample", api.full("flowers"), "a", IMAGE, note)
    assert api.call("get_sample", made["uuid"])["metadata"] == note
    api.call("update_sample", made["uuid"], metadata={**note, "more": note})
    assert api.call("get_sample", made["uuid"])["metadata"]["more"] == note


@scenario()
def a_name_of_a_sample_is_taken_once(api: Driver) -> None:
    flowers(api, "a")
    api.fails("exists", "add_sample", api.full("flowers"), "a", OTHER)
    assert len(api.call("get_samples", api.full("flowers"))) == 1


@scenario()
def a_patch_of_a_sample_changes_what_is_sent_alone(api: Driver) -> None:
    flowers(api)
    made = api.call("add_sample", api.full("flowers"), "a", IMAGE, {"x": 1}, 3)
    api.call("update_sample", made["uuid"], metadata={"y": 2})
    found = api.call("get_sample", made["uuid"])
    assert (found["name"], found["metadata"], found["priority"]) == ("a", {"y": 2}, 3)
    assert found["attributes"] == IMAGE
    api.call("update_sample", made["uuid"], name="b", attributes=OTHER)
    found = api.call("get_sample", made["uuid"])
    assert (found["name"], found["attributes"]) == ("b", OTHER)
    assert found["metadata"] == {"y": 2}


@scenario()
def an_assignee_is_set_and_unset(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    me = api.user
    api.call("update_sample", uuid, assigned_labeler=me, assigned_reviewer=me)
    found = api.call("get_sample", uuid)
    assert (found["assigned_labeler"], found["assigned_reviewer"]) == (me, me)
    api.call("update_sample", uuid, assigned_labeler=None)
    found = api.call("get_sample", uuid)
    assert "assigned_labeler" not in found
    assert found["assigned_reviewer"] == me


@scenario()
def a_bulk_request_leaves_what_exists_as_it_is(api: Driver) -> None:
    flowers(api)
    full = api.full("flowers")
    first = api.call("add_sample", full, "a", IMAGE, {"x": 1})
    rows = [
        {"name": "b", "attributes": IMAGE, "metadata": {"z": True}, "priority": 4},
        {"name": "a", "attributes": OTHER, "metadata": {"x": 2}},
    ]
    made = {item["name"]: item for item in api.call("add_samples", full, rows)}
    assert made["a"]["uuid"] == first["uuid"]
    assert made["a"]["metadata"] == {"x": 1}
    assert (made["b"]["metadata"], made["b"]["priority"]) == ({"z": True}, 4)
    kept = api.call("get_sample", first["uuid"])
    assert (kept["attributes"], kept["metadata"]) == (IMAGE, {"x": 1})


@scenario()
def a_bulk_deletion_skips_what_does_not_exist(api: Driver) -> None:
    uuids = flowers(api, "a", "b", "c")
    unknown = "00000000-0000-4000-8000-000000000000"
    gone = api.call("delete_samples", api.full("flowers"), [*uuids[:2], unknown])
    assert gone == {"deleted_count": 2}
    rows = api.call("get_samples", api.full("flowers"))
    assert [item["name"] for item in rows] == ["c"]


@scenario()
def a_deleted_sample_is_not_found(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    api.call("delete_sample", uuid)
    api.fails("not found", "get_sample", uuid)
    api.fails("not found", "update_sample", uuid, name="b")
    api.fails("not found", "delete_sample", uuid)
    api.fails("not found", "get_label", uuid, "ground-truth")


@scenario()
def samples_are_listed_by_pages_up_to_an_invalid_one(api: Driver) -> None:
    flowers(api, "c", "a", "b")
    full = api.full("flowers")
    pages = [api.call("get_samples", full, per_page=2, page=page) for page in (1, 2)]
    names = [[item["name"] for item in page] for page in pages]
    assert names == [["a", "b"], ["c"]]
    api.fails("not found", "get_samples", full, per_page=2, page=3)
    api.call("add_dataset", api.name("empty"))
    assert api.call("get_samples", api.full("empty"), page=1) == []


@scenario()
def samples_are_sorted(api: Driver) -> None:
    flowers(api)
    full = api.full("flowers")
    for name, priority in (("b", 1), ("a", 2), ("c", 3)):
        api.call("add_sample", full, name, IMAGE, priority=priority)

    def names(**order: str) -> str:
        found = api.call("get_samples", full, **order)
        return "".join(item["name"] for item in found)

    assert names() == "abc"
    assert names(direction="desc") == "cba"
    assert names(sort="created_at") == "bac"
    assert names(sort="priority", direction="desc") == "cab"


@scenario()
def labels_are_sorted_by_when_they_were_written(api: Driver) -> None:
    first, second = flowers(api, "a", "b")
    for uuid in (second, first):
        api.call("add_label", uuid, "ground-truth", BITMAP)
    found = api.call("get_samples", api.full("flowers"), sort="gt_label__updated_at")
    assert [item["name"] for item in found] == ["b", "a"]


@scenario()
def samples_are_filtered(api: Driver) -> None:
    flowers(api)
    full = api.full("flowers")
    for name, city in (("rose-1", "Rome"), ("rose-2", "Paris"), ("tulip", "Rome")):
        api.call("add_sample", full, name, IMAGE, {"city": city, "year": 2021})

    def names(**filters: object) -> list[str]:
        return [item["name"] for item in api.call("get_samples", full, **filters)]

    assert names(name="rose") == ["rose-1", "rose-2"]
    assert names(metadata="city:Rome") == ["rose-1", "tulip"]
    assert names(metadata=["city:Rome", "year:2021"], name="rose") == ["rose-1"]
    assert names(name="nothing") == []


@scenario()
def samples_are_filtered_by_the_status_of_their_label(api: Driver) -> None:
    first, second, _ = flowers(api, "a", "b", "c")
    full = api.full("flowers")
    api.call("add_label", first, "ground-truth", BITMAP, label_status="LABELED")
    api.call("add_label", second, "ground-truth", BITMAP)

    def names(status: object) -> str:
        found = api.call(
            "get_samples", full, labelset="ground-truth", label_status=status
        )
        return "".join(item["name"] for item in found)

    assert names("LABELED") == "a"
    assert names(["LABELED", "PRELABELED"]) == "ab"
    assert names("UNLABELED") == "c"


@scenario()
def listings_are_lenient(api: Driver) -> None:
    flowers(api, "a")
    full = api.full("flowers")
    assert len(api.call("get_samples", full, labelset="no-such-set")) == 1
    assert len(api.call("get_samples", full, sort="created")) == 1
    assert len(api.call("get_samples", full, metadata="nocolon")) == 1


@scenario()
def a_label_keeps_what_it_is_given(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    api.fails("not found", "get_label", uuid, "ground-truth")
    made = api.call("add_label", uuid, "ground-truth", BITMAP, score=0.5)
    assert (made["label_status"], made["score"]) == ("PRELABELED", 0.5)
    assert (made["sample_uuid"], made["labelset"]) == (uuid, "ground-truth")
    found = api.call("get_label", uuid)
    assert found["attributes"]["annotations"] == [{"id": 1, "category_id": 1}]
    assert found["attributes"]["segmentation_bitmap"] == BITMAP["segmentation_bitmap"]
    assert found["created_by"] == api.user
    assert found["label_type"] == "segmentation-bitmap"


@scenario()
def a_label_is_replaced_and_patched(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    api.call("add_label", uuid, "ground-truth", BITMAP, score=0.5)
    other = {**BITMAP, "annotations": [{"id": 2, "category_id": 1}]}
    api.call("add_label", uuid, "ground-truth", other, label_status="LABELED")
    found = api.call("get_label", uuid)
    assert found["attributes"]["annotations"] == other["annotations"]
    assert found["label_status"] == "LABELED"
    api.call("update_label", uuid, "ground-truth", score=0.25)
    found = api.call("get_label", uuid)
    assert (found["score"], found["label_status"]) == (0.25, "LABELED")
    assert found["attributes"]["annotations"] == other["annotations"]
    api.call("update_label", uuid, "ground-truth", BITMAP, "PRELABELED")
    found = api.call("get_label", uuid)
    assert (found["score"], found["label_status"]) == (0.25, "PRELABELED")
    assert found["attributes"]["annotations"] == BITMAP["annotations"]


@scenario(assumed=True)
def who_reviews_a_label_is_noted(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    api.fails("not found", "update_label", uuid, "ground-truth", score=1)
    api.call("add_label", uuid, "ground-truth", BITMAP, label_status="LABELED")
    found = api.call("update_label", uuid, "ground-truth", label_status="REVIEWED")
    assert found["reviewed_by"] == api.user
    assert "reviewed_at" in found
    assert found["updated_by"] == api.user


@scenario()
def a_deleted_label_is_not_found(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    api.call("add_label", uuid, "ground-truth", BITMAP)
    api.call("delete_label", uuid, "ground-truth")
    api.fails("not found", "get_label", uuid)
    assert "label" not in api.call("get_sample", uuid, "ground-truth")


@scenario()
def listings_have_the_labels_of_a_label_set(api: Driver) -> None:
    first, second = flowers(api, "a", "b")
    full = api.full("flowers")
    api.call("add_labelset", full, "model", "A model.")
    api.call("add_label", first, "model", BITMAP, score=0.5)
    api.call("add_label", second, "ground-truth", BITMAP, label_status="LABELED")
    assert "label" not in api.call("get_samples", full)[0]
    one, two = api.call("get_samples", full, labelset="model")
    assert one["label"]["label_status"] == "PRELABELED"
    assert one["label"]["score"] == 0.5
    assert not one["label"].get("attributes")
    assert "label" not in two
    one, two = api.call(
        "get_samples", full, labelset="ground-truth", include_full_label=True
    )
    assert "label" not in one
    assert two["label"]["attributes"]["annotations"] == BITMAP["annotations"]
    assert two["label"]["labelset"] == "ground-truth"
    assert api.call("get_sample", first, "model")["label"]["score"] == 0.5


@scenario()
def statuses_are_counted(api: Driver) -> None:
    first, second, _ = flowers(api, "a", "b", "c")
    for uuid in (first, second):
        api.call("add_label", uuid, "ground-truth", BITMAP, label_status="LABELED")
    stats = api.call("get_dataset", api.full("flowers"))["label_stats"]
    assert stats["LABELED"] == 2


@scenario()
def label_sets_come_and_go(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    full = api.full("flowers")
    assert [item["name"] for item in api.call("get_labelsets", full)] == [
        "ground-truth"
    ]
    made = api.call("add_labelset", full, "model", "A model.")
    assert (made["name"], made["description"]) == ("model", "A model.")
    api.fails("exists", "add_labelset", full, "model")
    assert api.call("get_labelset", full, "model")["description"] == "A model."
    api.call("add_label", uuid, "model", BITMAP)
    api.call("delete_labelset", full, "model")
    api.fails("not found", "get_labelset", full, "model")
    api.fails("not found", "delete_labelset", full, "model")
    api.fails("not found", "get_label", uuid, "model")
    api.fails("not found", "add_label", uuid, "model", BITMAP)


@scenario()
def issues_are_raised_changed_and_deleted(api: Driver) -> None:
    (uuid,) = flowers(api, "a")
    full = api.full("flowers")
    assert api.call("get_issues", full) == []
    made = api.call("add_issue", uuid, "A leaf is missing.")
    assert (made["status"], made["sample_name"]) == ("OPEN", "a")
    changed = api.call("update_issue", made["uuid"], status="CLOSED")
    assert (changed["status"], changed["description"]) == (
        "CLOSED",
        "A leaf is missing.",
    )
    api.call("update_issue", made["uuid"], "A petal.")
    (found,) = api.call("get_issues", full)
    assert (found["description"], found["sample_uuid"]) == ("A petal.", uuid)
    assert (found["created_by"], found["comments"]) == (api.user, [])
    api.call("delete_issue", made["uuid"])
    assert api.call("get_issues", full) == []
    api.fails("not found", "update_issue", made["uuid"], "x")
    api.fails("not found", "delete_issue", made["uuid"])


@scenario()
def releases_freeze_a_dataset(api: Driver) -> None:
    flowers(api, "a")
    full = api.full("flowers")
    made = api.call("add_release", full, "v1", "First.")
    assert (made["status"], made["release_type"]) == ("PENDING", "JSON")
    api.fails("exists", "add_release", full, "v1")
    found = api.call("get_release", full, "v1")
    assert (found["name"], found["description"]) == ("v1", "First.")
    assert [item["name"] for item in api.call("get_releases", full)] == ["v1"]
    api.call("delete_release", full, "v1")
    api.fails("not found", "get_release", full, "v1")
    api.fails("not found", "delete_release", full, "v1")


@scenario()
def work_units_are_listed(api: Driver) -> None:
    flowers(api, "a")
    full = api.full("flowers")
    assert api.call("get_workunits", full) == []
    bounds = {"start": "2020-01-01T00:00:00", "end": "2020-01-02T00:00:00"}
    assert api.call("get_workunits", full, direction="asc", **bounds) == []
    metrics = {"include_session_time_metrics": True}
    assert api.call("get_workunits", full, per_page=10, page=1, **metrics) == []
    api.fails("not found", "get_workunits", api.full("none"))


@scenario()
def assets_get_a_url(api: Driver) -> None:
    made = api.call("upload_asset", io.BytesIO(b"some bytes"), "violet.jpg")
    assert made["filename"] == "violet.jpg"
    assert made["url"].endswith(".jpg")
    again = api.call("upload_asset", io.BytesIO(b"some bytes"))
    assert again["url"] != made["url"]
    assert again["url"].endswith(".png")


@scenario()
def what_can_not_be_is_refused(api: Driver) -> None:
    flowers(api)
    full = api.full("flowers")
    api.fails("refused", "add_sample", full, "", IMAGE)
    api.fails("refused", "add_dataset", "no spaces please")
    api.fails("refused", "add_dataset", api.name("x"), category="spaceships")
    api.fails("not found", "add_sample", api.full("none"), "a", IMAGE)
    api.fails("not found", "get_samples", api.full("none"))


@scenario()
def names_of_any_script_are_kept(api: Driver) -> None:
    names = ["ünïcode 日本.jpg", "a b+c&d#e?.jpg", "dir/sub/a.jpg", "50%.jpg"]
    flowers(api, *names)
    found = api.call("get_samples", api.full("flowers"))
    assert sorted(item["name"] for item in found) == sorted(names)

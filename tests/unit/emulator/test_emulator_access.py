"""Who may do what; users and organisations."""

import pytest

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}

READS = [("GET", "{ds}/"), ("GET", "{ds}/samples/"), ("GET", "/samples/{s}/")]
LABELS = [
    ("PUT", "/labels/{s}/ground-truth/", {"attributes": {}}),
    ("PATCH", "/labels/{s}/ground-truth/", {"score": 1}),
    ("POST", "/samples/{s}/issues/", {"description": "blurred"}),
    ("DELETE", "/labels/{s}/ground-truth/", None),
]
MANAGES = [
    ("PATCH", "{ds}/", {"description": "new"}),
    ("POST", "{ds}/samples/", {"name": "new", "attributes": IMAGE}),
    ("POST", "{ds}/samples_bulk/", []),
    ("DELETE", "{ds}/samples_bulk/", {"uuids": ["none"]}),
    ("PATCH", "/samples/{s}/", {"priority": 1}),
    ("POST", "{ds}/labelsets/", {"name": "new"}),
    ("DELETE", "{ds}/labelsets/new/", None),
    ("POST", "{ds}/collaborators/", {"user": "eve", "role": "labeler"}),
    ("PATCH", "{ds}/collaborators/eve", {"role": "reviewer"}),
    ("DELETE", "{ds}/collaborators/eve", None),
    ("POST", "{ds}/releases/", {"name": "v1"}),
    ("DELETE", "{ds}/releases/v1/", None),
    ("DELETE", "/samples/{s}/", None),
    ("DELETE", "{ds}/", None),
]


def statuses(api, calls, **names: str) -> set[int]:
    return {
        api.send(call[0], call[1].format(**names), *call[2:]).status_code
        for call in calls
    }


@pytest.fixture
def names(api, flowers: str) -> dict[str, str]:
    return {"ds": flowers, "s": api.sample(flowers)["uuid"]}


def test_a_private_dataset_of_others_is_not_found(eve, names):
    assert statuses(eve, READS, **names) == {404}
    assert statuses(eve, LABELS, **names) == {404}
    assert statuses(eve, MANAGES, **names) == {404}


def test_a_public_dataset_of_others_can_be_read_and_no_more(api, eve, names):
    api("PATCH", names["ds"], {"public": True})
    assert statuses(eve, READS, **names) == {200}
    assert statuses(eve, LABELS, **names) == {403}
    assert statuses(eve, MANAGES, **names) == {403}
    assert eve("GET", names["ds"])["role"] is None
    found = eve("DELETE", names["ds"], expect=403)
    assert found["detail"].startswith("You do not have permission")


@pytest.mark.parametrize("role", ["labeler", "reviewer", "manager"])
def test_who_labels_may_write_labels_alone(api, bob, names, role: str):
    body = {"user": "bob", "role": role}
    api("POST", f"{names['ds']}/collaborators/", body, expect=201)
    assert statuses(bob, READS, **names) == {200}
    assert statuses(bob, LABELS, **names) <= {200, 201, 204}
    assert statuses(bob, MANAGES, **names) == {403}
    assert bob("GET", names["ds"])["role"] == role


def test_an_admin_may_do_all_that_the_owner_may(api, bob, names):
    body = {"user": "bob", "role": "admin"}
    api("POST", f"{names['ds']}/collaborators/", body, expect=201)
    assert statuses(bob, [*READS, *LABELS, *MANAGES], **names) <= {200, 201, 204}
    api("GET", names["ds"], expect=404)


def test_issues_are_for_who_may_label(api, eve, names):
    api("PATCH", names["ds"], {"public": True})
    body = {"description": "blurred"}
    issue = api("POST", f"/samples/{names['s']}/issues/", body, expect=201)
    eve("PATCH", f"/issues/{issue['uuid']}/", {"status": "CLOSED"}, expect=403)
    eve("DELETE", f"/issues/{issue['uuid']}/", expect=403)


def test_users_and_organisations_are_described(api):
    assert api("GET", "/user") == api("GET", "/users/jane/")
    assert api("GET", "/users/bob")["email"] == "bob@example.com"
    assert api("GET", "/users/bob")["is_organization"] is False
    found = api("GET", "/users/acme")
    assert (found["is_organization"], found["email"]) == (True, None)


def test_the_first_account_administers_every_organisation(api, bob):
    body = {"name": "shared"}
    found = api("POST", "/organizations/acme/datasets/", body, expect=201)
    assert (found["full_name"], found["role"]) == ("acme/shared", "admin")
    assert found["owner"]["is_organization"] is True
    bob("POST", "/organizations/acme/datasets/", {"name": "x"}, expect=403)
    bob("GET", "/datasets/acme/shared/", expect=404)
    api("POST", "/organizations/bob/datasets/", {"name": "x"}, expect=404)


def test_listings_show_what_one_may_see(api, bob, eve):
    for name, fields in {"a": {}, "b": {"public": True}, "c": {}}.items():
        api.dataset(name, **fields)
    body = {"user": "bob", "role": "labeler"}
    api("POST", "/datasets/jane/c/collaborators/", body, expect=201)

    def seen(who) -> list[str]:
        return [item["name"] for item in who("GET", "/users/jane/datasets/")]

    assert seen(api) == ["a", "b", "c"]
    assert seen(bob) == ["b", "c"]
    assert seen(eve) == ["b"]
    assert bob("GET", "/user/datasets/") == []


def test_a_clone_is_of_what_is_public_or_ones_own(api, bob, eve, flowers: str):
    body = {"user": "bob", "role": "manager"}
    api("POST", f"{flowers}/collaborators/", body, expect=201)
    bob("POST", f"{flowers}/clone/", {"name": "copy"}, expect=403)
    eve("POST", f"{flowers}/clone/", {"name": "copy"}, expect=404)
    api("PATCH", flowers, {"public": True})
    found = eve("POST", f"{flowers}/clone/", {"name": "copy"}, expect=201)
    assert (found["full_name"], found["public"]) == ("eve/copy", False)
    body = {"name": "x", "owner": "acme"}
    eve("POST", f"{flowers}/clone/", body, expect=403)
    assert api("POST", f"{flowers}/clone/", body, expect=201)["full_name"] == "acme/x"

"""Policy rules: what each finds in a plan, and how that is told."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import UNSET, structs

from dsac.core.change import Action, Change
from dsac.core.plan import Severity
from dsac.core.resources import (
    Address,
    Kind,
    Label,
    Release,
    RemoteDataset,
    RemoteLabel,
    Unknown,
)
from dsac.core.reviews import Reviews, reviews_wanted
from dsac.core.rule_checks import Seen, check_rules, host_of
from dsac.core.rules import (
    AllowedHosts,
    Demand,
    ForbiddenCategories,
    MaxDeletes,
    ProtectedLabels,
    RequiredMetadata,
    Reviewed,
    Rule,
    blocks_of,
    warnings_of,
)
from tests.factories import (
    JANE,
    ROSE,
    make_change,
    make_dataset,
    make_loss,
    make_remote,
    make_remote_sample,
    make_sample,
    make_upload,
)

FACE = {"id": 2, "name": "face"}
RELEASE = Change(
    address=Address(Kind.RELEASE, JANE, "", "v1"), after=Release(name="v1")
)


def found(
    demand: Demand,
    *changes: Change,
    remote: RemoteDataset | None = None,
    reviews: Mapping[tuple[str, str], Reviews] | None = None,
    **about: Any,
) -> list[tuple[str, str]]:
    """Give what one rule finds: where, and what."""
    rule = Rule(demand=demand, **about)
    seen = Seen(remotes={JANE: remote}, reviews=reviews or {})
    return [
        (item.address.removeprefix(JANE), item.found)
        for item in check_rules([rule], changes, seen)
    ]


def of_dataset(**fields: Any) -> Change:
    return Change(address=Address.of_dataset(JANE), after=make_dataset(**fields))


def of_label(*categories: Any, name: str = "a", url: Any = None) -> Change:
    annotations: list[Any] = [{"category_id": item} for item in categories]
    attributes: dict[str, Any] = {"frames": [{"annotations": annotations}, 3]}
    if url is not None:
        attributes["segmentation_bitmap"] = {"url": url}
    return Change(
        address=Address.label(JANE, name, "ground-truth"),
        after=Label(attributes=attributes),
    )


def delete(name: str, **more: Any) -> Change:
    return structs.replace(make_change(Action.DELETE, name=name), **more)


def test_deletes_are_counted_by_kind_replacements_and_whole_datasets_too():
    gone = Change(address=Address.of_dataset(JANE), before=make_dataset(), covers=7)
    anew = structs.replace(make_change(name="b"), replaces="uuid-b")
    elsewhere = structs.replace(
        delete("c"), address=Address.of_sample("jane/trees", "c")
    )
    changes = (delete("a"), anew, delete("d", held="it waits"), make_change(name="e"))
    two = "2 samples would be deleted, at most 1 may"
    assert found(MaxDeletes(at_most={Kind.SAMPLE: 1}), *changes) == [("", two)]
    assert found(MaxDeletes(at_most={Kind.SAMPLE: 2}), *changes) == []
    both = MaxDeletes(at_most={Kind.DATASET: 0, Kind.SAMPLE: 7, Kind.LABEL: 0})
    assert found(both, gone) == [("", "1 dataset would be deleted, at most 0 may")]
    rule = Rule(demand=MaxDeletes(at_most={Kind.SAMPLE: 7}))
    (finding,) = check_rules([rule], [gone, elsewhere], Seen(remotes={}))
    assert (finding.address, finding.found[:9]) == ("", "8 samples")
    assert found(MaxDeletes(at_most={Kind.SAMPLE: 0}), elsewhere, datasets="*/f*") == []


def test_categories_that_datasets_get_and_labels_use():
    demand = ForbiddenCategories(categories=("face", 9))
    attributes: dict[str, Any] = {"categories": [ROSE, FACE]}
    change = of_dataset(task_attributes=attributes)
    face = ("", "category 2 'face' is forbidden")
    used = ("@ground-truth", "category 2 'face' is forbidden")
    assert found(demand, change) == [face]
    there = make_remote(dataset=make_dataset(task_attributes=attributes))
    same = structs.replace(change, before=change.after)
    assert found(demand, same, of_dataset(), remote=there) == []
    label = of_label(2, 1, "2")
    assert found(demand, label, remote=there) == [(":a" + used[0], used[1])]
    assert found(demand, same, label, remote=make_remote())[0][1] == used[1]
    assert found(demand, of_label(9, 2)) == [
        (":a@ground-truth", "category 9 is forbidden")
    ]
    assert found(demand, make_change()) == []


@pytest.mark.parametrize(
    ("metadata", "what"),
    [
        ({"license": "cc0"}, []),
        ({"license": "mine"}, ["metadata 'license' is \"mine\""]),
        ({"license": None}, ["metadata has no 'license'"]),
        ({"license": "cc0", "n": True}, ["metadata 'n' is true"]),
        ({"license": "cc0", "n": 1}, []),
        ({}, ["metadata has no 'license'"]),
        (None, ["metadata has no 'license'"]),
        (UNSET, ["metadata has no 'license'"]),
    ],
)
def test_metadata_that_must_be_there(metadata, what):
    demand = RequiredMetadata(
        keys=("license",), values={"license": ("cc0", "cc-by"), "n": (1,)}
    )
    create = Change(
        address=Address.of_sample(JANE, "a"), after=make_sample("a", metadata=metadata)
    )
    assert [item for _, item in found(demand, create, delete("b"))] == what
    dataset = of_dataset(metadata=metadata)
    assert found(demand, dataset) == []
    kinds = frozenset({Kind.DATASET})
    of_datasets = structs.replace(demand, kinds=kinds)
    assert [item for _, item in found(of_datasets, create, dataset)] == what


def test_metadata_that_is_not_stated_is_that_of_the_platform():
    demand = RequiredMetadata(keys=("license",))
    change = make_change(name="a")
    there = make_sample("a", metadata={"license": "cc0"})
    assert found(demand, change, remote=make_remote(make_remote_sample(there))) == []
    other = make_remote(make_remote_sample(make_sample("a")))
    assert len(found(demand, change, remote=other)) == 1


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://images.example.org/a.jpg", "images.example.org"),
        ("HTTPS://me:secret@Images.Example.org.:443/a", "images.example.org"),
        ("s3://bucket/a.jpg", "bucket"),
        ("https://good.example.org@evil.test/", "evil.test"),
        ("https://evil.test\\@good.example.org/", ""),
        ("//evil.test/a", "evil.test"),
        ("a.jpg", ""),
        ("data:image/png;base64,AAAA", ""),
        ("https://[", ""),
        ("https://evil.test%2f.good.example.org/", ""),
        ("https://evil.test;.good.example.org/", ""),
        ("https://bücher.example/a", "bücher.example"),
        ("https://[::1]/a", "::1"),
    ],
)
def test_the_host_of_a_url(url, host):
    assert host_of(url) == host


def test_new_urls_lead_to_allowed_hosts():
    demand = AllowedHosts(hosts=("*.Example.org",))
    good, evil = "https://a.example.org/1.jpg", "https://evil.test/1.jpg"

    def create(url: Any) -> Change:
        after = make_sample("a", url=url)
        return Change(address=Address.of_sample(JANE, "a"), after=after)

    assert found(demand, create(good), create(make_upload()), delete("b")) == []
    assert found(demand, create(evil)) == [(":a", "a URL leads to evil.test")]
    assert found(demand, create("a")) == [(":a", "a URL leads to no host")]
    there = structs.replace(create(evil), before=make_sample("a", url=evil))
    assert found(demand, there) == []
    label = of_label(url=evil)
    assert found(demand, label)[0][0] == ":a@ground-truth"
    assert found(demand, of_dataset()) == []
    rule = Rule(demand=AllowedHosts(hosts=()))
    (finding,) = check_rules([rule], [create(good)], Seen(remotes={}))
    assert finding.remedy == "use a host of dsac, or a file"


def test_labels_that_nobody_may_give_up():
    mine = make_loss("a", status="REVIEWED", author="bob")
    other = make_loss("b", status="LABELED", author="")
    change = make_change(losses=(mine, mine, other))
    assert len(found(ProtectedLabels(), change)) == 2
    lost = [(":a@ground-truth", "REVIEWED by bob, and would be lost")]
    assert found(ProtectedLabels(by=("bob",)), change) == lost
    assert found(ProtectedLabels(statuses=("REVIEWED",)), change) == lost
    unnamed = [(":b@ground-truth", "LABELED, and would be lost")]
    assert found(ProtectedLabels(statuses=("LABELED",)), change) == unnamed
    assert found(ProtectedLabels(by=("eve",)), change) == []
    waiting = structs.replace(change, held="it waits")
    assert found(ProtectedLabels(), waiting) == []
    hidden = make_change(losses=(make_loss("c", status="unknown", author=""),))
    picky = ProtectedLabels(by=("bob",), statuses=("REVIEWED",))
    assert found(picky, hidden) == [(":c@ground-truth", "unknown, and would be lost")]


GOOD = ("good", "old", "anew", "same")


def reviewed(by: str | None, status: str = "REVIEWED") -> RemoteLabel:
    return RemoteLabel(label=Label(status=status), reviewed_by=by)


def test_a_release_has_reviewed_labels_alone():
    listed = Reviews(
        labels={
            "uuid-good": reviewed("bob"),
            "uuid-eve": reviewed("eve"),
            "uuid-auto": reviewed(None, "VERIFIED"),
            "uuid-open": reviewed("bob", "LABELED"),
            "uuid-odd": Unknown(),
            "uuid-old": reviewed("bob"),
            "uuid-gone": None,
            "uuid-anew": reviewed("bob"),
            "uuid-same": reviewed("bob"),
        },
        names={
            f"uuid-{name}": name
            for name in [
                "good",
                "eve",
                "auto",
                "open",
                "odd",
                "old",
                "none",
                "gone",
                "anew",
                "same",
            ]
        },
    )
    renamed = structs.replace(
        make_change(Action.RENAME, name="renamed"), previous="old", uuid="uuid-old"
    )
    changes = (
        RELEASE,
        delete("gone"),
        renamed,
        make_change(Action.CREATE, name="new"),
        structs.replace(make_change(name="anew"), replaces="uuid-anew"),
        make_change(name="same"),
        of_label(name="good"),
        structs.replace(RELEASE, address=Address(Kind.RELEASE, "jane/trees", "", "v")),
    )
    reviews = {(JANE, "ground-truth"): listed}
    assert found(Reviewed(by=("bob",)), *changes, reviews=reviews) == [
        (f":{name}@ground-truth", what)
        for name, what in (
            ("anew", "has no label"),
            ("auto", "is reviewed by nobody"),
            ("eve", "is reviewed by eve"),
            ("good", "would be written by this plan"),
            ("new", "has no label"),
            ("none", "has no label"),
            ("odd", "has a label that can't be read"),
            ("open", "is LABELED"),
        )
    ]
    anybody = {where for where, _ in found(Reviewed(), *changes, reviews=reviews)}
    assert not anybody & {":eve@ground-truth", ":auto@ground-truth"}
    assert found(Reviewed(), make_change(), reviews=reviews) == []
    odd = {(JANE, "ground-truth"): Reviews(complete=False)}
    (finding,) = found(Reviewed(), RELEASE, reviews=odd)
    assert finding == ("", "the labels in ground-truth could not be listed in full")


def test_what_must_be_read_for_reviews():
    rules = [
        Rule(demand=Reviewed()),
        Rule(demand=Reviewed(labelset="second"), datasets="acme/*"),
        Rule(demand=AllowedHosts(hosts=())),
    ]
    assert reviews_wanted(rules, [RELEASE]) == ((JANE, "ground-truth"),)
    waiting = structs.replace(RELEASE, held="it waits")
    assert reviews_wanted(rules, [make_change(), waiting]) == ()


def test_what_a_rule_finds_is_told_in_one_sentence():
    demand = RequiredMetadata(keys=("license",))
    changes = [make_change(Action.CREATE, name=name) for name in "abcde"]
    rules = [
        Rule(demand=demand, message="Ask the data team."),
        Rule(demand=AllowedHosts(hosts=()), severity=Severity.WARNING),
        Rule(demand=demand, severity=Severity.WARNING),
        Rule(demand=MaxDeletes(at_most={Kind.SAMPLE: 0})),
    ]
    gone = structs.replace(delete("x"), address=Address.of_sample("jane/trees", "x"))
    findings = check_rules(rules, [*changes, delete("y"), gone], Seen(remotes={}))
    assert len(findings) == 11
    first, second = blocks_of(findings)
    assert first.message == (
        "DS104 required-metadata: jane/flowers:a: metadata has no 'license'; "
        "jane/flowers:b: metadata has no 'license'; jane/flowers:c: metadata has no "
        "'license'; and 2 more"
    )
    assert first.remedy == (
        "Ask the data team; state metadata: {license: ...}; "
        "only a change of dsac.yaml lifts the rule"
    )
    assert second.message == (
        "DS101 max-deletes: 2 samples would be deleted, at most 0 may"
    )
    (warning,) = warnings_of(findings)
    assert warning.startswith("DS104 required-metadata: jane/flowers:a: metadata")
    assert warning.endswith("; and 2 more (state metadata: {license: ...})")
    assert check_rules([], changes, Seen(remotes={})) == ()

"""Resources: addresses, and what a manifest's side says of label sets."""

import pytest

from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Kind,
    Label,
    Labelset,
    RemoteDataset,
    RemoteSample,
    Sample,
    attributes_of,
    quote,
    sample_addresses,
)

JANE = "jane/flowers"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address.of_dataset(JANE), "jane/flowers"),
        (Address(Kind.LABELSET, JANE, "", "predictions"), "jane/flowers@predictions"),
        (Address.of_sample(JANE, "violet.jpg"), "jane/flowers:violet.jpg"),
        (
            Address.label(JANE, "violet.jpg", GROUND_TRUTH),
            "jane/flowers:violet.jpg@ground-truth",
        ),
        (Address(Kind.COLLABORATOR, JANE, "", "bob"), "jane/flowers+bob"),
        (Address(Kind.RELEASE, JANE, "", "v1"), "jane/flowers#v1"),
        (Address.of_sample(JANE, "a@b:c"), "jane/flowers:a%40b%3Ac"),
        (Address.of_sample(JANE, "dir/a.jpg"), "jane/flowers:dir/a.jpg"),
        (Address(Kind.RELEASE, JANE, "", "v+1@#"), "jane/flowers#v%2B1%40%23"),
    ],
)
def test_an_address_reads_as_it_is_written(address: Address, text: str) -> None:
    assert str(address) == text
    assert Address.parse(text) == address


def test_every_character_that_means_something_is_encoded() -> None:
    assert quote("@:#+%*?[") == "%40%3A%23%2B%25%2A%3F%5B"


@pytest.mark.parametrize("text", ["", "flowers", "/flowers", "jane/", "x:a.jpg"])
def test_an_address_needs_the_owner_and_name_of_a_dataset(text: str) -> None:
    with pytest.raises(ValueError, match="does not name a dataset as owner/name"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("jane/flowers:", "sample"),
        ("jane/flowers:@x", "label"),
        ("jane/flowers:a@", "label"),
        ("jane/flowers@", "labelset"),
        ("jane/flowers+", "collaborator"),
        ("jane/flowers#", "release"),
    ],
)
def test_an_address_needs_the_name_that_its_sign_announces(
    text: str, kind: str
) -> None:
    with pytest.raises(ValueError, match=f"does not name a {kind}"):
        Address.parse(text)


def test_addresses_sort_by_dataset_then_kind_and_labels_behind_their_sample() -> None:
    texts = [
        "a/a",
        "a/a@z",
        "a/a+b",
        "a/a:a",
        "a/a:a@y",
        "a/a:a@z",
        "a/a:b",
        "a/a#v1",
        "a/b",
    ]
    addresses = [Address.parse(text) for text in texts]
    shuffled = addresses[::-2] + addresses[-2::-2]
    assert sorted(shuffled, key=lambda item: item.order) == addresses


def test_ground_truth_belongs_to_annotators_and_others_to_the_manifest() -> None:
    desired = Desired(
        dataset=Dataset(name=JANE),
        labelsets=(
            DesiredLabelset(labelset=Labelset(name="people"), owner="annotators"),
        ),
    )
    assert desired.owner_of(GROUND_TRUTH) == "annotators"
    assert desired.owner_of("people") == "annotators"
    assert desired.owner_of("predictions") == "manifest"


def test_label_sets_are_read_where_labels_are_written_or_converge() -> None:
    desired = Desired(
        dataset=Dataset(name=JANE),
        labelsets=(
            DesiredLabelset(labelset=Labelset(name="people"), owner="annotators"),
            DesiredLabelset(labelset=Labelset(name="model"), owner="manifest"),
        ),
        samples=(
            DesiredSample(sample=Sample(name="a"), labels={GROUND_TRUTH: Label()}),
        ),
    )
    assert desired.labelsets_read() == (GROUND_TRUTH, "model")
    assert Desired(dataset=Dataset(name=JANE)).labelsets_read() == ()


def test_unset_attributes_read_as_none_at_all() -> None:
    assert attributes_of(Sample(name="a")) == {}
    assert attributes_of(Label(attributes={"a": 1})) == {"a": 1}


def test_a_dataset_gives_its_samples() -> None:
    row = RemoteSample(uuid="u", sample=Sample(name="a"))
    remote = RemoteDataset(dataset=Dataset(name=JANE), samples={"a": row})
    assert list(remote) == [row]


def test_addresses_of_many_samples_are_those_of_each():
    names = ["a", "b#1", "c"]
    for found in (names, ["a", "c"]):
        assert sample_addresses("jane/flowers", found) == [
            str(Address.of_sample("jane/flowers", name)) for name in found
        ]

"""Laws of names: addresses and markers say them back, whatever is in them."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dsac.core.marker import LIMIT, Marker, Pair, label_key, read, write
from dsac.core.resources import Address, Kind

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
NAMES = TEXT | st.text("@:#+%*?[/ 20a", min_size=1, max_size=40)
OWNERS = NAMES.map(lambda name: name.replace("/", "-"))
DATASETS = st.builds("{}/{}".format, OWNERS, NAMES)
ADDRESSES = (
    st.builds(Address.of_dataset, DATASETS)
    | st.builds(Address.of_sample, DATASETS, NAMES)
    | st.builds(Address.label, DATASETS, NAMES, NAMES)
    | st.builds(
        Address,
        st.sampled_from([Kind.LABELSET, Kind.COLLABORATOR, Kind.RELEASE]),
        DATASETS,
        st.just(""),
        NAMES,
    )
)
DIGESTS = st.from_regex(re.compile(r"[A-Za-z0-9_-]{8,12}"), fullmatch=True)
PAIRS = st.builds(Pair, DIGESTS, DIGESTS)


@given(ADDRESSES)
def test_an_address_reads_as_it_was_written(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(st.lists(ADDRESSES, unique=True))
def test_addresses_that_differ_are_written_differently(
    addresses: list[Address],
) -> None:
    assert len({str(address) for address in addresses}) == len(addresses)


@given(ADDRESSES)
def test_an_address_means_nothing_to_a_glob_but_itself(address: Address) -> None:
    assert not set("*?[") & set(str(address))


@given(
    st.builds(
        Marker,
        project=NAMES,
        dataset=DATASETS,
        sample=st.none() | PAIRS,
        labels=st.dictionaries(NAMES.map(label_key), PAIRS, max_size=4),
        prevent_destroy=st.booleans(),
        lease=st.text(max_size=40),
    )
)
def test_a_marker_reads_as_it_was_written(marker: Marker) -> None:
    assert read(write(marker)) == marker


@settings(max_examples=40)
@given(NAMES, DATASETS, PAIRS, st.lists(NAMES, min_size=30, max_size=80))
def test_a_marker_stays_short_and_keeps_what_it_must(
    project: str, dataset: str, pair: Pair, labelsets: list[str]
) -> None:
    labels = {label_key(name): pair for name in labelsets}
    whole = Marker(project=project, dataset=dataset, sample=pair, labels=labels)
    text = write(whole)
    assert len(text.encode()) < LIMIT
    found = read(text)
    assert found is not None
    assert (found.project, found.dataset, found.sample) == (project, dataset, pair)
    assert found.labels.items() <= labels.items()


@given(st.text() | st.integers() | st.booleans() | st.lists(st.text()))
def test_whatever_stands_in_the_key_is_a_marker(text: object) -> None:
    marker = read(text)
    assert marker is not None
    assert marker.known or not marker.project

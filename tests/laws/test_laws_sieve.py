"""Laws of the sieve: what it lets go of makes no difference to any plan."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

from dsac.core.diff import diff
from dsac.core.differences import Differences
from dsac.core.marker import KEY, write
from dsac.core.resources import (
    Desired,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Unknown,
)
from dsac.core.sieve import Sieve
from dsac.core.values import canonical
from dsac.remote.wire import LabelRow, SampleRow
from tests.laws.test_laws_diff import (
    CASES,
    LABELS,
    SCOPE,
    STATED,
    listed,
    manifests,
    mirrored,
    remotes,
    samples,
)

TWISTS = ("none", "field", "field", "unset", "label", "label", "labels", "all")


@st.composite
def near(draw: st.DrawFn, remote: RemoteDataset) -> Desired:
    """Make a manifest that says what is there, but for one thing in each sample."""
    wanted = draw(manifests())
    mirror = {row.sample.name: row for row in mirrored(remote).samples or ()}
    rows = []
    for row in wanted.samples or ():
        there = mirror.get(row.sample.name, row)
        labels = {
            name: label for name, label in there.labels.items() if name != "undeclared"
        }
        sample = there.sample
        twist = draw(st.sampled_from(TWISTS))
        field = draw(st.sampled_from(STATED))
        if twist == "all":
            sample, labels = row.sample, row.labels
        elif twist == "field":
            other = getattr(draw(samples(sample.name)), field)
            sample = structs.replace(sample, **{field: other})
        elif twist == "unset":
            sample = structs.replace(sample, **{field: UNSET})
        elif twist == "labels":
            labels = {key: item for key, item in labels.items() if draw(st.booleans())}
        elif twist == "label" and labels:
            name = draw(st.sampled_from(sorted(labels)))
            part = draw(st.sampled_from(["status", "attributes", "score"]))
            other = getattr(draw(LABELS), part)
            labels[name] = structs.replace(labels[name], **{part: other})
        rows.append(structs.replace(row, sample=sample, labels=labels))
    return structs.replace(wanted, samples=tuple(rows))


BOTH = remotes().flatmap(lambda remote: st.tuples(st.just(remote), near(remote)))


def answer(item: RemoteSample) -> tuple[SampleRow, dict[str, Any]]:
    """Write a sample as a listing tells of it."""
    marker = {} if item.marker is None else {KEY: write(item.marker)}
    fields: dict[str, Any] = structs.asdict(item.sample)
    fields["metadata"] = {**fields["metadata"], **marker}
    fields = {key: None if value is UNSET else value for key, value in fields.items()}
    labels = {name: answer_of(found) for name, found in item.labels.items()}
    return SampleRow(uuid=item.uuid, **fields), labels


def answer_of(found: RemoteLabel | Unknown | None) -> LabelRow | Unknown | None:
    if not isinstance(found, RemoteLabel):
        return found
    label = found.label
    return LabelRow(
        label_status=label.status,
        attributes=msgspec.Raw(canonical(label.attributes)),
        score=None if label.score is UNSET else label.score,
        rating=found.rating,
        created_by=found.created_by,
        updated_by=found.updated_by,
        reviewed_by=found.reviewed_by,
    )


def told(part: Differences) -> dict[str, Any]:
    found = structs.asdict(part)
    found["unchanged"] = {key: item for key, item in part.unchanged.items() if item}
    return found


def sieved(
    desired: Desired, remote: RemoteDataset, *, quick: bool
) -> tuple[Differences, int]:
    sieve = Sieve(desired, SCOPE)
    kept = {
        name: item
        for name, item in remote.samples.items()
        if not (sieve.passes(*answer(item)) if quick else sieve.settles(item))
    }
    left = structs.replace(remote, samples=kept, settled=sieve.settled)
    return diff(sieve.rest(), left, scope=SCOPE), sieve.settled.samples


@CASES
@given(BOTH, st.booleans())
def test_a_plan_is_the_same_with_a_sieve_and_without(
    both: tuple[RemoteDataset, Desired],
    quick: bool,  # noqa: FBT001 - hypothesis gives it by position
) -> None:
    remote, desired = both
    there = listed(remote, desired)
    with_it, _ = sieved(desired, there, quick=quick)
    assert told(with_it) == told(diff(desired, there, scope=SCOPE))


@CASES
@given(BOTH)
def test_the_quick_way_lets_go_of_nothing_that_the_exact_one_would_keep(
    both: tuple[RemoteDataset, Desired],
) -> None:
    remote, desired = both
    there = listed(remote, desired)
    quick = Sieve(desired, SCOPE)
    exact = Sieve(desired, SCOPE)
    for item in there:
        if quick.passes(*answer(item)):
            assert exact.settles(item)
    assert quick.settled.samples <= exact.settled.samples


@CASES
@given(remotes())
def test_nothing_is_kept_of_a_state_that_is_as_it_should_be(
    remote: RemoteDataset,
) -> None:
    desired = mirrored(remote)
    there = listed(remote, desired)
    for quick in (True, False):
        sieve = Sieve(desired, SCOPE)
        for item in there:
            foreign = (
                item.marker is not None and item.marker.dataset != there.dataset.name
            )
            passed = sieve.passes(*answer(item)) if quick else sieve.settles(item)
            unlisted = any(isinstance(found, Unknown) for found in item.labels.values())
            assert passed or unlisted or (quick and foreign)

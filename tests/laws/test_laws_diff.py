"""Laws of plans: silence, order, convergence, and that no person's label is lost."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs

from dsac.core.change import Change
from dsac.core.diff import diff
from dsac.core.guard import guard, risk
from dsac.core.labels import Machines
from dsac.core.losses import Evidence
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.plan import Allowances, Policy
from dsac.core.resources import (
    GROUND_TRUTH,
    Dataset,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Label,
    Labelset,
    Lifecycle,
    RemoteDataset,
    RemoteLabel,
    RemoteSample,
    Sample,
    Unknown,
)
from dsac.core.values import Json, Tree, without_nulls

CASES = settings(max_examples=max(300, settings().max_examples))
JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
MACHINES = Machines(frozenset({"ci"}))
SCOPE = Scope(project="p", machines=MACHINES)
SETS = (GROUND_TRUTH, "model", "people", "undeclared")
DECLARED = (
    DesiredLabelset(labelset=Labelset(name="model"), owner="manifest"),
    DesiredLabelset(labelset=Labelset(name="people"), owner="annotators"),
)
Found = RemoteLabel | Unknown | None

NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES: st.SearchStrategy[Json] = st.sampled_from([0, 1, True, "1", 0.5])
METADATA = st.dictionaries(st.sampled_from(["k", "l"]), VALUES)
IMAGES: st.SearchStrategy[dict[str, Tree]] = st.sampled_from(
    [
        {"image": {"url": "https://x/1"}},
        {"image": {"url": "https://x/2", "turned": 1}},
        {"image": {"url": "https://x/2", "turned": True}},
    ]
)
LABEL_ATTRIBUTES: st.SearchStrategy[dict[str, Tree]] = st.sampled_from(
    [
        {"annotations": [{"id": 1, "category_id": 1}, {"id": 2, "category_id": 1}]},
        {"annotations": [{"id": 2, "category_id": 1}]},
        {"annotations": []},
    ]
)
STATUSES = st.sampled_from(["PRELABELED", "LABELED"])
SCORES = st.sampled_from([None, 0.5, 1])


def samples(name: str) -> st.SearchStrategy[Sample]:
    fields = st.fixed_dictionaries(
        {
            "attributes": IMAGES,
            "metadata": METADATA,
            "priority": st.sampled_from([0, 1, 0.5]),
            "readme": st.sampled_from(["", "x"]),
            "assigned_labeler": st.sampled_from([None, "bob"]),
        }
    )
    return fields.map(lambda found: structs.replace(Sample(name=name), **found))


LABELS = st.fixed_dictionaries(
    {"status": STATUSES, "attributes": LABEL_ATTRIBUTES, "score": SCORES}
).map(lambda found: structs.replace(Label(), **found))
FOUND: st.SearchStrategy[Found] = st.none() | st.builds(
    RemoteLabel,
    label=LABELS,
    created_by=st.sampled_from(["ci", "bob"]),
    updated_by=st.sampled_from([None, "ci", "bob"]),
    reviewed_by=st.sampled_from([None, None, "eve"]),
)
MARKERS = st.sampled_from([OURS, OURS, None, Marker(project="q", dataset="jane/else")])


@st.composite
def remotes(draw: st.DrawFn) -> RemoteDataset:
    """Make a dataset of a few samples with labels in every set."""
    rows = {
        name: RemoteSample(
            uuid=f"u-{name}",
            sample=draw(samples(name)),
            marker=draw(MARKERS),
            labels={labelset: draw(FOUND) for labelset in SETS},
        )
        for name in draw(st.lists(NAMES, unique=True))
    }
    return RemoteDataset(
        dataset=Dataset(
            name=JANE,
            settings=draw(st.dictionaries(st.just("public"), VALUES)),
            metadata=draw(METADATA),
            prevent_destroy=True,
        ),
        marker=OURS,
        labelsets=tuple(Labelset(name=name) for name in SETS),
        samples=rows,
    )


LIFECYCLES = st.builds(
    Lifecycle,
    prune=st.sampled_from(["owned", "none", "all"]),
    adopt=st.sampled_from(["changed", "all"]),
)


@st.composite
def manifests(draw: st.DrawFn) -> Desired:
    """Make a manifest that states any of the fields, with renames of its samples."""
    rows = []
    names = draw(st.lists(NAMES, unique=True))
    for name in names:
        sample = draw(samples(name))
        for field in draw(st.sets(st.sampled_from(STATED))):
            sample = structs.replace(sample, **{field: UNSET})
        chosen = draw(st.sets(st.sampled_from(SETS[:3])))
        labels = {labelset: draw(LABELS) for labelset in sorted(chosen)}
        rows.append(DesiredSample(sample=sample, labels=labels))
    gone = [name for name in "abcd" if name not in names]
    return Desired(
        dataset=Dataset(name=JANE, metadata=draw(METADATA)),
        labelsets=DECLARED,
        samples=tuple(rows),
        lifecycle=draw(LIFECYCLES),
        moved=tuple(zip(gone, names, strict=False)) if draw(st.booleans()) else (),
    )


STATED = ("attributes", "metadata", "priority", "readme", "assigned_labeler")


def listed(remote: RemoteDataset, desired: Desired) -> RemoteDataset:
    """Give the dataset as a plan reads it: labels of the sets that matter alone."""
    wanted = set(desired.labelsets_read())
    rows = {
        name: structs.replace(
            row, labels={key: row.labels[key] for key in row.labels if key in wanted}
        )
        for name, row in remote.samples.items()
    }
    return structs.replace(remote, samples=rows)


def changes_of(desired: Desired, remote: RemoteDataset) -> tuple[Change, ...] | None:
    part = diff(desired, listed(remote, desired), scope=SCOPE)
    return None if part.errors else part.changes


def mirrored(remote: RemoteDataset) -> Desired:
    """Write the manifest that says just what is there."""
    rows = tuple(
        DesiredSample(
            sample=row.sample,
            labels={
                labelset: found.label
                for labelset, found in row.labels.items()
                if isinstance(found, RemoteLabel)
            },
        )
        for row in remote
    )
    return Desired(
        dataset=structs.replace(remote.dataset, prevent_destroy=UNSET),
        labelsets=DECLARED,
        samples=rows,
    )


@CASES
@given(remotes(), LIFECYCLES)
def test_a_state_does_not_differ_from_itself(
    remote: RemoteDataset, lifecycle: Lifecycle
) -> None:
    desired = structs.replace(
        mirrored(remote), lifecycle=structs.replace(lifecycle, adopt="changed")
    )
    assert changes_of(desired, remote) == ()


@given(remotes(), manifests(), st.data())
def test_the_order_of_what_is_compared_does_not_matter(
    remote: RemoteDataset, desired: Desired, data: st.DataObject
) -> None:
    rows = data.draw(st.permutations(tuple(desired.samples or ())))
    moved = data.draw(st.permutations(desired.moved))
    names = data.draw(st.permutations(tuple(remote.samples)))
    shuffled = structs.replace(
        remote, samples={name: remote.samples[name] for name in names}
    )
    other = structs.replace(desired, samples=tuple(rows), moved=tuple(moved))
    one, two = changes_of(desired, remote), changes_of(other, shuffled)
    assert one == two
    if one is not None:
        orders = [change.address.order for change in one]
        assert orders == sorted(orders)
        assert len(set(orders)) == len(orders)


@given(remotes(), manifests())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    remote: RemoteDataset, desired: Desired
) -> None:
    changes = changes_of(desired, remote)
    if changes is not None:
        after = carried_out(remote, changes)
        assert changes_of(desired, after) == ()


@given(remotes(), manifests())
def test_no_persons_label_is_lost_without_a_word(
    remote: RemoteDataset, desired: Desired
) -> None:
    part = diff(desired, listed(remote, desired), scope=SCOPE)
    if part.errors:
        return
    asked = risk(part)
    labels = {
        row.uuid: row.labels if row.uuid in asked.samples else known.labels
        for row, known in zip(remote, listed(remote, desired), strict=True)
    }
    evidence = Evidence(desired=desired, remote=remote, labels=labels, labelled=True)
    found = guard(
        [(part, evidence)], machines=MACHINES, policy=Policy(), allow=Allowances()
    )
    to_do = tuple(change for change in found.changes if not change.held)
    after = {row.uuid: row for row in carried_out(remote, to_do)}
    for row, labelset, label in peoples(remote, desired):
        assert after[row.uuid].labels[labelset] == label
        assert after[row.uuid].sample.attributes == row.sample.attributes


def peoples(
    remote: RemoteDataset, desired: Desired
) -> Iterator[tuple[RemoteSample, str, RemoteLabel]]:
    """Yield the labels that people worked on, by the plainest reading of the rule."""
    names = {after: before for before, after in desired.moved}
    stated = {
        (name, labelset): label.status
        for row in desired.samples or ()
        for labelset, label in row.labels.items()
        for name in (row.sample.name, names.get(row.sample.name, ""))
    }
    for row in remote:
        for labelset, label in row.labels.items():
            if not isinstance(label, RemoteLabel):
                continue
            machine = (label.updated_by or label.created_by) == "ci"
            touched = label.reviewed_by is not None
            status = label.label.status == "PRELABELED" or (
                labelset == "model"
                and stated.get((row.sample.name, labelset)) == label.label.status
            )
            if touched or not machine or not status:
                yield row, labelset, label


def carried_out(remote: RemoteDataset, changes: tuple[Change, ...]) -> RemoteDataset:
    """Do to a dataset what changes say, as the platform would."""
    rows = {row.uuid: row for row in remote}
    dataset = remote.dataset
    for change in changes:
        uuid = change.uuid or f"new-{change.address.sample}"
        if isinstance(change.after, Dataset):
            dataset = structs.replace(dataset, metadata=change.after.metadata)
        elif isinstance(change.before, Sample) and change.after is None:
            del rows[uuid]
        elif isinstance(change.after, Sample):
            rows[uuid] = _sample_done(change, change.after, rows.get(uuid), uuid)
    for change in changes:
        uuid = change.uuid or f"new-{change.address.sample}"
        labelset = change.address.name
        if isinstance(change.after, Label):
            label: Found = RemoteLabel(label=change.after, created_by="ci")
        elif isinstance(change.before, Label):
            label = None
        else:
            continue
        row = rows[uuid]
        rows[uuid] = structs.replace(row, labels={**row.labels, labelset: label})
    named = {row.sample.name: row for row in rows.values()}
    assert len(named) == len(rows), "two samples of one name"
    return structs.replace(remote, dataset=dataset, samples=named)


def _sample_done(
    change: Change, after: Sample, row: RemoteSample | None, uuid: str
) -> RemoteSample:
    if row is None:
        row = RemoteSample(
            uuid=uuid,
            sample=Sample(name="", attributes={}, metadata={}, priority=0, readme=""),
            labels=dict.fromkeys(SETS),
        )
    fields = {
        field: getattr(after, field)
        for field in after.__struct_fields__
        if getattr(after, field) is not UNSET
    }
    if isinstance(after.metadata, dict):
        fields["metadata"] = without_nulls(after.metadata)
    marked = change.owned or change.adopt
    return structs.replace(
        row,
        sample=structs.replace(row.sample, **fields),
        marker=OURS if marked else row.marker,
    )

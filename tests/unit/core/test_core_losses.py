"""Which labels of people's a change would cost."""

import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.diff import diff
from dsac.core.labels import Machines
from dsac.core.losses import (
    Evidence,
    evidence_of,
    moves_content,
    sight,
    touched,
    with_losses,
)
from dsac.core.marker import Marker
from dsac.core.ownership import Scope
from dsac.core.removal import Asked, diff_removal
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
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
from dsac.core.values import Tree

JANE = "jane/flowers"
OURS = Marker(project="p", dataset=JANE)
MACHINES = Machines(frozenset({"ci"}))
SCOPE = Scope(project="p", machines=MACHINES)
OLD: dict[str, Tree] = {"image": {"url": "https://x/1.jpg"}}
NEW: dict[str, Tree] = {"image": {"url": "https://x/2.jpg"}}
ONE: dict[str, Tree] = {"annotations": [{"id": 1}]}
TWO: dict[str, Tree] = {"annotations": [{"id": 2}]}
Found = RemoteLabel | Unknown | None
NOTHING: dict[str, Found] = {GROUND_TRUTH: None, "model": None, "undeclared": None}

MACHINE = RemoteLabel(label=Label(attributes=ONE), created_by="ci")
PERSON = RemoteLabel(
    label=Label(status="REVIEWED", attributes=ONE), created_by="ci", updated_by="bob"
)
STATED = RemoteLabel(label=Label(status="LABELED", attributes=ONE), created_by="ci")


def desired(*rows: DesiredSample, **more: object) -> Desired:
    want = Desired(
        dataset=Dataset(name=JANE),
        labelsets=(DesiredLabelset(labelset=Labelset(name="model"), owner="manifest"),),
        samples=rows,
    )
    return structs.replace(want, **more)


def row(
    name: str, attributes: dict[str, Tree], labels: dict[str, Label] | None = None
) -> DesiredSample:
    return DesiredSample(
        sample=Sample(name=name, attributes=attributes), labels=labels or {}
    )


def remote(labels: dict[str, Found], marker: Marker | None = OURS) -> RemoteDataset:
    """Build a dataset of one sample, a, with labels in sets declared and not."""
    sample = RemoteSample(
        uuid="u",
        sample=Sample(name="a", attributes=OLD),
        marker=marker,
        labels={**NOTHING, **labels},
    )
    return RemoteDataset(
        dataset=Dataset(name=JANE, prevent_destroy=True),
        marker=OURS,
        labelsets=tuple(Labelset(name=name) for name in sorted(NOTHING)),
        samples={"a": sample},
    )


def evidence(want: Desired | None, have: RemoteDataset) -> Evidence:
    labels = {item.uuid: item.labels for item in have}
    return Evidence(desired=want, remote=have, labels=labels, labelled=True)


def losses(want: Desired, have: RemoteDataset) -> dict[str, list[str]]:
    """Tell what a plan would cost that lists the label sets it must and no others."""
    listed = structs.replace(
        have.samples["a"],
        labels={name: have.samples["a"].labels[name] for name in want.labelsets_read()},
    )
    part = diff(want, structs.replace(have, samples={"a": listed}), scope=SCOPE)
    assert part.errors == ()
    costed = with_losses(part, evidence(want, have), MACHINES)
    return {
        str(item.address): [str(loss) for loss in item.losses]
        for item in costed
        if item.losses
    }


ANY_SET = pytest.mark.parametrize("labelset", [GROUND_TRUTH, "model", "undeclared"])


@ANY_SET
@pytest.mark.parametrize("marker", [OURS, None])
def test_deleting_a_sample_costs_its_labels_in_every_set(
    labelset: str, marker: Marker | None
) -> None:
    have = remote({labelset: PERSON}, marker)
    want = desired(lifecycle=Lifecycle(prune="all"))
    assert losses(want, have) == {
        "jane/flowers:a": [f"jane/flowers:a@{labelset} (REVIEWED by bob)"]
    }


@ANY_SET
@pytest.mark.parametrize("marker", [OURS, None])
def test_changing_the_content_of_a_sample_costs_its_labels_also_by_adoption(
    labelset: str, marker: Marker | None
) -> None:
    have = remote({labelset: PERSON}, marker)
    assert losses(desired(row("a", NEW)), have)["jane/flowers:a"] == [
        f"jane/flowers:a@{labelset} (REVIEWED by bob)"
    ]


@ANY_SET
def test_changing_the_content_in_a_rename_costs_its_labels(labelset: str) -> None:
    want = desired(row("b", NEW), moved=(("a", "b"),))
    assert losses(want, remote({labelset: PERSON}))["jane/flowers:b"] == [
        f"jane/flowers:b@{labelset} (REVIEWED by bob)"
    ]


@pytest.mark.parametrize(
    "want",
    [
        desired(row("b", OLD), moved=(("a", "b"),)),
        desired(
            DesiredSample(sample=Sample(name="a", priority=3, metadata={"k": 1})),
        ),
    ],
    ids=["rename", "other fields"],
)
def test_what_keeps_the_content_costs_nothing(want: Desired) -> None:
    have = remote({GROUND_TRUTH: PERSON, "model": PERSON})
    assert diff(want, have, scope=SCOPE).changes != ()
    assert {"jane/flowers:a", "jane/flowers:b"}.isdisjoint(losses(want, have))


@pytest.mark.parametrize(("label", "cost"), [(PERSON, 1), (MACHINE, 0)])
def test_overwriting_a_label_in_a_set_of_the_manifests(
    label: RemoteLabel, cost: int
) -> None:
    want = desired(row("a", OLD, {"model": Label(attributes=TWO)}))
    found = losses(want, remote({"model": label}))
    assert len(found.get("jane/flowers:a@model", [])) == cost


@pytest.mark.parametrize(("label", "cost"), [(PERSON, 1), (STATED, 1), (MACHINE, 0)])
def test_deleting_a_label_that_left_the_manifest(label: RemoteLabel, cost: int) -> None:
    found = losses(desired(row("a", OLD)), remote({"model": label}))
    assert len(found.get("jane/flowers:a@model", [])) == cost


@pytest.mark.parametrize("moved", [(), (("a", "b"),)], ids=["in place", "renamed"])
def test_a_status_that_the_manifest_gives_is_the_machines(
    moved: tuple[tuple[str, str], ...],
) -> None:
    name = "b" if moved else "a"
    stated = Label(status="LABELED", attributes=TWO)
    want = desired(row(name, NEW, {"model": stated}), moved=moved)
    assert losses(want, remote({"model": STATED})) == {}
    assert losses(want, remote({GROUND_TRUTH: STATED})) != {}


def test_deleting_a_label_set_costs_its_labels_and_no_others() -> None:
    removed = (Address.parse("jane/flowers@undeclared"),)
    have = remote({"undeclared": PERSON, GROUND_TRUTH: PERSON})
    want = desired(row("a", OLD), removed=removed)
    assert losses(want, have) == {
        "jane/flowers@undeclared": ["jane/flowers:a@undeclared (REVIEWED by bob)"]
    }


def test_deleting_a_dataset_costs_all_labels() -> None:
    have = remote({GROUND_TRUTH: PERSON, "model": Unknown(), "undeclared": MACHINE})
    part = diff_removal(JANE, have, scope=SCOPE, asked=Asked.IN_REMOVED)
    (change,) = with_losses(part, evidence(None, have), MACHINES)
    assert [str(loss) for loss in change.losses] == [
        "jane/flowers:a@ground-truth (REVIEWED by bob)",
        "jane/flowers:a@model (unknown)",
    ]


@pytest.mark.parametrize(
    "lifecycle", [Lifecycle(), Lifecycle(prune="all"), Lifecycle(prune="none")]
)
def test_a_label_that_nobody_read_counts_as_peoples(lifecycle: Lifecycle) -> None:
    have = remote({})
    want = desired(row("a", NEW), lifecycle=lifecycle)
    part = diff(want, have, scope=SCOPE)
    blind = Evidence(desired=want, remote=have)
    (change,) = with_losses(part, blind, MACHINES)
    assert [loss.status for loss in change.losses] == ["unknown"] * 3


def test_the_reviewer_is_named_before_the_writer_and_nobody_is_nobody() -> None:
    reviewed = structs.replace(PERSON, reviewed_by="eve")
    alone = RemoteLabel(label=Label(status="LABELED"))
    have = remote({GROUND_TRUTH: reviewed, "model": alone})
    assert losses(desired(), have)["jane/flowers:a"] == [
        "jane/flowers:a@ground-truth (REVIEWED by eve)",
        "jane/flowers:a@model (LABELED)",
    ]


class TestEvidence:
    """What is remembered of the labels that a change could cost."""

    DELETE = Change(
        address=Address.of_sample(JANE, "a"), before=Sample(name="a"), uuid="u"
    )

    def evidence(
        self, labels: dict[str, Found], change: Change = DELETE
    ) -> tuple[str, ...]:
        return evidence_of(sight(change, evidence(None, remote(labels))))

    def test_it_differs_when_a_label_is_made_touched_or_gone(self) -> None:
        later = structs.replace(PERSON, updated_at="2026-01-02")
        seen = {
            self.evidence({}),
            self.evidence({"model": PERSON}),
            self.evidence({"model": later}),
            self.evidence({"undeclared": PERSON}),
            self.evidence({"model": Unknown()}),
        }
        assert len(seen) == 5
        assert self.evidence({"model": PERSON}) == self.evidence({"model": PERSON})

    def test_it_is_empty_where_there_is_no_label(self) -> None:
        assert self.evidence({}) == ()

    def test_a_label_made_or_changed_since_is_touched_and_a_lost_one_not(self) -> None:
        known = self.evidence({"model": PERSON, "undeclared": MACHINE})
        change = structs.replace(self.DELETE, evidence=known)
        later = structs.replace(PERSON, updated_at="2026-01-02")

        def now(labels: dict[str, Found]) -> tuple[tuple[str, str], ...]:
            return touched(sight(change, evidence(None, remote(labels))), change)

        assert now({"model": PERSON, "undeclared": MACHINE}) == ()
        assert now({"model": PERSON}) == ()
        assert now({"model": later}) == (("u", "model"),)
        assert now({"model": PERSON, GROUND_TRUTH: PERSON}) == (("u", GROUND_TRUTH),)
        assert now({"model": Unknown()}) == (("u", "model"),)

    def test_a_label_that_appears_where_one_is_to_be_made_is_touched(self) -> None:
        address = Address.label(JANE, "a", "model")
        create = Change(address=address, after=Label(), uuid="u")
        appeared = sight(create, evidence(None, remote({"model": PERSON})))
        assert touched(appeared, create) == (("u", "model"),)
        fresh = structs.replace(create, uuid="")
        assert sight(fresh, evidence(None, remote({"model": PERSON}))) == {}


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (OLD, NEW, True),
        (OLD, OLD, False),
        ({"k": 1}, {"k": True}, True),
    ],
)
def test_content_moves_when_attributes_differ(
    before: dict[str, Tree], after: dict[str, Tree], *, moved: bool
) -> None:
    change = Change(
        address=Address.of_sample(JANE, "a"),
        before=Sample(name="a", attributes=before),
        after=Sample(name="a", attributes=after),
    )
    assert moves_content(change) is moved


def test_content_does_not_move_where_attributes_are_not_stated() -> None:
    address = Address.of_sample(JANE, "a")
    sample = Sample(name="a")
    assert not moves_content(Change(address=address, before=sample, after=sample))
    assert not moves_content(Change(address=address, after=sample))

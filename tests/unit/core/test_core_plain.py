"""New samples that need nothing but a bulk call are told apart, and lose nothing."""

import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.levels import Step
from dsac.core.lower import lower
from dsac.core.operations import CreateSamples, Marks
from dsac.core.plain import plain_creates
from dsac.core.plan import Plan
from dsac.core.resources import Address, Label, Sample
from dsac.core.values import Tree, Upload, has_uploads

JANE, TREES = "jane/flowers", "jane/trees"
FILE = Upload("a.jpg", "0" * 64)


def new(name: str, *, url: Tree = "https://x.test/a", dataset: str = JANE) -> Change:
    attributes: dict[str, Tree] = {"image": {"url": url}}
    return Change(
        address=Address.of_sample(dataset, name),
        after=Sample(name=name, attributes=attributes),
        stated=attributes,
        owned=True,
    )


def label_of(name: str) -> Change:
    return Change(address=Address.label(JANE, name, "ground-truth"), after=Label())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FILE, True),
        ({"image": {"url": FILE}}, True),
        ([1, ["a", {"url": FILE}]], True),
        ({"image": {"url": "a"}, "score": 0.5, "more": [None, True]}, False),
        (None, False),
    ],
)
def test_files_are_found_wherever_they_stand(value: Tree, expected: bool) -> None:  # noqa: FBT001
    assert has_uploads(value) is expected


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a bulk call be full with one sample."""
    monkeypatch.setattr("dsac.core.plain.BULK", 1)


def test_only_what_needs_nothing_else_is_plain(small: None) -> None:
    gone = Change(address=Address.of_sample(JANE, "g"), before=Sample(name="g"))
    others = [gone, label_of("b"), new("b"), new("c", url=FILE)]
    creates, left = plain_creates("p", [new("a"), *others])
    assert left == others
    assert [[item.sample.name for item in call.samples] for call in creates] == [["a"]]
    assert creates[0].samples[0].marks == Marks(project="p", dataset=JANE)


def test_each_dataset_has_calls_and_markers_of_its_own(small: None) -> None:
    creates, _ = plain_creates("p", [new("a"), new("b", dataset=TREES), new("c")])
    assert [call.dataset for call in creates] == [JANE, JANE, TREES]
    for call in creates:
        for item in call.samples:
            assert item.marks is not None
            assert item.marks.dataset == call.dataset
    assert [call.samples[0].sample.name for call in creates] == ["a", "c", "b"]


def test_what_fills_no_bulk_call_shares_one_with_the_others() -> None:
    changes = [new("a"), new("b"), label_of("b")]
    assert plain_creates("p", changes) == ([], changes)


def test_a_sample_that_is_not_ours_gets_no_marker(small: None) -> None:
    change = structs.replace(new("a"), owned=False)
    (call,), _ = plain_creates("p", [change])
    assert call.samples[0].marks is None


def test_bulk_calls_of_plain_samples_run_at_the_same_time() -> None:
    changes = tuple(new(f"{number:05}") for number in range(2001))
    plan = Plan(project="p", remote="local", user="jane", changes=changes)
    sizes = [
        [
            len(item.samples)
            for item in level.operations
            if isinstance(item, CreateSamples)
        ]
        for level in lower(plan)
    ]
    assert sizes == [[1], [1000, 1000]]


def test_labelled_samples_without_files_share_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dsac.core.batches.BATCH", 1)
    monkeypatch.setattr("dsac.core.batches.WIDTH", 2)
    changes = [item for name in "abcde" for item in (new(name), label_of(name))]
    plan = Plan(project="p", remote="local", user="jane", changes=tuple(changes))
    steps = [level.step for level in lower(plan)]
    assert steps == [Step.SAMPLES, Step.LABELS] * 3

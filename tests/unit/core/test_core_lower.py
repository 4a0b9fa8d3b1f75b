"""Operations: which calls a plan becomes, and in which order."""

from typing import TypeVar

import pytest
from msgspec import structs

from dsac.core.change import Change
from dsac.core.levels import DELETES, Level, Step
from dsac.core.lower import lower
from dsac.core.operations import (
    CreateDataset,
    CreateLabelset,
    CreateRelease,
    CreateSamples,
    DeleteDataset,
    DeleteLabel,
    DeleteLabelset,
    DeleteRelease,
    DeleteSamples,
    MetadataChange,
    Operation,
    PutCollaborator,
    PutLabel,
    RemoveCollaborator,
    UpdateDataset,
    UpdateSample,
    UploadFile,
    addresses,
    files,
    metadata_change,
    needs,
)
from dsac.core.plain import chunks
from dsac.core.plan import Plan
from dsac.core.resources import (
    Address,
    Collaborator,
    Dataset,
    Kind,
    Label,
    Labelset,
    Release,
    Resource,
    Sample,
)
from dsac.core.values import Tree, Upload

JANE = "jane/flowers"
PHOTO = Upload("images/a.jpg", "0" * 64)
MASK = Upload("masks/a.png", "1" * 64, "bitmap")
Found = TypeVar("Found")


def plan(*changes: Change) -> Plan:
    ordered = tuple(sorted(changes, key=lambda item: item.address.order))
    return Plan(project="p", remote="local", user="jane", changes=ordered)


def levels(*changes: Change) -> list[Level]:
    return list(lower(plan(*changes)))


def operations(kind: type[Found], *changes: Change) -> list[Found]:
    return [
        item
        for level in levels(*changes)
        for item in level.operations
        if isinstance(item, kind)
    ]


def named(kind: Kind, name: str) -> Address:
    return Address(kind, JANE, "", name)


def new_sample(name: str, *, owned: bool = True) -> Change:
    attributes: dict[str, Tree] = {"image": {"url": PHOTO}}
    return Change(
        address=Address.of_sample(JANE, name),
        after=Sample(name=name, attributes=attributes),
        stated=attributes,
        owned=owned,
    )


def new_label(name: str, *, uuid: str = "", owned: bool = True) -> Change:
    attributes: dict[str, Tree] = {
        "segmentation_bitmap": {"url": MASK},
        "annotations": [],
    }
    return Change(
        address=Address.label(JANE, name, "ground-truth"),
        after=Label(attributes=attributes),
        stated=attributes,
        uuid=uuid,
        owned=owned,
    )


def gone(kind: Kind, name: str, before: Resource) -> Change:
    return Change(address=named(kind, name), before=before)


def everything() -> list[Change]:
    return [
        Change(address=Address.of_dataset(JANE), after=Dataset(name=JANE), owned=True),
        Change(address=named(Kind.LABELSET, "a"), after=Labelset(name="a")),
        gone(Kind.LABELSET, "b", Labelset(name="b")),
        Change(
            address=named(Kind.COLLABORATOR, "bob"),
            after=Collaborator(user="bob", role="reviewer"),
        ),
        gone(Kind.COLLABORATOR, "eve", Collaborator(user="eve", role="labeler")),
        Change(address=named(Kind.RELEASE, "v1"), after=Release(name="v1")),
        gone(Kind.RELEASE, "v0", Release(name="v0")),
        new_sample("a.jpg"),
        new_label("a.jpg"),
        Change(
            address=Address.label(JANE, "c.jpg", "ground-truth"),
            before=Label(),
            uuid="uc",
        ),
        Change(
            address=Address.of_sample(JANE, "b.jpg"),
            before=Sample(name="b.jpg"),
            uuid="ub",
        ),
        Change(address=Address.of_dataset("jane/old"), before=Dataset(name="jane/old")),
    ]


def test_levels_come_in_the_order_of_the_table() -> None:
    steps = [level.step for level in levels(*everything())]
    assert steps == [
        Step.DATASETS,
        Step.PARTS,
        Step.UPLOADS,
        Step.SAMPLES,
        Step.LABELS,
        Step.LABEL_DELETES,
        Step.SAMPLE_DELETES,
        Step.LABELSET_DELETES,
        Step.RELEASES,
        Step.DATASET_DELETES,
    ]


def test_every_change_is_fulfilled_by_exactly_one_operation() -> None:
    changes = everything()
    written = [
        address
        for level in levels(*changes)
        for operation in level.operations
        for address in addresses(operation)
    ]
    assert sorted(map(str, written)) == sorted(str(item.address) for item in changes)


def test_what_an_operation_needs_is_written_before_it() -> None:
    seen: set[Address] = set()
    created = {item.address for item in everything() if item.is_create}
    for level in levels(*everything()):
        for operation in level.operations:
            assert {item for item in needs(operation) if item in created} <= seen
        for operation in level.operations:
            seen.update(addresses(operation))


def test_a_held_change_has_no_operation() -> None:
    change = new_sample("a.jpg")
    held = Change(address=change.address, after=change.after, held="why")
    assert levels(held) == []


def test_a_file_goes_up_once_however_often_it_is_used() -> None:
    found = operations(UploadFile, new_sample("a"), new_sample("b"), new_label("a"))
    assert [item.upload for item in found] == [PHOTO, MASK]


def test_a_file_goes_up_once_over_all_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsac.core.batches.BATCH", 1)
    found = levels(new_sample("a"), new_sample("b"))
    assert [level.step for level in found] == [Step.UPLOADS, Step.SAMPLES, Step.SAMPLES]


def test_samples_are_created_in_bulk_with_what_their_markers_need() -> None:
    (bulk,) = operations(
        CreateSamples, new_sample("a"), new_sample("b"), new_label("a")
    )
    assert [new.sample.name for new in bulk.samples] == ["a", "b"]
    first, second = (new.marks for new in bulk.samples)
    assert first is not None
    assert second is not None
    assert first.project == "p"
    assert first.sample is not None
    assert set(first.labels) == {"ground-truth"}
    assert second.labels == {}


def test_samples_carry_no_marker_where_markers_are_off() -> None:
    (bulk,) = operations(CreateSamples, new_sample("a", owned=False))
    assert bulk.samples[0].marks is None


def test_two_datasets_are_created_in_two_bulk_calls() -> None:
    other = Change(
        address=Address.of_sample("jane/trees", "a"), after=Sample(name="a"), owned=True
    )
    found = operations(CreateSamples, new_sample("a"), other)
    assert [item.dataset for item in found] == [JANE, "jane/trees"]


def test_a_label_with_files_rewrites_the_marker_of_its_sample() -> None:
    found = operations(UpdateSample, new_label("a", uuid="ua"))
    assert [(item.uuid, item.renamed) for item in found] == [("ua", False)]
    assert found[0].marks is not None
    assert found[0].marks.sample is None


def test_a_label_without_files_leaves_its_sample_alone() -> None:
    label = Change(
        address=Address.label(JANE, "a", "ground-truth"),
        after=Label(attributes={"annotations": []}),
        stated={"annotations": []},
        uuid="ua",
        owned=True,
    )
    assert operations(UpdateSample, label) == []
    assert len(operations(PutLabel, label)) == 1


def test_a_label_on_an_unmarked_sample_writes_no_marker() -> None:
    assert operations(UpdateSample, new_label("a", uuid="ua", owned=False)) == []


def update(before: Sample, after: Sample, **more: object) -> Change:
    change = Change(
        address=Address.of_sample(JANE, after.name),
        before=before,
        after=after,
        uuid="u-" + before.name,
        owned=True,
        stated={},
    )
    return structs.replace(change, **more)


def test_an_update_sends_only_what_differs() -> None:
    before = Sample(name="a", priority=1, readme="x", metadata={"k": 1, "old": 2})
    after = Sample(name="a", priority=2, readme="x", metadata={"k": 1, "new": 3})
    (found,) = operations(UpdateSample, update(before, after))
    assert found.fields == Sample(name="a", priority=2)
    assert found.metadata == MetadataChange(put={"new": 3}, drop=("old",))
    assert found.marks is None


def test_an_adoption_writes_a_marker_and_nothing_else() -> None:
    change = update(Sample(name="a"), Sample(name="a"), adopt=True, owned=False)
    (found,) = operations(UpdateSample, change)
    assert found.fields == Sample(name="a")
    assert found.marks is not None


def test_an_update_that_settled_its_files_records_them() -> None:
    stated: dict[str, Tree] = {"image": {"url": PHOTO}}
    there: dict[str, Tree] = {"image": {"url": "http://x/a.jpg"}}
    change = update(
        Sample(name="a", attributes=there, priority=1),
        Sample(name="a", attributes=there, priority=2),
        stated=stated,
    )
    (found,) = operations(UpdateSample, change)
    assert found.marks is not None
    assert found.marks.sample is not None
    assert found.marks.sample.placed == there


def rename(before: str, after: str) -> Change:
    return update(Sample(name=before), Sample(name=after), previous=before)


def test_a_chain_of_renames_runs_last_first_each_in_its_own_level() -> None:
    found = levels(rename("a", "b"), rename("b", "c"), rename("x", "y"))
    names = [
        [
            item.fields.name
            for item in level.operations
            if isinstance(item, UpdateSample)
        ]
        for level in found
    ]
    assert [sorted(level) for level in names] == [["c", "y"], ["b"]]
    assert {level.step for level in found} == {Step.RENAMES}


def test_renames_come_before_the_creation_of_what_they_give_up() -> None:
    steps = [item.step for item in levels(rename("a", "b"), new_sample("a"))]
    assert steps == [Step.RENAMES, Step.UPLOADS, Step.SAMPLES]


def test_deletes_wait_for_all_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsac.core.batches.BATCH", 1)
    delete = Change(
        address=Address.of_sample(JANE, "0"), before=Sample(name="0"), uuid="u0"
    )
    steps = [item.step for item in levels(delete, new_sample("a"), new_sample("b"))]
    assert steps[-1] is Step.SAMPLE_DELETES
    assert steps.count(Step.SAMPLES) == 2
    assert Step.SAMPLE_DELETES in DELETES


def test_bulk_deletes_stay_within_the_platforms_limit() -> None:
    changes = [
        Change(
            address=Address.of_sample(JANE, f"{number:04}"),
            before=Sample(name=f"{number:04}"),
            uuid=f"u{number}",
        )
        for number in range(1001)
    ]
    found = operations(DeleteSamples, *changes)
    assert [len(item.samples) for item in found] == [1000, 1]


def test_a_dataset_update_sends_only_what_differs() -> None:
    before = Dataset(
        name=JANE, task_type="vector", settings={"public": False, "readme": "x"}
    )
    after = Dataset(
        name=JANE,
        task_type="vector",
        settings={"public": True, "readme": "x"},
        metadata={"a": 1},
        prevent_destroy=True,
    )
    change = Change(
        address=Address.of_dataset(JANE), before=before, after=after, adopt=True
    )
    (found,) = operations(UpdateDataset, change)
    assert found.fields == Dataset(
        name=JANE, settings={"public": True}, prevent_destroy=True
    )
    assert found.metadata == MetadataChange(put={"a": 1})
    assert found.project == "p"


def test_a_dataset_whose_marker_is_off_is_created_unmarked() -> None:
    change = Change(address=Address.of_dataset(JANE), after=Dataset(name=JANE))
    (found,) = operations(CreateDataset, change)
    assert found.project == ""


def test_a_role_changes_where_the_collaborator_is_there() -> None:
    change = Change(
        address=named(Kind.COLLABORATOR, "bob"),
        before=Collaborator(user="bob", role="labeler"),
        after=Collaborator(user="bob", role="admin"),
    )
    (found,) = operations(PutCollaborator, change)
    assert found.exists


def test_a_bulk_creation_names_the_files_that_it_can_do_nothing_without() -> None:
    (bulk,) = operations(CreateSamples, new_sample("a"), new_label("a"))
    assert list(files(bulk)) == [PHOTO]
    (label,) = operations(PutLabel, new_sample("a"), new_label("a"))
    assert list(files(label)) == [MASK]
    assert list(files(DeleteDataset(JANE))) == []


def test_operations_on_parts_need_their_dataset_alone() -> None:
    parts: list[Operation] = [
        CreateLabelset(JANE, Labelset(name="a")),
        DeleteLabelset(JANE, "a"),
        RemoveCollaborator(JANE, "eve"),
        CreateRelease(JANE, Release(name="v1")),
        DeleteRelease(JANE, "v1"),
    ]
    for part in parts:
        assert needs(part) == (Address.of_dataset(JANE),)
    assert needs(CreateDataset(Dataset(name=JANE), "p")) == ()
    assert (
        needs(
            UpdateDataset(
                fields=Dataset(name=JANE), metadata=MetadataChange(), project="p"
            )
        )
        == ()
    )


def test_a_label_needs_its_dataset_label_set_and_sample() -> None:
    delete = DeleteLabel(dataset=JANE, sample="a", uuid="u", labelset="x")
    assert set(map(str, needs(delete))) == {JANE, f"{JANE}@x", f"{JANE}:a"}


def test_metadata_that_is_cleared_drops_every_key() -> None:
    assert metadata_change({"a": 1, "b": 2}, {}) == MetadataChange(drop=("a", "b"))
    assert metadata_change(None, None) == MetadataChange()
    assert not metadata_change(None, None)


def test_chunks_cover_everything_in_order() -> None:
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]


def replacement(name: str, dataset: str = JANE) -> Change:
    new = new_sample(name)
    return structs.replace(
        new,
        address=Address.of_sample(dataset, name),
        before=Sample(name=name, priority=1),
        uuid=f"u-{name}",
        replaces=f"u-{name}",
    )


def replaced_label(name: str) -> Change:
    return structs.replace(new_label(name), replaces=f"u-{name}")


def test_what_is_made_anew_goes_behind_its_uploads_and_before_the_creates() -> None:
    found = levels(replacement("a"), replaced_label("a"), new_sample("b"))
    assert [level.step for level in found] == [
        Step.UPLOADS,
        Step.REPLACEMENTS,
        Step.SAMPLES,
        Step.LABELS,
    ]
    assert found[1].operations == (
        DeleteSamples(JANE, (("u-a", "a"),), {"u-a": (MASK, PHOTO)}),
    )
    (create,) = found[2].operations
    assert isinstance(create, CreateSamples)
    assert [(new.sample.name, new.replaces) for new in create.samples] == [
        ("a", "u-a"),
        ("b", ""),
    ]
    marks = create.samples[0].marks
    assert marks is not None
    assert marks.sample is not None
    assert set(marks.labels) == {"ground-truth"}
    (label,) = found[3].operations
    assert isinstance(label, PutLabel)
    assert label.uuid == ""


def test_deletes_of_what_is_made_anew_do_not_wait_for_the_end() -> None:
    assert Step.REPLACEMENTS not in DELETES
    assert operations(DeleteSamples, replacement("a"))[0].anew == {"u-a": (PHOTO,)}
    other = replacement("b", "jane/trees")
    found = operations(DeleteSamples, replacement("a"), other)
    assert [item.dataset for item in found] == [JANE, "jane/trees"]


def test_a_label_that_goes_asks_for_no_file() -> None:
    gone_label = Change(
        address=Address.label(JANE, "a", "old"), before=Label(), uuid="u-a"
    )
    (delete,) = operations(DeleteSamples, replacement("a"), gone_label)
    assert delete.anew == {"u-a": (PHOTO,)}


def test_a_rename_writes_the_new_name_and_waits_for_who_had_it() -> None:
    rename = UpdateSample(
        dataset=JANE,
        uuid="u",
        renamed=True,
        behind="b",
        fields=Sample(name="b"),
        metadata=MetadataChange(),
        marks=None,
    )
    assert addresses(rename) == (Address.of_sample(JANE, "b"),)
    assert needs(rename) == (Address.of_dataset(JANE), Address.of_sample(JANE, "b"))

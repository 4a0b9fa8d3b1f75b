"""The cases of docs/planning.md about datasets and what belongs to one as a whole."""

from typing import Any

from msgspec import structs

from dsac.core.removal import Asked
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Collaborator,
    Dataset,
    DesiredLabelset,
    DesiredSample,
    Label,
    Labelset,
    Lifecycle,
    Release,
)
from tests.laws.planning_sides import (
    CLONED,
    JANE,
    MACHINE,
    NEWER,
    PERSON,
    ROSE,
    THEIRS,
    TULIP,
    Case,
    about_dataset,
    address_of,
    case,
    desired,
    guarded_remote,
    have,
    remote,
    want,
)


@case
def _dataset_missing() -> Case:
    return about_dataset(desired(), None)


@case
def _dataset_differs() -> Case:
    wanted = Dataset(name=JANE, settings={"readme": "new"})
    return about_dataset(desired(dataset=wanted), guarded_remote())


@case
def _dataset_same() -> Case:
    return about_dataset(desired(), guarded_remote())


@case
def _dataset_unmarked() -> Case:
    return about_dataset(desired(), remote(marker=None))


@case
def _dataset_of_a_clone() -> Case:
    return about_dataset(desired(), remote(marker=CLONED))


@case
def _dataset_unmarked_adopt_all() -> Case:
    lifecycle = Lifecycle(adopt="all")
    return about_dataset(desired(lifecycle=lifecycle), remote(marker=None))


@case
def _dataset_unmarked_and_differs() -> Case:
    wanted = Dataset(name=JANE, settings={"readme": "new"})
    return about_dataset(desired(dataset=wanted), remote(marker=None))


@case
def _dataset_unmarked_adopt_none() -> Case:
    lifecycle = Lifecycle(adopt="none")
    return about_dataset(desired(lifecycle=lifecycle), remote(marker=None))


@case
def _dataset_of_another_project() -> Case:
    return about_dataset(desired(), remote(marker=THEIRS))


@case
def _dataset_of_a_newer_dsac() -> Case:
    return about_dataset(desired(), remote(marker=NEWER))


@case
def _dataset_in_removed() -> Case:
    return about_dataset(desired(), remote(), asked=Asked.IN_REMOVED)


@case
def _dataset_named() -> Case:
    return about_dataset(desired(), remote(), asked=Asked.BY_NAME)


@case
def _dataset_with_all() -> Case:
    return about_dataset(desired(), remote(), asked=Asked.WITH_ALL)


@case
def _dataset_with_all_unmarked() -> Case:
    return about_dataset(desired(), remote(marker=None), asked=Asked.WITH_ALL)


@case
def _dataset_in_removed_unmarked() -> Case:
    return about_dataset(desired(), remote(marker=None), asked=Asked.IN_REMOVED)


@case
def _dataset_with_samples_of_another_project() -> Case:
    there = remote(have("a", marker=THEIRS))
    return about_dataset(desired(), there, asked=Asked.BY_NAME)


@case
def _dataset_not_listed_whole() -> Case:
    return about_dataset(desired(), remote(complete=False), asked=Asked.BY_NAME)


@case
def _dataset_under_labels() -> Case:
    there = remote(have("a"))
    return about_dataset(
        desired(), there, asked=Asked.BY_NAME, labels={"undeclared": PERSON}
    )


@case
def _dataset_prevented() -> Case:
    return about_dataset(desired(), guarded_remote(), asked=Asked.BY_NAME)


@case
def _dataset_with_samples() -> Case:
    return about_dataset(desired(), remote(have("a")), asked=Asked.BY_NAME)


@case
def _categories_under_labels() -> Case:
    there = guarded_remote(
        have("a"),
        dataset=Dataset(name=JANE, task_attributes=ROSE, prevent_destroy=True),
    )
    wanted = Dataset(name=JANE, task_attributes=TULIP)
    return about_dataset(
        desired(want("a"), dataset=wanted), there, labels={GROUND_TRUTH: MACHINE}
    )


@case
def _categories_without_labels() -> Case:
    there = guarded_remote(
        dataset=Dataset(name=JANE, task_attributes=ROSE, prevent_destroy=True)
    )
    return about_dataset(
        desired(dataset=Dataset(name=JANE, task_attributes=TULIP)), there
    )


@case
def _task_type_under_labels() -> Case:
    there = guarded_remote(
        have("a"), dataset=Dataset(name=JANE, task_type="bboxes", prevent_destroy=True)
    )
    return about_dataset(
        desired(want("a"), dataset=Dataset(name=JANE, task_type="vector")),
        there,
        labels={GROUND_TRUTH: MACHINE},
    )


# Label sets, collaborators, releases.


def about_part(sign: str, name: str, **sides: Any) -> Case:
    """Build a case of something in a dataset; `there` is what the platform has."""
    there = sides.pop("there", {})
    labels = sides.pop("labels", {})
    found = structs.replace(guarded_remote(have("a")), **_members(there))
    return Case(
        subject=address_of(sign, name),
        desired=desired(want("a"), **sides),
        remote=found,
        labels=labels if isinstance(labels, dict) else {},
    )


def _members(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


NEW_SET = (DesiredLabelset(labelset=Labelset(name="x"), owner="manifest"),)
OLD_SET = {"labelsets": (Labelset(name="x", description="old"),)}


@case
def _labelset_missing() -> Case:
    return about_part("@", "x", labelsets=NEW_SET)


@case
def _labelset_of_labels_missing() -> Case:
    row = DesiredSample(sample=want("a"), labels={"x": Label()})
    built = about_part("@", "x")
    return structs.replace(
        built, desired=structs.replace(built.desired, samples=(row,))
    )


@case
def _labelset_described_otherwise() -> Case:
    other = structs.replace(NEW_SET[0], labelset=Labelset(name="x", description="new"))
    return about_part("@", "x", labelsets=(other,), there=OLD_SET)


@case
def _labelset_undeclared() -> Case:
    return about_part("@", "x", there=OLD_SET)


@case
def _labelset_in_removed() -> Case:
    removed = (Address.parse(f"{JANE}@x"),)
    return about_part("@", "x", removed=removed, there=OLD_SET, labels={"x": MACHINE})


@case
def _labelset_under_labels() -> Case:
    removed = (Address.parse(f"{JANE}@x"),)
    return about_part("@", "x", removed=removed, there=OLD_SET, labels={"x": PERSON})


BOB = {"collaborators": (Collaborator(user="bob", role="labeler"),)}


@case
def _collaborator_missing() -> Case:
    return about_part("+", "bob", **BOB)


@case
def _collaborator_of_another_role() -> Case:
    wanted = (Collaborator(user="bob", role="admin"),)
    return about_part("+", "bob", collaborators=wanted, there=BOB)


@case
def _collaborator_in_removed() -> Case:
    return about_part("+", "bob", removed=(Address.parse(f"{JANE}+bob"),), there=BOB)


@case
def _collaborator_undeclared() -> Case:
    return about_part("+", "bob", there=BOB)


V1 = {"releases": (Release(name="v1", description="old"),)}


@case
def _release_missing() -> Case:
    return about_part("#", "v1", **V1)


@case
def _release_described_otherwise() -> Case:
    return about_part(
        "#", "v1", releases=(Release(name="v1", description="new"),), there=V1
    )


@case
def _release_in_removed() -> Case:
    return about_part("#", "v1", removed=(Address.parse(f"{JANE}#v1"),), there=V1)


@case
def _release_undeclared() -> Case:
    return about_part("#", "v1", there=V1)

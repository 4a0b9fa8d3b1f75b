"""The cases of docs/planning.md about samples and their labels."""

from typing import Any

from msgspec import structs

from dsac.core.marker import Marker
from dsac.core.resources import (
    GROUND_TRUTH,
    Address,
    Desired,
    DesiredLabelset,
    DesiredSample,
    Label,
    Labelset,
    Lifecycle,
    RemoteDataset,
    RemoteSample,
    Sample,
    Unknown,
)
from tests.laws.planning_sides import (
    CLONED,
    JANE,
    MACHINE,
    MODEL,
    NEWER,
    OURS,
    PERSON,
    THEIRS,
    Case,
    about_label,
    about_sample,
    case,
    desired,
    guarded_remote,
    have,
    want,
)

OTHERS = [f"other{number}" for number in range(20)]


def among(
    *rows: Sample | DesiredSample, there: tuple[RemoteSample, ...], **more: Any
) -> tuple[Desired, RemoteDataset]:
    """Give two sides that have more samples than those in question."""
    numbered = list(enumerate(OTHERS, start=100))
    wanted = desired(*rows, *[want(name, n) for n, name in numbered], **more)
    return wanted, guarded_remote(*there, *[have(name, n) for n, name in numbered])


@case
def _sample_missing() -> Case:
    return about_sample("a", desired(want("a")), guarded_remote())


@case
def _sample_differs() -> Case:
    wanted = desired(structs.replace(want("a"), priority=5))
    return about_sample("a", wanted, guarded_remote(have("a")))


@case
def _sample_same() -> Case:
    return about_sample("a", desired(want("a")), guarded_remote(have("a")))


@case
def _sample_not_stated() -> Case:
    there = structs.replace(have("a").sample, metadata={"b": 1}, readme="theirs")
    row = structs.replace(have("a"), sample=there)
    return about_sample("a", desired(want("a")), guarded_remote(row))


@case
def _sample_content_without_labels() -> Case:
    return about_sample("a", desired(want("a", 2)), guarded_remote(have("a")))


@case
def _sample_content_under_labels() -> Case:
    return about_sample(
        "a",
        desired(want("a", 2)),
        guarded_remote(have("a")),
        labels={"undeclared": PERSON},
    )


@case
def _sample_content_under_machine_labels() -> Case:
    return about_sample(
        "a",
        desired(want("a", 2)),
        guarded_remote(have("a")),
        labels={"undeclared": MACHINE},
    )


@case
def _sample_moved() -> Case:
    wanted = desired(want("b"), moved=(("a", "b"),))
    return about_sample("b", wanted, guarded_remote(have("a")))


@case
def _sample_of_the_same_content() -> Case:
    return about_sample("b", desired(want("b")), guarded_remote(have("a")))


@case
def _sample_of_the_same_content_twice() -> Case:
    wanted, there = among(want("b"), want("c"), there=(have("a"),))
    return about_sample("b", wanted, there)


@case
def _sample_of_the_same_content_kept() -> Case:
    wanted = desired(want("b"), lifecycle=Lifecycle(prune="none"))
    return about_sample("b", wanted, guarded_remote(have("a")))


@case
def _sample_moved_with_other_content_under_labels() -> Case:
    wanted = desired(want("b", 2), moved=(("a", "b"),))
    there = guarded_remote(have("a"))
    return about_sample("b", wanted, there, labels={GROUND_TRUTH: PERSON})


@case
def _sample_moved_onto_another() -> Case:
    wanted = desired(want("b"), moved=(("a", "b"),))
    return about_sample("b", wanted, guarded_remote(have("a"), have("b")))


@case
def _sample_moved_in_a_circle() -> Case:
    wanted = desired(want("a"), want("b"), moved=(("a", "b"), ("b", "a")))
    return about_sample("b", wanted, guarded_remote(have("a"), have("b")))


@case
def _sample_unmarked() -> Case:
    return about_sample("a", desired(want("a")), guarded_remote(have("a", marker=None)))


@case
def _sample_unmarked_and_differs() -> Case:
    wanted = desired(structs.replace(want("a"), priority=5))
    return about_sample("a", wanted, guarded_remote(have("a", marker=None)))


@case
def _sample_unmarked_adopt_all() -> Case:
    wanted = desired(want("a"), lifecycle=Lifecycle(adopt="all"))
    return about_sample("a", wanted, guarded_remote(have("a", marker=None)))


@case
def _sample_unmarked_adopt_none() -> Case:
    wanted = desired(want("a"), lifecycle=Lifecycle(adopt="none"))
    return about_sample("a", wanted, guarded_remote(have("a", marker=None)))


@case
def _sample_of_another_project() -> Case:
    return about_sample(
        "a", desired(want("a")), guarded_remote(have("a", marker=THEIRS))
    )


@case
def _sample_of_a_newer_dsac() -> Case:
    return about_sample(
        "a", desired(want("a")), guarded_remote(have("a", marker=NEWER))
    )


def left(marker: Marker | None = OURS, *, prune: str = "owned", **more: Any) -> Case:
    """Build a sample that is on the platform and not in the manifest."""
    wanted, there = among(
        there=(have("a", marker=marker),), lifecycle=Lifecycle(prune=prune)
    )
    return about_sample("a", wanted, there, **more)


@case
def _sample_left() -> Case:
    return left()


@case
def _sample_left_prune_none() -> Case:
    return left(prune="none")


@case
def _sample_left_unmarked() -> Case:
    return left(None)


@case
def _sample_left_unmarked_prune_all() -> Case:
    return left(None, prune="all")


@case
def _sample_left_of_a_clone_prune_all() -> Case:
    return left(CLONED, prune="all")


@case
def _sample_left_of_another_project_prune_all() -> Case:
    return left(THEIRS, prune="all")


@case
def _sample_left_of_a_newer_dsac_prune_all() -> Case:
    return left(NEWER, prune="all")


@case
def _sample_left_under_labels() -> Case:
    return left(labels={"undeclared": PERSON})


@case
def _sample_left_under_unknown_labels() -> Case:
    return left(labels={"undeclared": Unknown()})


@case
def _sample_left_not_listed_whole() -> Case:
    found = left()
    assert found.remote is not None
    return structs.replace(found, remote=structs.replace(found.remote, complete=False))


@case
def _samples_not_managed() -> Case:
    return about_sample("a", desired(managed=False), guarded_remote(have("a")))


@case
def _samples_none_wanted() -> Case:
    return about_sample("a", desired(), guarded_remote(have("a")))


@case
def _samples_too_many_left() -> Case:
    rows = [have(f"s{number}", number) for number in range(20)]
    kept = [want(f"s{number}", number) for number in range(14)]
    return about_sample("s19", desired(*kept), guarded_remote(*rows))


# Samples made anew.


def anew(
    *wanted: Sample | DesiredSample,
    there: tuple[RemoteSample, ...],
    name: str = "a",
    **more: Any,
) -> Case:
    found = about_sample("a", desired(*wanted, **more), guarded_remote(*there))
    return structs.replace(found, replace=str(Address.of_sample(JANE, name)))


@case
def _sample_replaced() -> Case:
    return anew(want("a"), want("b", 2), there=(have("a"), have("b", 2)))


@case
def _sample_replaced_under_labels() -> Case:
    found = anew(want("a"), want("b", 2), there=(have("a"), have("b", 2)))
    return structs.replace(found, labels={"undeclared": PERSON})


@case
def _samples_all_replaced() -> Case:
    return anew(want("a"), there=(have("a"),))


@case
def _sample_replaced_not_in_the_manifest() -> Case:
    return anew(want("b", 2), there=(have("a"), have("b", 2)))


@case
def _sample_replaced_not_there() -> Case:
    return anew(want("a"), want("b", 2), there=(have("b", 2),))


@case
def _sample_replaced_not_ours() -> Case:
    return anew(want("a"), there=(have("a", marker=None),))


@case
def _sample_replaced_while_renamed() -> Case:
    return anew(want("a"), there=(have("old"),), moved=(("old", "a"),))


@case
def _label_of_a_replaced_sample() -> Case:
    row = DesiredSample(sample=want("a"), labels={MODEL: Label(attributes={"a": 1})})
    declared = DesiredLabelset(labelset=Labelset(name=MODEL), owner="manifest")
    there = (have("a", labels={MODEL: MACHINE}), have("b", 2))
    found = anew(row, want("b", 2), there=there, labelsets=(declared,))
    return structs.replace(found, subject=str(Address.label(JANE, "a", MODEL)))


# Labels.


@case
def _label_missing() -> Case:
    return about_label(Label(), None)


@case
def _label_same() -> Case:
    return about_label(Label(attributes={"a": 1}), MACHINE)


@case
def _label_of_a_machine_differs() -> Case:
    return about_label(Label(attributes={"a": 2}), MACHINE)


@case
def _label_of_a_machine_differs_for_annotators() -> Case:
    return about_label(Label(attributes={"a": 2}), MACHINE, owner="annotators")


@case
def _label_of_a_person_differs() -> Case:
    return about_label(Label(attributes={"a": 2}), PERSON)


@case
def _label_of_a_person_differs_for_annotators() -> Case:
    return about_label(Label(attributes={"a": 2}), PERSON, owner="annotators")


@case
def _label_unknown() -> Case:
    return about_label(Label(attributes={"a": 2}), Unknown())


@case
def _label_left() -> Case:
    return about_label(None, MACHINE)


@case
def _label_left_prune_none() -> Case:
    return about_label(None, MACHINE, lifecycle=Lifecycle(prune="none"))


@case
def _label_left_for_annotators() -> Case:
    return about_label(None, MACHINE, owner="annotators")


@case
def _label_of_a_person_left() -> Case:
    return about_label(None, PERSON)


@case
def _label_of_a_held_sample() -> Case:
    found = about_label(Label(attributes={"a": 2}), MACHINE, number=2)
    return structs.replace(found, labels={GROUND_TRUTH: PERSON})

"""The levels of an apply: what runs at the same time, and under which name."""

import enum

import msgspec

from dsac.core.operations import Operation


class Step(enum.StrEnum):
    """The levels, by the name that progress shows."""

    DATASETS = "datasets"
    PARTS = "label sets and collaborators"
    UPLOADS = "uploads"
    RENAMES = "renames"
    REPLACEMENTS = "replacements"
    SAMPLES = "samples"
    LABELS = "labels"
    LABEL_DELETES = "label deletes"
    SAMPLE_DELETES = "sample deletes"
    LABELSET_DELETES = "label set deletes"
    RELEASES = "releases"
    DATASET_DELETES = "dataset deletes"


DELETES = frozenset(
    {
        Step.SAMPLE_DELETES,
        Step.LABELSET_DELETES,
        Step.RELEASES,
        Step.DATASET_DELETES,
    }
)
"""The levels that are skipped as soon as anything before them failed.

What is deleted is lost, and what is released is never changed again. What is deleted
to be made anew is none of them: it waits for its own files alone.
"""


class Level(msgspec.Struct, frozen=True):
    """Operations that may run at the same time."""

    step: Step
    operations: tuple[Operation, ...]

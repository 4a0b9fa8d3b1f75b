"""What a dataset has that its manifest can't say."""

from collections.abc import Iterator
from typing import get_args

from dsac.core.resources import RemoteDataset, RemoteLabel
from dsac.manifests.dataset import NAME
from dsac.manifests.schema import DatasetCategory, Role, TaskType
from dsac.manifests.schema_rows import Status


def notes_on(remote: RemoteDataset) -> Iterator[str]:
    """Yield a sentence for each kind of thing that a manifest has no word for."""
    name = remote.dataset.name
    for what in (*_words(remote), *_names(remote)):
        yield f"{name}: {what} is not in the manifest, which has no word for it"
    labels = [
        item
        for sample in remote
        for item in sample.labels.values()
        if isinstance(item, RemoteLabel)
    ]
    rated = sum(item.rating is not None for item in labels)
    reviewed = sum(bool(item.reviewed_by) for item in labels)
    odd = sum(item.label.status not in get_args(Status) for item in labels)
    if rated:
        yield f"{name}: ratings can't be written; those of {rated} labels are not"
    if reviewed:
        yield f"{name}: reviewers can't be written; those of {reviewed} labels are not"
    if odd:
        yield f"{name}: {odd} labels have a status that no manifest knows; left out"


def _words(remote: RemoteDataset) -> Iterator[str]:
    category, task_type = (
        remote.dataset.settings.get("category"),
        remote.dataset.task_type,
    )
    if category not in {None, *get_args(DatasetCategory)}:
        yield f"the category {category!r}"
    if task_type not in get_args(TaskType):
        yield f"the task type {task_type!r}"
    for item in remote.collaborators:
        if item.role not in get_args(Role):
            yield f"the role {item.role!r} of {item.user}"


def _names(remote: RemoteDataset) -> Iterator[str]:
    for labelset in remote.labelsets:
        if not NAME.fullmatch(labelset.name):
            yield f"the label set {labelset.name!r}, with its labels,"
    for release in remote.releases:
        if not NAME.fullmatch(release.name):
            yield f"the release {release.name!r}"

"""Which fields `lifecycle.ignore_changes` can name: a misspelt one ignores nothing."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from dsac.core.resources import GROUND_TRUTH
from dsac.manifests.document import Place
from dsac.manifests.problems import Problems, did_you_mean
from dsac.manifests.schema import Settings

OF_DATASETS = frozenset(
    {
        *Settings.model_fields,
        "description",
        "category",
        "task_type",
        "task_attributes",
        "categories",
        "metadata",
    }
)
OF_SAMPLES = frozenset(
    {
        "image",
        "attributes",
        "metadata",
        "priority",
        "assigned_labeler",
        "assigned_reviewer",
        "readme",
    }
)
OF_LABELS = ("status", "attributes", "score")

METADATA = "metadata."
"""What names a key of metadata begins so; any key may be there."""

WILD = re.compile(r"[*?[]")


def check_ignored(
    entries: Sequence[str],
    labelsets: Iterable[str],
    *,
    place: Place,
    problems: Problems,
) -> None:
    """Report the entries that no field can ever match.

    Args:
        entries: The list of a manifest.
        labelsets: The names of the manifest's label sets.
        place: Where the list stands.
        problems: Where to report.
    """
    if not entries:
        return
    names = {*OF_DATASETS, *OF_SAMPLES, "labels"}
    for labelset in {GROUND_TRUTH, *labelsets}:
        names.add(f"labels.{labelset}")
        names.update(f"labels.{labelset}.{field}" for field in OF_LABELS)
    for number, entry in enumerate(entries):
        if not _can_match(entry, names):
            problems.add(
                place.at(number),
                f"ignore_changes: {entry!r} is no field of a dataset, sample or label",
                did_you_mean(entry, {*names, f"{METADATA}KEY"}),
            )


def _can_match(entry: str, names: Iterable[str]) -> bool:
    """Tell whether an entry names a field, or as a glob could name one."""
    if any(fnmatchcase(name, entry) for name in names):
        return True
    start = WILD.split(entry, maxsplit=1)[0]
    if start == entry:
        return entry.startswith(METADATA) and entry != METADATA
    return start.startswith(METADATA) or METADATA.startswith(start)

"""Placeholders such as {stem} in the names and patterns of a manifest."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from dsac.manifests.schema_rows import GlobEntry

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def placeholders(path: PurePosixPath) -> dict[str, str]:
    """Give what placeholders stand for, of the path of a file or the name of a sample.

    {relpath} is all of it, {name} its last part, {stem} and {suffix} the two halves of
    that, {parent} what stands before it.
    """
    parent = str(path.parent)
    return {
        "relpath": str(path),
        "name": path.name,
        "stem": path.stem,
        "suffix": path.suffix,
        "parent": "" if parent == "." else parent,
    }


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values for placeholders; {{ and }} write braces.

    Raises:
        LookupError: a placeholder is not known, or a brace stands alone.
    """

    def replace(match: re.Match[str]) -> str:
        text = match[0]
        if text in {"{{", "}}"}:
            return text[0]
        if match[1] is None or match[1] not in values:
            raise LookupError(f"{text} in {template!r} stands for nothing")
        return values[match[1]]

    return PLACEHOLDER.sub(replace, template)


def filled_in(entry: GlobEntry, values: Mapping[str, str]) -> GlobEntry:
    """Fill the placeholders in a glob's name, metadata and labels.

    Raises:
        LookupError: a placeholder is not known.
    """
    data = {
        "glob": entry.glob,
        "name": fill(entry.name, values),
        "metadata": _filled(entry.metadata, values),
        "labels": {
            labelset: msgspec.structs.replace(
                label,
                bitmap=_filled(label.bitmap, values),
                annotations=_filled(label.annotations, values),
                attributes=_filled(label.attributes, values),
            )
            for labelset, label in entry.labels.items()
        },
    }
    return msgspec.structs.replace(entry, **data)


def _filled(value: object, values: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    return value

"""Placeholders such as {stem} in the names and patterns of a manifest."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

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

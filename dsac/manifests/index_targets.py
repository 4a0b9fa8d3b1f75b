"""What a column of an index can stand for: fields of samples and of labels, dotted."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import assert_never


class Form(Enum):
    """How a cell that is text becomes the value of its target.

    A document is JSON wherever it is text; a value is JSON in files in which all is
    text, and stands for itself in others.
    """

    TEXT = "text"
    NUMBER = "number"
    DOCUMENT = "document"
    VALUE = "value"


class Shape(Enum):
    """What may stand behind the name of a field, after a dot."""

    PLAIN = "nothing"
    FILE = "its path, its sha256"
    METADATA = "any keys"
    TREE = "any keys, url among them"
    LABELS = "a label set, and a field of its label"


Field = tuple[Shape, Form]
Path = tuple[str, ...]

DIGEST = "sha256"
"""The last step of a target that states what the content of a file is."""

_TEXT = (Shape.PLAIN, Form.TEXT)
_NUMBER = (Shape.PLAIN, Form.NUMBER)
_FILE = (Shape.FILE, Form.TEXT)
_TREE = (Shape.TREE, Form.DOCUMENT)

LABEL: Mapping[str, Field] = {
    "status": _TEXT,
    "score": _NUMBER,
    "bitmap": _FILE,
    "annotations": (Shape.PLAIN, Form.DOCUMENT),
    "attributes": _TREE,
    "verbatim": _TREE,
}
SAMPLE_ROW: Mapping[str, Field] = {
    "name": _TEXT,
    "image": _FILE,
    "attributes": _TREE,
    "verbatim": _TREE,
    "metadata": (Shape.METADATA, Form.DOCUMENT),
    "priority": _NUMBER,
    "assigned_labeler": _TEXT,
    "assigned_reviewer": _TEXT,
    "readme": _TEXT,
    "labels": (Shape.LABELS, Form.DOCUMENT),
}
LABEL_ROW: Mapping[str, Field] = {"name": _TEXT, **LABEL}

_DOT = re.compile(r"(?<!\\)\.")


def path_of(target: str) -> Path:
    r"""Split a target at its dots; `\.` is a dot that belongs to a name.

    The path of a file is what the file itself stands for: `image.path` is `image`.
    """
    steps = tuple(part.replace("\\.", ".") for part in _DOT.split(target))
    return steps[:-1] if steps[-1] == "path" and _is_file(steps[:-1]) else steps


def is_digest(steps: Path) -> bool:
    """Tell whether a target is the digest of a file that another target names."""
    return steps[-1] == DIGEST and _is_file(steps[:-1])


def _is_file(steps: Path) -> bool:
    return steps in {("image",), ("bitmap",)} or (
        steps[:1] == ("labels",) and steps[2:] == ("bitmap",)
    )


def form_of(steps: Path, fields: Mapping[str, Field]) -> Form | None:
    """Tell what a cell for a target holds; None if no row has such a target.

    Args:
        steps: The target, split.
        fields: What the rows have: those of samples or those of labels.
    """
    first, rest = steps[0], steps[1:]
    if not all(steps) or first not in fields:
        return None
    shape, form = fields[first]
    return _form_inside(shape, rest) if rest else form


def _form_inside(shape: Shape, steps: Path) -> Form | None:
    match shape:
        case Shape.PLAIN:
            return None
        case Shape.FILE:
            return Form.TEXT if steps == (DIGEST,) else None
        case Shape.METADATA:
            return Form.TEXT
        case Shape.TREE:
            return Form.TEXT if steps[-1] == "url" else Form.VALUE
        case Shape.LABELS:
            return form_of(steps[1:], LABEL) if steps[1:] else Form.DOCUMENT
        case _:
            assert_never(shape)


def targets_like(steps: Path, fields: Mapping[str, Field]) -> list[str]:
    """List targets to choose from, for somebody who wrote one that is none."""
    if "labels" in fields and steps[0] == "labels" and len(steps) > 1:
        return [f"labels.{steps[1]}.{field}" for field in LABEL]
    files = [name for name, (shape, _) in fields.items() if shape is Shape.FILE]
    return [*fields, *(f"{name}.{DIGEST}" for name in files)]

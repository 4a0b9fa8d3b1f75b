"""Checks data against pydantic models and msgspec structs; says where it is wrong."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
from pydantic import BaseModel, ValidationError

from dsac.core.values import Json
from dsac.manifests.document import Document, Map
from dsac.manifests.problems import Problems, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
Row = TypeVar("Row", bound=msgspec.Struct)

WORDS = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a string",
    "tuple_type": "a list",
}


def shown(value: object) -> str:
    """Write a value as an error shows it, short."""
    text = msgspec.json.encode(value).decode()
    longest = 60
    return text if len(text) <= longest else f"{text[:longest]}..."


def check(model: type[Model], document: Document, problems: Problems) -> Model | None:
    """Read a whole document as a model; None, and problems, where it is wrong.

    What is wrong about some keys does not hide what is wrong elsewhere: without those
    keys the rest is read, and its problems are found too.
    """
    try:
        return model.model_validate(document.root)
    except ValidationError as error:
        wrong = set()
        for item in error.errors(include_url=False):
            wrong.add(item["loc"][:1])
            _report(model, document, problems, item)
    if not isinstance(document.root, Map):
        return None
    rest = {key: item for key, item in document.root.items() if (key,) not in wrong}
    try:
        return model.model_validate(rest)
    except ValidationError:
        return None


def _report(
    model: type[BaseModel],
    document: Document,
    problems: Problems,
    item: Mapping[str, Any],  # what pydantic says of an error has no closer type
) -> None:
    path = tuple(item["loc"])
    kind, found = item["type"], shown(item["input"])
    name = ".".join(str(step) for step in path)
    if kind == "extra_forbidden":
        siblings = _fields_at(model, path[:-1])
        problems.add(
            document.position(*path, key=True),
            f"unknown key {path[-1]!r}",
            did_you_mean(path[-1], siblings),
        )
    elif kind == "missing":
        problems.add(
            document.position(*path[:-1]),
            f"{path[-1]!r} is missing",
            f"write {path[-1]}: ...",
        )
    elif kind == "union_tag_not_found":
        key = item["ctx"]["discriminator"].strip("'")
        where = document.position(*path)
        problems.add(where, f"{key!r} is missing", f"write {key}: ...")
    elif kind == "union_tag_invalid":
        key = item["ctx"]["discriminator"].strip("'")
        choices = re.findall(r"'([^']+)'", item["ctx"]["expected_tags"])
        tag = item["ctx"]["tag"]
        problems.add(
            document.position(*path, key),
            f"{name}.{key} can't be {tag!r}",
            did_you_mean(tag, choices),
        )
    elif kind == "literal_error":
        choices = re.findall(r"'([^']+)'", item["ctx"]["expected"])
        problems.add(
            document.position(*path),
            f"{name} can't be {found}",
            did_you_mean(item["input"], choices),
        )
    elif kind in WORDS:
        problems.add(
            document.position(*path),
            f"{name} is {found}",
            f"write {WORDS[kind]}",
        )
    else:
        message = item["msg"].removeprefix("Value error, ")
        problems.add(document.position(*path), f"{name or 'the file'}: {message}")


def _fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> set[str]:
    """Name the keys that a model knows at a place, as far as that can be followed."""
    found = model.model_json_schema()
    definitions = found.get("$defs", {})
    for step in path:
        found = _deref(found, definitions)
        options = [_deref(item, definitions) for item in found.get("oneOf", [])]
        options += [_deref(item, definitions) for item in found.get("anyOf", [])]
        inner = (_inside(option, step) for option in [found, *options])
        found = next((item for item in inner if item), found)
    found = _deref(found, definitions)
    keys = set(found.get("properties", {}))
    for option in [*found.get("oneOf", []), *found.get("anyOf", [])]:
        keys |= set(_deref(option, definitions).get("properties", {}))
    return keys


Schema = dict[str, Any]


def _deref(schema: Schema, definitions: Schema) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Schema = definitions[name] if name else schema
    return found


def _inside(schema: Schema, step: str | int) -> Schema | None:
    if isinstance(step, int):
        return schema.get("items")
    further = schema.get("additionalProperties")
    within = further if isinstance(further, dict) else None
    found: Schema | None = schema.get("properties", {}).get(step, within)
    return found


def convert(
    kind: type[Row],
    row: Json,
    *,
    document: Document,
    path: tuple[str | int, ...],
    problems: Problems,
) -> Row | None:
    """Read one row as a struct; None, and every problem of the row, where it is wrong.

    The fast way stops at the first mistake; then each field is looked at by itself.
    """
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError:
        _explain(kind, row, document=document, path=path, problems=problems)
    return None


def _explain(
    kind: type[msgspec.Struct],
    row: Json,
    *,
    document: Document,
    path: tuple[str | int, ...],
    problems: Problems,
) -> None:
    if not isinstance(row, Map):
        where = document.position(*path)
        problems.add(where, f"{shown(row)} is no mapping", "write key: value pairs")
        return
    hints = get_type_hints(kind)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in row.keys() - fields.keys():
        problems.add(
            document.position(*path, key, key=True),
            f"unknown key {key!r}",
            did_you_mean(key, fields),
        )
    for name, field in fields.items():
        if name not in row:
            if field.required:
                where = document.position(*path)
                problems.add(where, f"{name!r} is missing", f"write {name}: ...")
            continue
        try:
            msgspec.convert(row[name], hints[name])
        except msgspec.ValidationError as error:
            found = row[name]
            inner = _struct_values(hints[name])
            if inner is not None and isinstance(found, Map):
                for key, item in found.items():
                    convert(
                        inner,
                        item,
                        document=document,
                        path=(*path, name, key),
                        problems=problems,
                    )
                continue
            where = document.position(*path, *_steps(name, str(error)))
            problems.add(where, f"{name} is {shown(found)}", _wanted(str(error)))


def _struct_values(hint: object) -> type[msgspec.Struct] | None:
    """Give the struct in a hint such as dict[str, Struct], None in any other."""
    found = get_args(hint)[-1:]
    is_struct = found and isinstance(found[0], type)
    return found[0] if is_struct and issubclass(found[0], msgspec.Struct) else None


INNER = re.compile(r"\[(\d+)\]|\.([A-Za-z_][\w-]*)")


def _steps(name: str, message: str) -> tuple[str | int, ...]:
    """Give the place that a message of msgspec names behind its `$`."""
    place = message.rpartition("`$")[2].rstrip("`")
    found = [int(item) if item else key for item, key in INNER.findall(place)]
    return (name, *found)


PLAIN_WORDS = {
    "str": "a string (in quotes)",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _wanted(message: str) -> str:
    """Say in plain words what a message of msgspec expected."""
    text = message.partition(" - at ")[0]
    expected = re.match(r"Expected `([^`]+)`", text)
    if expected is None:
        return text
    words = [PLAIN_WORDS.get(word, word) for word in expected[1].split(" | ")]
    return f"write {' or '.join(words)}"

"""Reads YAML 1.2 into plain values that know where they were written."""

from collections.abc import Callable, Iterator
from string import ascii_letters
from typing import Any, NoReturn, TypeAlias

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from dsac.core.collector import collector_off
from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.document import Document, Items, Map, Text
from dsac.manifests.problems import Problems, did_you_mean
from dsac.manifests.scalars import SecretError, Variables, resolve

Event: TypeAlias = Any  # PyYAML's own type has events without marks; libyaml has none

DEEPEST = 100
MOST_ALIASED = 1_000_000
"""So many nodes may stand behind the aliases of a document."""

MOST_KEPT = 10_000
"""So many different words are remembered with what they stand for."""

LETTERS = frozenset(ascii_letters) - frozenset("nNtTfF")
"""What begins no constant and no number."""

MERGE = str(b"<<", "ascii")
"""The key of a merge: this very object, as "<<" in quotes is a key like any other."""


def load(
    data: bytes, file: str, *, variables: Variables, problems: Problems
) -> list[Document]:
    """Read all documents of a file; empty ones are left out.

    Args:
        data: The bytes of the file, UTF-8.
        file: Its name, for positions.
        variables: What `${...}` stands for.
        problems: Takes what is wrong; a file whose YAML is broken gives no documents.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems.add(Position(file, line, 1), "not UTF-8", "save the file as UTF-8")
        return []
    reader = _Reader(data, file, variables=variables, problems=problems)
    try:
        with collector_off():
            return list(reader.documents())
    except _BrokenError as error:
        problems.add(*error.args)
    except yaml.MarkedYAMLError as error:
        problems.add(*_broken(error, data, file))
    except yaml.YAMLError as error:
        problems.add(Position(file), f"broken YAML: {error}", "save it as plain text")
    return []


def _broken(
    error: yaml.MarkedYAMLError, data: bytes, file: str
) -> tuple[Position, str, str]:
    mark = error.problem_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    text = (data.splitlines() or [b""])[: line + 1][-1]
    hint = "check indentation, colons and brackets on and above this line"
    if b"${" in text:
        hint = 'inside { } and [ ] write "${name}" in quotes'
    elif b"\t" in text:
        hint = "indent with spaces, never with tabs"
    about = f" {error.context}" if error.context else ""
    where = Position(file, line + 1, column + 1)
    return where, f"broken YAML: {error.problem}{about}", hint


class _BrokenError(Exception):
    """What no reading can go on from; args are those of a problem."""


class _Reader:
    """Walks the events of a file once.

    Two methods see every key and value of a large manifest, `_mapping` and `_sequence`:
    what is common there is done on the spot, anything else goes to `_node` and `_key`.
    """

    def __init__(
        self, data: bytes, file: str, *, variables: Variables, problems: Problems
    ) -> None:
        # Constructing the parser reads nothing yet; only its events are used.
        self._next: Callable[[], Event] = yaml.CSafeLoader(data).get_event
        self._text = Text(file, data)
        self._variables = variables
        self._problems = problems
        self._names: dict[str, str] = {}
        self._plain: dict[str, Json] = {}
        self._anchors: dict[str, Json] = {}
        self._sizes: dict[int, tuple[int, Json]] = {}
        self._aliased = 0

    def documents(self) -> Iterator[Document]:
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self._anchors, self._sizes, self._aliased = {}, {}, 0
                first = self._next()
                root = self._node(first, 0)
                if root is not None:
                    yield Document(self._text, root, first.start_mark.index)

    def _refuse(self, mark: int, message: str, hint: str) -> None:
        self._problems.add(self._text.position(mark), message, hint)

    def _node(self, event: Event, depth: int) -> Json:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        value: Json
        if kind is ScalarEvent:
            value = self._scalar(event)
        else:
            if depth > DEEPEST:
                self._refuse_depth(event)
            if event.tag:
                self._refuse_tag(event)
            is_mapping = kind is MappingStartEvent
            value = self._mapping(depth) if is_mapping else self._sequence(depth)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _refuse_depth(self, event: Event) -> NoReturn:
        raise _BrokenError(
            self._text.position(event.start_mark.index),
            f"nested deeper than {DEEPEST} levels",
            "",
        )

    def _refuse_tag(self, event: Event) -> None:
        self._refuse(
            event.start_mark.index,
            f"the tag {event.tag} is not allowed",
            "write the plain value",
        )

    def _alias(self, event: Event) -> Json:
        if event.anchor not in self._anchors:
            raise _BrokenError(
                self._text.position(event.start_mark.index),
                f"the alias *{event.anchor} stands for nothing that is whole above it",
                did_you_mean(event.anchor, self._anchors),
            )
        value = self._anchors[event.anchor]
        self._aliased += self._size(value)
        if self._aliased > MOST_ALIASED:
            raise _BrokenError(
                self._text.position(event.start_mark.index),
                f"the aliases of this document stand for over {MOST_ALIASED} values",
                "an alias bomb, or a list that wants to be a file of its own",
            )
        return value

    def _size(self, value: Json) -> int:
        """Count the values behind an alias, those behind aliases inside it too."""
        if not isinstance(value, dict | list):
            return 1
        known = self._sizes.get(id(value))
        if known is None:
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            # With the value, so that no other takes its id.
            known = self._sizes[id(value)] = (1 + sum(map(self._size, inner)), value)
        return known[0]

    def _scalar(self, event: Event) -> Json:
        """Read a scalar; tags are looked for here, as most have none."""
        text: str = event.value
        is_plain, is_quoted = event.implicit
        if "$" in text or not (is_plain or is_quoted):
            return self._odd_scalar(event)
        if is_quoted:
            return text
        try:
            value = text if text[:1] in LETTERS else resolve(text)
        except ValueError as error:
            self._refuse(event.start_mark.index, str(error), "write a string in quotes")
            return text
        if len(self._plain) < MOST_KEPT:
            self._plain[text] = value
        return value

    def _odd_scalar(self, event: Event) -> Json:
        """Read a scalar that has a tag, which is refused, or names variables."""
        text: str = event.value
        if event.tag:
            self._refuse_tag(event)
        if "$" not in text:
            return text
        try:
            return self._variables.expand(text)
        except SecretError as error:
            hint = "leave it to the environment, where dsac finds it"
            self._refuse(event.start_mark.index, str(error), hint)
        except LookupError as error:
            hint = did_you_mean(text.strip("${}"), self._variables.values)
            self._refuse(
                event.start_mark.index,
                str(error.args[0]),
                hint or "write it under vars: in dsac.yaml, or pass --var NAME=VALUE",
            )
        except (ValueError, TypeError) as error:
            self._refuse(event.start_mark.index, str(error), "write a string in quotes")
        return text

    def _sequence(self, depth: int) -> Json:
        take, node, plain, inner = self._next, self._node, self._plain, depth + 1
        result = Items()
        result.marks = marks = []
        while type(item := take()) is not SequenceEndEvent:
            marks.append(item.start_mark.index)
            if type(item) is not ScalarEvent or item.anchor:
                result.append(node(item, inner))
            elif item.value in plain and item.implicit[0]:
                result.append(plain[item.value])
            else:
                result.append(self._scalar(item))
        return result

    def _mapping(self, depth: int) -> Json:
        take, node, names, plain = self._next, self._node, self._names, self._plain
        scalar, inner = self._scalar, depth + 1
        result = Map()
        result.marks = marks = []
        merges: list[tuple[Json, int]] = []
        while type(event := take()) is not MappingEndEvent:
            mark = event.start_mark.index
            if type(event) is ScalarEvent and event.value in names and not event.tag:
                key = names[event.value]
            else:
                key = self._key(event, depth)
            item = take()
            if type(item) is not ScalarEvent or item.anchor:
                value = node(item, inner)
            elif item.value in plain and item.implicit[0]:
                value = plain[item.value]
            else:
                value = scalar(item)
            if key is MERGE:
                merges.append((value, mark))
            elif key in result:
                self._refuse_twin(key, result, mark)
            else:
                result[key] = value
                marks.append(mark)
                marks.append(item.start_mark.index)
        for value, mark in merges:
            self._merge(result, value, mark)
        return result

    def _refuse_twin(self, key: str, among: Map, mark: int) -> None:
        line = self._text.position(among.marks[2 * list(among).index(key)]).line
        self._refuse(
            mark,
            f"the key {key!r} stands here a second time, first on line {line}",
            "keep one of the two",
        )

    def _key(self, event: Event, depth: int) -> str:
        mark = event.start_mark.index
        if type(event) is not ScalarEvent:
            self._node(event, depth + 1)
            self._refuse(
                mark,
                "a key must be a string",
                "write a plain word before the colon",
            )
            return ""
        if event.tag:
            self._refuse_tag(event)
        key: str = event.value
        if event.implicit[0] and not isinstance(_resolved(key), str):
            self._refuse(
                mark,
                f"the key {key or 'null'} is no string",
                f'write "{key}" in quotes',
            )
        elif event.implicit[0] and key == MERGE:
            return MERGE
        elif event.implicit[0] and len(self._names) < MOST_KEPT:
            self._names[key] = key
        return key

    def _merge(self, into: Map, value: Json, mark: int) -> None:
        sources = value if isinstance(value, Items) else [value]
        for source in sources:
            if not isinstance(source, Map):
                self._refuse(
                    mark, "<< merges mappings only", "write <<: *name of a mapping"
                )
                continue
            marks, number = source.marks, 0
            for key, item in source.items():
                if key not in into:
                    into[key] = item
                    into.marks += (marks[number], marks[number + 1])
                number += 2


def _resolved(text: str) -> Json:
    try:
        return resolve(text)
    except ValueError:
        return None

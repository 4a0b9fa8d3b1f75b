"""Reads YAML 1.2 into plain values that know where they were written."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import yaml
from yaml import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from yaml.events import DocumentStartEvent

from dsac.core.values import Json
from dsac.errors import Position
from dsac.manifests.problems import Problems, did_you_mean
from dsac.manifests.scalars import Variables, resolve

Mark: TypeAlias = tuple[int, int]
"""Line and column, from 0, as libyaml counts."""

DEEPEST = 100
MOST_ALIASED = 1_000_000
"""So many nodes may stand behind the aliases of a document."""


class Map(dict[str, Json]):
    """A mapping; `marks` holds where each key and each value stands."""

    __slots__ = ("marks", "start")

    def __init__(self, start: Mark) -> None:
        super().__init__()
        self.start = start
        self.marks: dict[str, tuple[Mark, Mark]] = {}


class Items(list[Json]):
    """A sequence; `marks` holds where each item stands."""

    __slots__ = ("marks", "start")

    def __init__(self, start: Mark) -> None:
        super().__init__()
        self.start = start
        self.marks: list[Mark] = []


class Document:
    """One document of a file."""

    def __init__(self, file: str, root: Json, start: Mark) -> None:
        self.file = file
        self.root = root
        self.start = start

    def position(self, *path: str | int, key: bool = False) -> Position:
        """Give where a value stands; steps that lead nowhere are passed over.

        Args:
            path: Keys and indexes from the root.
            key: The place of the last key, rather than that of its value.
        """
        node, mark = self.root, self.start
        for number, step in enumerate(path, 1):
            if isinstance(node, Map) and isinstance(step, str) and step in node:
                mark = node.marks[step][0 if key and number == len(path) else 1]
                node = node[step]
            elif isinstance(node, Items) and isinstance(step, int):
                mark = node.marks[step]
                node = node[step]
        return Position(self.file, mark[0] + 1, mark[1] + 1)


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector from walking what only grows: half of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


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
    """Walks the events of a file once."""

    def __init__(
        self, data: bytes, file: str, *, variables: Variables, problems: Problems
    ) -> None:
        # Constructing the parser reads nothing yet; only its events are used.
        self._events: Iterator[Event] = iter(yaml.parse(data, Loader=yaml.CSafeLoader))
        self._file = file
        self._variables = variables
        self._problems = problems
        self._anchors: dict[str, tuple[Json, int]] = {}
        self._aliased = 0
        self._nodes = 0

    def documents(self) -> Iterator[Document]:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._anchors, self._aliased = {}, 0
                first = next(self._events)
                root = self._node(first, 0)
                if root is not None:
                    yield Document(self._file, root, _mark(first))

    def _where(self, mark: Mark) -> Position:
        return Position(self._file, mark[0] + 1, mark[1] + 1)

    def _node(self, event: Event, depth: int) -> Json:
        if depth > DEEPEST:
            raise _BrokenError(
                self._where(_mark(event)), f"nested deeper than {DEEPEST} levels", ""
            )
        if isinstance(event, AliasEvent):
            return self._alias(event)
        self._nodes += 1
        self._check_tag(event)
        before = self._nodes
        value: Json
        if isinstance(event, ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, MappingStartEvent):
            value = self._mapping(event, depth)
        else:
            value = self._sequence(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = (value, self._nodes - before + 1)
        return value

    def _check_tag(self, event: Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._problems.add(
                self._where(_mark(event)),
                f"the tag {tag} is not allowed",
                "write the plain value",
            )

    def _alias(self, event: AliasEvent) -> Json:
        if event.anchor not in self._anchors:
            raise _BrokenError(
                self._where(_mark(event)),
                f"the alias *{event.anchor} stands for nothing that is whole above it",
                did_you_mean(event.anchor, self._anchors),
            )
        value, size = self._anchors[event.anchor]
        self._aliased += size
        self._nodes += size
        if self._aliased > MOST_ALIASED:
            raise _BrokenError(
                self._where(_mark(event)),
                f"the aliases of this document stand for over {MOST_ALIASED} values",
                "an alias bomb, or a list that wants to be a file of its own",
            )
        return value

    def _scalar(self, event: ScalarEvent) -> Json:
        text: str = event.value
        try:
            if "$" in text:
                return self._variables.expand(text)
            return resolve(text) if event.implicit[0] else text
        except LookupError as error:
            hint = did_you_mean(text.strip("${}"), self._variables.values)
            self._problems.add(
                self._where(_mark(event)),
                str(error.args[0]),
                hint or "write it under vars: in dsac.yaml, or pass --var NAME=VALUE",
            )
        except (ValueError, TypeError) as error:
            self._problems.add(
                self._where(_mark(event)), str(error), "write a string in quotes"
            )
        return text

    def _sequence(self, event: Event, depth: int) -> Json:
        result = Items(_mark(event))
        while not isinstance(item := next(self._events), SequenceEndEvent):
            result.marks.append(_mark(item))
            result.append(self._node(item, depth + 1))
        return result

    def _mapping(self, event: Event, depth: int) -> Json:
        result = Map(_mark(event))
        merges: list[tuple[Json, Mark]] = []
        while not isinstance(item := next(self._events), MappingEndEvent):
            mark = _mark(item)
            key = self._key(item, depth)
            following = next(self._events)
            value = self._node(following, depth + 1)
            if key == "<<" and isinstance(item, ScalarEvent) and item.implicit[0]:
                merges.append((value, mark))
            elif key in result:
                line = result.marks[key][0][0] + 1
                self._problems.add(
                    self._where(mark),
                    f"the key {key!r} stands here a second time, first on line {line}",
                    "keep one of the two",
                )
            else:
                result[key] = value
                result.marks[key] = (mark, _mark(following))
        for value, mark in merges:
            self._merge(result, value, mark)
        return result

    def _key(self, event: Event, depth: int) -> str:
        if isinstance(event, ScalarEvent):
            self._nodes += 1
            self._check_tag(event)
            key: str = event.value
            if not event.implicit[0] or isinstance(_resolved(key), str):
                return key
            self._problems.add(
                self._where(_mark(event)),
                f"the key {key or 'null'} is no string",
                f'write "{key}" in quotes',
            )
            return key
        self._node(event, depth + 1)
        self._problems.add(
            self._where(_mark(event)),
            "a key must be a string",
            "write a plain word before the colon",
        )
        return ""

    def _merge(self, into: Map, value: Json, mark: Mark) -> None:
        sources = value if isinstance(value, Items) else [value]
        for source in sources:
            if not isinstance(source, Map):
                self._problems.add(
                    self._where(mark),
                    "<< merges mappings only",
                    "write <<: *name of a mapping",
                )
                continue
            for key, item in source.items():
                if key not in into:
                    into[key] = item
                    into.marks[key] = source.marks[key]


def _resolved(text: str) -> Json:
    try:
        return resolve(text)
    except ValueError:
        return None


def _mark(event: Event) -> Mark:
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)

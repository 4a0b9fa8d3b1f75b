"""Reads what an emulator holds, and compares it with what its writers know."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.endurance.process import OWNER, Connection
from tests.endurance.writer import (
    CONTENDED,
    LABELSETS,
    SHARED,
    Key,
    Object,
    Writer,
    digest,
    label_value,
    sample_value,
)

PAGE = 1000


@dataclass(frozen=True)
class Truth:
    """What a server holds, and what is wrong with it whoever wrote it."""

    values: Mapping[Key, str]
    uuids: Mapping[Key, str]
    problems: Sequence[str]


def read(connection: Connection, writers: Sequence[Writer]) -> Truth:
    """Read all that writers may have written."""
    parts = [read_dataset(connection, dataset) for dataset in SHARED]
    files = [key for writer in writers for key in writer.made["file"]]
    values: dict[Key, str] = {
        ("dataset", row["name"]): row["description"]
        for row in rows(connection, "/user/datasets/?")
        if row["name"] not in SHARED
    }
    for part in parts:
        values.update(part.values)
    found = {key: connection.send("GET", f"/assets/{key[1]}") for key in files}
    whole = {key: answer for key, answer in found.items() if answer.status == 200}
    values.update({key: digest(answer.data) for key, answer in whole.items()})
    wrong = [key for key, answer in whole.items() if answer.etag != values[key]]
    return Truth(
        values,
        {key: uuid for part in parts for key, uuid in part.uuids.items()},
        [
            *(problem for part in parts for problem in part.problems),
            *(f"{key}: the ETag is not that of its bytes" for key in wrong),
        ],
    )


def rows(connection: Connection, path: str) -> Iterator[Object]:
    """Yield the rows of a listing, up to the page that is not there."""
    number = 1
    while True:
        answer = connection.send("GET", f"{path}&per_page={PAGE}&page={number}")
        found = answer.json() if answer.status == 200 else []
        if not found:
            return
        yield from found
        number += 1


def read_dataset(connection: Connection, dataset: str) -> Truth:
    """Read the samples, labels and releases of one dataset, and check its counts."""
    path = f"/datasets/{OWNER}/{dataset}"
    values: dict[Key, str] = {}
    names: Counter[str] = Counter()
    uuids: dict[Key, str] = {}
    for labelset in LABELSETS:
        query = f"labelset={labelset}&include_full_label=1"
        for row in rows(connection, f"{path}/samples/?{query}"):
            key = ("sample", dataset, row["name"])
            values[key], uuids[key] = sample_value(row), row["uuid"]
            names[row["name"]] += 1
            if row["label"]:
                label = ("label", dataset, row["name"], labelset)
                values[label] = label_value(row["label"])
    # Once for each label set, each time with its labels.
    twice = [name for name, count in names.items() if count != len(LABELSETS)]
    problems = [f"{dataset}: {name} is listed {names[name]} times" for name in twice]
    problems.extend(_wrong_counts(connection, path, values))
    for release in connection.expect("GET", f"{path}/releases/").json():
        values["release", dataset, release["name"]] = release["status"]
        problems.extend(_wrong_file(connection, release))
    return Truth(values, uuids, problems)


def _wrong_counts(
    connection: Connection, path: str, values: Mapping[Key, str]
) -> Iterator[str]:
    shown = connection.expect("GET", f"{path}/").json()["label_stats"]
    labels = sum(key[0] == "label" and key[3] == LABELSETS[0] for key in values)
    counted = {"TOTAL": sum(key[0] == "sample" for key in values)}
    if labels:
        counted["PRELABELED"] = labels
    if shown != counted:
        yield f"{path} says that it has {shown}, and has {counted}"


def _wrong_file(connection: Connection, release: Object) -> Iterator[str]:
    path = release["attributes"]["url"].partition("/assets/")[2]
    data = json.loads(connection.expect("GET", f"/assets/{path}").data)
    count = len(data["dataset"]["samples"])
    if count != release["samples_count"]:
        yield f"the file of {release['name']} has {count} samples"


def losses(truth: Truth, writers: Sequence[Writer]) -> list[str]:
    """Say what is not as the writers know it; a write in flight is whole or is not."""
    expected = {key: value for one in writers for key, value in one.expected.items()}
    pending = {key for writer in writers for key in writer.pending}
    found = list(truth.problems)
    for key in expected.keys() | truth.values.keys():
        if key in pending or key[-1].startswith(CONTENDED):
            continue
        if expected.get(key) != truth.values.get(key):
            found.append(f"{key}: {truth.values.get(key)}, not {expected.get(key)}")
    won = Counter(key for writer in writers for key in writer.won)
    found += [f"{key} was given to {count}" for key, count in won.items() if count > 1]
    found += [f"{key} is gone" for key in won if key not in truth.values]
    for writer in writers:
        found += _torn(truth, writer)
    return found


def _torn(truth: Truth, writer: Writer) -> list[str]:
    there = {key: truth.values.get(key) for key in writer.pending}
    before = {key: writer.expected.get(key) for key in writer.pending}
    if there in (before, writer.pending):
        return []
    return [f"{there} is neither {before} nor {writer.pending}"]


def settle(truth: Truth, writers: Sequence[Writer]) -> None:
    """Let writers know how their last writes ended, so that they can go on."""
    for writer in writers:
        for key in writer.pending:
            writer.expected[key] = truth.values.get(key)
            if key in truth.uuids:
                writer.uuids[key] = truth.uuids[key]
        writer.pending = {}

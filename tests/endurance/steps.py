"""What a writer does: each function is one step, and a table says how often."""

from collections.abc import Callable, Sequence

from tests.endurance.process import OWNER, Connection, Form
from tests.endurance.writer import (
    CONTENDED,
    LABELSETS,
    SHARED,
    Key,
    Value,
    Writer,
    WrongAnswerError,
    digest,
    label_body,
    label_value,
    sample_body,
    sample_value,
    value_of,
)

BULK = 20
NAMES = 300
"""So many names are contended for."""


def step(writer: Writer, connection: Connection) -> None:
    """Do one thing, chosen at random; errors as those of `Writer.write`."""
    acts, weights = zip(*STEPS, strict=True)
    (act,) = writer.random.choices(acts, weights)
    act(writer, connection)


def _samples(dataset: str) -> str:
    return f"/datasets/{OWNER}/{dataset}/samples"


def _contended(writer: Writer) -> str:
    return f"{CONTENDED}{writer.random.randrange(NAMES)}"


def add_sample(writer: Writer, connection: Connection) -> None:
    """Add one sample."""
    number, dataset = writer.next_number(), writer.random.choice(SHARED)
    key = writer.new("sample", dataset, f"{writer.name}.{number}")
    request = ("POST", f"{_samples(dataset)}/", sample_body(key[2], number))
    answer = writer.write(connection, request, {key: value_of(number)})
    writer.uuids[key] = answer.json()["uuid"]


def add_in_bulk(writer: Writer, connection: Connection) -> None:
    """Add some samples, one that may be there, and one that many ask for."""
    dataset = writer.random.choice(SHARED)
    numbers = [writer.next_number() for _ in range(BULK)]
    keys = [writer.new("sample", dataset, f"{writer.name}.{at}") for at in numbers]
    body = [sample_body(key[2], at) for key, at in zip(keys, numbers, strict=True)]
    there = writer.some("sample")
    if there and there[1] == dataset:
        body.append(sample_body(there[2], 0))
    body.append(sample_body(_contended(writer), 0))
    request = ("POST", f"{_samples(dataset)}_bulk/", body)
    changes = {key: value_of(number) for key, number in zip(keys, numbers, strict=True)}
    found = writer.write(connection, request, changes).json()
    if [row["name"] for row in found] != [row["name"] for row in body]:
        raise WrongAnswerError(f"the answer to {request} has other samples: {found}")
    writer.uuids.update(zip(keys, (row["uuid"] for row in found), strict=False))


def change_sample(writer: Writer, connection: Connection) -> None:
    """Change two fields of a sample at once."""
    key = writer.some("sample")
    if key:
        number = writer.next_number()
        body = {"priority": number, "metadata": {"number": number}}
        request = ("PATCH", f"/samples/{writer.uuids[key]}/", body)
        writer.write(connection, request, {key: value_of(number)})


def rename_sample(writer: Writer, connection: Connection) -> None:
    """Rename a sample; its labels go with it."""
    key = writer.some("sample")
    if key is None:
        return
    new = writer.new("sample", key[1], f"{writer.name}.{writer.next_number()}")
    before, after = ([sample, *writer.labels_of(sample)] for sample in (key, new))
    there = [writer.expected.get(item) for item in before]
    changes = dict.fromkeys(before) | dict(zip(after, there, strict=True))
    writer.uuids[new] = writer.uuids[key]
    request = ("PATCH", f"/samples/{writer.uuids[key]}/", {"name": new[2]})
    writer.write(connection, request, changes)
    writer.made["label"].extend(after[1:])


def delete_sample(writer: Writer, connection: Connection) -> None:
    """Delete a sample, and with it its labels."""
    key = writer.some("sample")
    if key:
        request = ("DELETE", f"/samples/{writer.uuids[key]}/", None)
        gone = dict.fromkeys([key, *writer.labels_of(key)])
        writer.write(connection, request, gone)


def delete_in_bulk(writer: Writer, connection: Connection) -> None:
    """Delete some samples of one dataset."""
    chosen = {key for key in (writer.some("sample") for _ in range(8)) if key}
    dataset = writer.random.choice(SHARED)
    keys = sorted(key for key in chosen if key[1] == dataset)
    if keys:
        body = {"uuids": [writer.uuids[key] for key in keys]}
        request = ("DELETE", f"{_samples(dataset)}_bulk/", body)
        labels = [label for key in keys for label in writer.labels_of(key)]
        answer = writer.write(connection, request, dict.fromkeys([*keys, *labels]))
        if answer.json() != {"deleted_count": len(keys)}:
            raise WrongAnswerError(f"{answer.data!r} to the deletion of {len(keys)}")


def put_label(writer: Writer, connection: Connection) -> None:
    """Create or replace a label."""
    sample = writer.some("sample")
    if sample:
        number = writer.next_number()
        key = writer.new("label", *sample[1:], writer.random.choice(LABELSETS))
        path = f"/labels/{writer.uuids[sample]}/{key[3]}/"
        request = ("PUT", path, label_body(number))
        writer.write(connection, request, {key: value_of(number)})


def change_label(writer: Writer, connection: Connection) -> None:
    """Change a label, or delete it."""
    key = writer.some("label")
    if key:
        number = writer.next_number()
        path = f"/labels/{writer.uuids['sample', *key[1:3]]}/{key[3]}/"
        gone = writer.chance(0.3)
        request = (
            ("DELETE", path, None) if gone else ("PATCH", path, label_body(number))
        )
        writer.write(connection, request, {key: None if gone else value_of(number)})


def add_dataset(writer: Writer, connection: Connection) -> None:
    """Create a dataset."""
    number = writer.next_number()
    key = writer.new("dataset", f"{writer.name}.{number}")
    body = {"name": key[1], "description": value_of(number)}
    request = ("POST", "/user/datasets/", body)
    writer.write(connection, request, {key: value_of(number)})


def change_dataset(writer: Writer, connection: Connection) -> None:
    """Change a dataset, or delete it."""
    key = writer.some("dataset")
    if key:
        number = writer.next_number()
        body, path = {"description": value_of(number)}, f"/datasets/{OWNER}/{key[1]}/"
        gone = writer.chance(0.5)
        request = ("DELETE", path, None) if gone else ("PATCH", path, body)
        writer.write(connection, request, {key: None if gone else value_of(number)})


def upload(writer: Writer, connection: Connection) -> None:
    """Upload a file, now and then over one that is there."""
    key = writer.some("file") if writer.chance(0.3) else None
    if key is None:
        asked = ("POST", "/assets/", {"filename": "a.bin"})
        found = writer.write(connection, asked, {}).json()
        key = writer.new("file", found["url"].partition("/assets/")[2])
        writer.forms[key] = found["presignedPostFields"]["fields"]
    content = writer.random.randbytes(writer.random.choice((10, 1000, 200_000)))
    request = ("POST", "/upload/", Form(writer.forms[key], content))
    writer.write(connection, request, {key: digest(content)})


def release(writer: Writer, connection: Connection) -> None:
    """Freeze a dataset."""
    dataset = writer.random.choice(SHARED)
    key = writer.new("release", dataset, f"{writer.name}.{writer.next_number()}")
    request = ("POST", f"/datasets/{OWNER}/{dataset}/releases/", {"name": key[2]})
    writer.write(connection, request, {key: "SUCCEEDED"})


def contend(writer: Writer, connection: Connection) -> None:
    """Ask for a name that others ask for, too: of a sample, or of a dataset."""
    name, dataset = _contended(writer), writer.random.choice(SHARED)
    requests: Sequence[tuple[Key, str, object]] = (
        (("sample", dataset, name), f"{_samples(dataset)}/", sample_body(name, 0)),
        (("dataset", name), "/user/datasets/", {"name": name}),
    )
    key, path, body = writer.random.choice(requests)
    answer = writer.send(connection, "POST", path, body)
    if answer.status == 201:
        writer.won.append(key)
    elif answer.status != 400 or b"already exists" not in answer.data:
        raise WrongAnswerError(f"{path} {name}: {answer.status} {answer.data!r}")


def read_own(writer: Writer, connection: Connection) -> None:
    """Read a sample back: what was acknowledged is seen at once."""
    key = writer.some("sample")
    if key:
        path = f"/samples/{writer.uuids[key]}/?labelset={LABELSETS[0]}"
        found = writer.send(connection, "GET", path).json()
        label: Value = label_value(found["label"]) if found["label"] else None
        wanted = writer.expected.get(writer.labels_of(key)[0])
        if sample_value(found) != writer.expected[key] or label != wanted:
            raise WrongAnswerError(f"{key} is {found}, not {writer.expected[key]}")


def read_page(writer: Writer, connection: Connection) -> None:
    """Read a page of samples in some order; no name may stand there twice."""
    sort = writer.random.choice(("name", "-name", "created_at", "priority"))
    chosen = "&label_status=PRELABELED" if writer.chance(0.3) else ""
    query = f"sort={sort}&page={writer.random.randrange(1, 6)}&per_page=50{chosen}"
    path = f"{_samples(writer.random.choice(SHARED))}/?{query}&labelset={LABELSETS[0]}"
    answer = writer.send(connection, "GET", path)
    names = [row["name"] for row in answer.json()] if answer.status == 200 else []
    if answer.status not in {200, 404} or len(set(names)) != len(names):
        raise WrongAnswerError(f"{path}: {answer.status} {names}")


def read_datasets(writer: Writer, connection: Connection) -> None:
    """Read a dataset, and the list of some."""
    writer.send(connection, "GET", f"/datasets/{OWNER}/{writer.random.choice(SHARED)}/")
    writer.send(connection, "GET", "/user/datasets/?per_page=20")


Step = Callable[[Writer, Connection], None]

STEPS: Sequence[tuple[Step, float]] = (
    (add_sample, 12),
    (add_in_bulk, 4),
    (change_sample, 10),
    (rename_sample, 4),
    (delete_sample, 4),
    (delete_in_bulk, 2),
    (put_label, 15),
    (change_label, 10),
    (add_dataset, 2),
    (change_dataset, 3),
    (upload, 4),
    (release, 0.2),
    (contend, 8),
    (read_own, 15),
    (read_page, 8),
    (read_datasets, 4),
)

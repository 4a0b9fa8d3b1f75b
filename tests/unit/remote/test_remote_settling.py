"""What became of a request whose reply was lost is looked up, or is unknown."""

import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest

from dsac.core.operations import (
    CreateDataset,
    CreateLabelset,
    CreateRelease,
    CreateSamples,
    DeleteDataset,
    DeleteLabel,
    DeleteLabelset,
    DeleteRelease,
    DeleteSamples,
    MetadataChange,
    NewSample,
    Operation,
    PutCollaborator,
    PutLabel,
    RemoveCollaborator,
    UpdateDataset,
    UpdateSample,
    UploadFile,
    addresses,
)
from dsac.core.report import Outcome
from dsac.core.resources import (
    Collaborator,
    Dataset,
    Label,
    Labelset,
    Release,
    Sample,
)
from dsac.core.values import Upload
from dsac.emulator import Account, create_app
from dsac.errors import ConflictError, RemoteError, ResponseError
from dsac.remote.bulk import FEW
from dsac.remote.client import Client
from dsac.remote.transport import Transport
from dsac.remote.writer import Writer
from tests.clocks import StoppedClock

NAME = "jane/flowers"
IMAGE: dict[str, Any] = {"image": {"url": "https://x.test/a.png"}}
READS = {"GET", "HEAD"}


class Weather:
    """The emulator; `lost` writes are done without a word, `dropped` not done.

    After so many `reads` nothing can be read either.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.lost = self.dropped = 0
        self.reads = sys.maxsize
        self.log: list[str] = []

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.log.append(f"{method} {environ['PATH_INFO']}")
        if method in READS:
            if not self.reads:
                raise ConnectionResetError
            self.reads -= 1
            return self._passed(environ, start)
        if self.dropped:
            self.dropped -= 1
            raise ConnectionResetError
        if self.lost:
            self.lost -= 1
            list(self.app(environ, lambda *_: lambda _: None))
            raise ConnectionResetError
        return self._passed(environ, start)

    def _passed(self, environ: Any, start: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self.app(environ, start)
        return answer


class World:
    """A dataset with a part of each kind, and a writer in bad weather."""

    def __init__(self, folder: Any) -> None:
        accounts = [Account("jane", "jane-key"), Account("bob", "bob-key")]
        accounts.append(Account("eve", "eve-key"))
        app = create_app(folder, accounts=accounts)
        self.weather = Weather(app.wsgi_app)
        self.transport = Transport(
            "http://dsac.invalid", key="jane-key", clock=StoppedClock()
        )
        self.transport.mount_wsgi(self.weather)
        self.client = Client(self.transport)
        self.writer = Writer(self.client, opener=lambda _: (BytesIO(b"x"), "a.png"))
        self.client.add_dataset(NAME, {"metadata": {"team": "botany"}})
        self.client.add_labelset(NAME, "old")
        self.client.add_release(NAME, "v0")
        self.client.add_collaborator(NAME, "bob", role="labeler")
        rows = [{"name": name, "attributes": IMAGE} for name in ("a", "b", "c")]
        found = self.client.add_samples(NAME, rows)
        self.uuids = {row.name: row.uuid for row in found}
        label: dict[str, Any] = {"label_status": "PRELABELED", "attributes": {}}
        self.client.put_label(self.uuids["a"], "old", label)

    def operation(self, kind: str) -> Operation:
        sample = Sample(name="a", priority=3.0)
        change = MetadataChange({"city": "Rome"})
        label = Label(attributes={"annotations": []}, score=0.5)
        of_label = {"dataset": NAME, "sample": "a", "uuid": self.uuids["a"]}
        new = [NewSample(Sample(name=n, attributes=IMAGE), None) for n in ("d", "e")]
        made = Dataset(name="jane/new", settings={"description": "New."})
        table: dict[str, Operation] = {
            "create dataset": CreateDataset(made, "p"),
            "update dataset": UpdateDataset(
                fields=Dataset(name=NAME, settings={"description": "Two."}),
                metadata=MetadataChange({"team": "zoology"}),
                project="p",
            ),
            "delete dataset": DeleteDataset(NAME),
            "create labelset": CreateLabelset(NAME, Labelset(name="new")),
            "delete labelset": DeleteLabelset(NAME, "old"),
            "add collaborator": PutCollaborator(
                NAME, Collaborator(user="eve", role="admin"), exists=False
            ),
            "change collaborator": PutCollaborator(
                NAME, Collaborator(user="bob", role="admin"), exists=True
            ),
            "remove collaborator": RemoveCollaborator(NAME, "bob"),
            "create release": CreateRelease(NAME, Release(name="v1", description="1")),
            "delete release": DeleteRelease(NAME, "v0"),
            "create samples": CreateSamples(NAME, tuple(new)),
            "update sample": UpdateSample(
                dataset=NAME,
                uuid=self.uuids["a"],
                renamed=False,
                fields=sample,
                metadata=change,
                marks=None,
            ),
            "rename sample": UpdateSample(
                dataset=NAME,
                uuid=self.uuids["a"],
                renamed=True,
                fields=Sample(name="z"),
                metadata=MetadataChange(),
                marks=None,
            ),
            "put label": PutLabel(**of_label, labelset="ground-truth", label=label),
            "delete label": DeleteLabel(**of_label, labelset="old"),
            "delete samples": DeleteSamples(
                NAME, ((self.uuids["a"], "a"), (self.uuids["b"], "b"))
            ),
        }
        return table[kind]


UPDATES = ("update sample",)
KINDS = (
    "create dataset",
    "update dataset",
    "delete dataset",
    "create labelset",
    "delete labelset",
    "add collaborator",
    "change collaborator",
    "remove collaborator",
    "create release",
    "delete release",
    "create samples",
    "update sample",
    "rename sample",
    "put label",
    "delete label",
    "delete samples",
)


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.transport.close()


def outcomes(world: World, operation: Operation) -> set[Outcome]:
    """Perform an operation and say how it ended."""
    endings = world.writer.perform(operation)
    ends = [endings.get(address) for address in addresses(operation)]
    return {Outcome.DONE if end is None else end.outcome for end in ends}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_done_though_every_reply_was_lost_is_done(world, kind):
    world.weather.lost = 99
    assert outcomes(world, world.operation(kind)) == {Outcome.DONE}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_done_is_done_at_another_attempt(world, kind):
    world.weather.dropped = 1
    assert outcomes(world, world.operation(kind)) == {Outcome.DONE}
    world.weather.dropped = 0
    assert outcomes(world, world.operation(kind)) == {Outcome.DONE}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_never_done_has_failed(world, kind):
    world.weather.dropped = 99
    operation = world.operation(kind)
    try:
        assert outcomes(world, operation) == {Outcome.FAILED}
    except RemoteError as error:
        assert not error.uncertain  # noqa: PT017 - either is right


@pytest.mark.parametrize("kind", KINDS)
def test_what_can_not_be_looked_up_is_unknown(world, kind):
    world.weather.dropped = 99
    # What is read before the write is read; what comes after is not.
    world.weather.reads = int(kind in {"create dataset", "update dataset", *UPDATES})
    assert outcomes(world, world.operation(kind)) == {Outcome.UNKNOWN}
    (ending, *_) = world.writer.perform(world.operation("delete label")).values()
    assert "can't be looked up" in ending.message


def test_an_upload_whose_reply_was_lost_is_just_a_failure(world):
    world.weather.dropped = 99
    with pytest.raises(RemoteError):
        world.writer.perform(UploadFile(Upload("a.png", "0")))


def test_a_creation_is_not_sent_again_before_it_was_looked_up(world):
    world.weather.lost = 1
    world.weather.log.clear()
    world.writer.perform(world.operation("create dataset"))
    assert world.weather.log == [
        "GET /user",
        "POST /user/datasets/",
        "GET /datasets/jane/new/",
    ]


def test_what_appeared_meanwhile_is_taken_only_if_it_is_the_same(world):
    operation = world.operation("create dataset")
    world.writer.perform(operation)
    assert outcomes(world, operation) == {Outcome.DONE}
    world.client.update_dataset("jane/new", {"description": "Theirs."})
    with pytest.raises(ConflictError, match="appeared since the plan"):
        world.writer.perform(operation)
    for kind in ("create labelset", "create release", "add collaborator"):
        operation = world.operation(kind)
        assert outcomes(world, operation) == {Outcome.DONE}
        assert outcomes(world, operation) == {Outcome.DONE}
    bob = PutCollaborator(NAME, Collaborator(user="bob", role="admin"), exists=False)
    assert outcomes(world, bob) == {Outcome.DONE}
    assert world.client.get_collaborator(NAME, "bob").role == "admin"


def test_a_creation_that_is_refused_is_not_looked_up(world):
    world.weather.log.clear()
    with pytest.raises(ResponseError):
        world.writer.perform(CreateLabelset("jane/none", Labelset(name="x")))
    assert len(world.weather.log) == 1


def many(count: int) -> CreateSamples:
    rows = (Sample(name=f"m{number}", attributes=IMAGE) for number in range(count))
    return CreateSamples(NAME, tuple(NewSample(row, None) for row in rows))


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_many_samples_are_looked_up_by_a_listing(world, count):
    operation = many(count)
    world.weather.lost = 99
    world.weather.log.clear()
    assert outcomes(world, operation) == {Outcome.DONE}
    lookups = sum(line.startswith("GET") for line in world.weather.log)
    assert lookups == (FEW if count == FEW else 1)
    assert world.writer.uuids[NAME]["m0"]
    pairs = tuple(
        (world.writer.uuids[NAME][name], name)
        for name in (f"m{number}" for number in range(count))
    )
    world.weather.log.clear()
    world.weather.lost = 0
    world.weather.dropped = 99
    assert outcomes(world, DeleteSamples(NAME, pairs)) == {Outcome.FAILED}


@pytest.mark.parametrize("kept", [0, 2])
def test_what_an_answer_leaves_out_is_looked_up(world, monkeypatch, kept):
    create = Client.create_samples

    def partial(self: Client, *arguments: Any) -> Any:
        return create(self, *arguments)[:kept]

    monkeypatch.setattr(Client, "create_samples", partial)
    assert outcomes(world, many(3)) == {Outcome.DONE}
    assert world.writer.uuids[NAME].keys() == {"m0", "m1", "m2"}
    monkeypatch.setattr(Client, "create_samples", lambda *_: [])
    (ending,) = world.writer.perform(creation()).values()
    assert ending.outcome is Outcome.FAILED
    assert "does not speak of it" in ending.message
    world.weather.reads = 0
    assert outcomes(world, creation()) == {Outcome.UNKNOWN}


def test_samples_of_a_dataset_that_is_gone_are_not_there(world):
    operation = many(2)
    world.client.delete_dataset(NAME)
    world.weather.dropped = 99
    assert outcomes(world, operation) == {Outcome.FAILED}


def test_a_delete_that_fell_short_is_asked_for_until_nothing_is_left(world):
    operation = world.operation("delete samples")
    world.client.delete_sample(world.uuids["a"])
    world.weather.log.clear()
    assert outcomes(world, operation) == {Outcome.DONE}
    assert len(world.weather.log) == 2


def creation(**fields: Any) -> CreateSamples:
    sample = Sample(name="a new one", attributes=IMAGE, **fields)
    return CreateSamples(NAME, (NewSample(sample, None),))


FIELDS: list[dict[str, Any]] = [
    {},
    {"metadata": {}},
    {"metadata": {"light": 1.0, "none": None}},
    {"priority": 2, "readme": "x"},
    {"assigned_labeler": "bob", "assigned_reviewer": None},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_what_the_platform_tells_of_a_new_sample_is_what_was_sent(world, fields):
    assert world.writer.perform(creation(**fields)) == {}
    assert world.writer.uuids[NAME]["a new one"]


@pytest.mark.parametrize(
    "other", [{"priority": 3}, {"readme": "y"}, {"metadata": {"a": 1}}]
)
def test_a_sample_that_is_there_with_other_content_is_no_creation(world, other):
    world.client.add_samples(
        NAME, [{"name": "a new one", "attributes": IMAGE, **other}]
    )
    mine = {**dict.fromkeys(other, "z"), "priority": 2}
    mine["metadata"] = {"a": True}
    (ending,) = world.writer.perform(creation(**mine)).values()
    assert ending.outcome is Outcome.FAILED
    assert "appeared since the plan" in ending.message
    assert NAME not in world.writer.uuids or not world.writer.uuids[NAME]

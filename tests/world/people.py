"""What people and other programs do on the platform, past dsac."""

from collections.abc import Callable, Mapping
from random import Random
from sqlite3 import Row
from typing import Any

from dsac.errors import DsacError
from tests.world.platform import BOT, OWNER, PEOPLE, Platform
from tests.world.wishes import CATEGORIES, MASKED, NAMES, WEB, categories

Fields = dict[str, Any]
SETS = ("ground-truth", "predictions", "people", "extra")


class People:
    """The hands of everybody on one platform; no two labels of theirs are the same."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.count = 0
        self.eyed: list[tuple[str, str, str]] = []
        """Datasets, samples and label sets to which people are drawn."""

    def act(self, random: Random, weights: "Weights | None" = None) -> str:
        """Do something; give its name."""
        (act,) = random.choices(*zip(*(weights or ACTS).items(), strict=True))
        return self.do(act, random)

    def work(self, random: Random) -> str:
        """Do something about a label."""
        return self.do(random.choice((edit, edit, edit, review, rate)), random)

    def do(self, act: "Act", random: Random) -> str:
        """Do a certain thing; what the platform refuses is not done."""
        try:
            act(self, random)
        except DsacError as error:
            return f"{act.__name__} ({error})"
        return act.__name__

    def sample(self, random: Random) -> Row | None:
        """Choose a sample of any dataset."""
        rows = self.platform.rows(
            "SELECT s.uuid, s.name, d.id AS owner, "
            "d.owner || '/' || d.name AS dataset, "
            "json_extract(d.fields, '$.task_type') AS task_type "
            "FROM samples s JOIN datasets d ON d.id = s.dataset ORDER BY s.id"
        )
        eyed = {item[:2] for item in self.eyed}
        drawn = [row for row in rows if (row["dataset"], row["name"]) in eyed]
        if drawn and random.random() < 0.8:
            rows = drawn
        return random.choice(rows) if rows else None

    def label(self, random: Random) -> Row | None:
        """Choose a label."""
        rows = self.platform.rows(
            "SELECT s.uuid, l.labelset, d.owner || '/' || d.name AS dataset "
            "FROM labels l JOIN samples s ON s.id = l.sample "
            "JOIN datasets d ON d.id = s.dataset ORDER BY s.id, l.labelset"
        )
        return random.choice(rows) if rows else None

    def dataset(self, random: Random) -> str:
        """Choose a dataset."""
        rows = self.platform.rows(
            "SELECT owner || '/' || name AS name FROM datasets ORDER BY id"
        )
        return str(random.choice(rows)["name"]) if rows else ""

    def invite(self, dataset: str) -> None:
        """Let everybody work on a dataset."""
        with self.platform.store.write() as database:
            database.executemany(
                "INSERT INTO collaborators SELECT id, ?, 'reviewer' FROM datasets "
                "WHERE owner || '/' || name = ? AND NOT EXISTS (SELECT 1 FROM "
                "collaborators WHERE user = ? AND dataset = id)",
                [(name, dataset, name) for name in (*PEOPLE, BOT)],
            )

    def drawing(self, task_type: str) -> dict[str, Any]:
        """Draw what nobody drew before."""
        self.count += 1
        row: dict[str, Any] = {"id": self.count, "category_id": 1}
        if task_type != MASKED:
            row |= {"type": "bbox", "points": [[0, 0], [self.count, self.count]]}
        return {"annotations": [row]}

    def put(self, user: str, status: str, labelset: str, random: Random) -> None:
        """Write a label as a user."""
        found = self.sample(random)
        if found is None:
            return
        where = (found["dataset"], found["name"])
        drawn = [name for *at, name in self.eyed if tuple(at) == where and name]
        if drawn and user != OWNER and random.random() < 0.7:
            labelset = random.choice(drawn)
        self.invite(found["dataset"])
        existing = self.platform.rows(
            "SELECT name FROM labelsets WHERE dataset = ?", found["owner"]
        )
        if labelset not in {row["name"] for row in existing}:
            self.platform.clients[OWNER].add_labelset(found["dataset"], labelset)
        fields: Fields = {
            "label_status": status,
            "attributes": self.drawing(found["task_type"]),
        }
        self.platform.clients[user].put_label(found["uuid"], labelset, fields)


Act = Callable[[People, Random], None]
Weights = Mapping[Act, int]


def edit(people: People, random: Random) -> None:
    status = random.choice(("LABELED", "LABELED", "PRELABELED", "SKIPPED"))
    people.put(random.choice(PEOPLE), status, random.choice(SETS), random)


def edit_as_the_owner(people: People, random: Random) -> None:
    """Label in the browser, as the user whose key dsac has."""
    labelset = random.choice(("ground-truth", "people", "extra"))
    people.put(OWNER, "LABELED", labelset, random)


def predict(people: People, random: Random) -> None:
    people.put(BOT, "PRELABELED", random.choice(SETS), random)


def _patch(people: People, random: Random, fields: dict[str, Any]) -> None:
    found = people.label(random)
    if found is not None:
        people.invite(found["dataset"])
        client = people.platform.clients[random.choice(PEOPLE)]
        client.update_label(found["uuid"], found["labelset"], fields)


def accept(people: People, random: Random) -> None:
    """Change nothing of a label but its status; the content stays a machine's."""
    _patch(people, random, {"label_status": random.choice(("LABELED", "PRELABELED"))})


def review(people: People, random: Random) -> None:
    _patch(people, random, {"label_status": random.choice(("REVIEWED", "REJECTED"))})


def rate(people: People, random: Random) -> None:
    _patch(people, random, {"rating": random.choice((1, 5))})


def drop_label(people: People, random: Random) -> None:
    found = people.label(random)
    if found is not None:
        people.platform.clients[OWNER].delete_label(found["uuid"], found["labelset"])


def drop_sample(people: People, random: Random) -> None:
    found = people.sample(random)
    if found is not None:
        people.platform.clients[OWNER].delete_sample(found["uuid"])


def _change(people: People, random: Random, fields: dict[str, Any]) -> None:
    found = people.sample(random)
    if found is not None:
        people.platform.clients[OWNER].update_sample(found["uuid"], fields)


def rename(people: People, random: Random) -> None:
    _change(people, random, {"name": random.choice(NAMES)})


def change_image(people: People, random: Random) -> None:
    url = random.choice(WEB)
    _change(people, random, {"attributes": {"image": {"url": url}}})


def strip_metadata(people: People, random: Random) -> None:
    """Take all metadata away, the marker with them."""
    _change(people, random, {"metadata": {}})


def add_samples(people: People, random: Random) -> None:
    """Add samples that no manifest manages, some by a name that one may want."""
    dataset = people.dataset(random)
    if dataset:
        names = [random.choice(NAMES), *(f"x{random.randrange(9)}" for _ in range(3))]
        rows: list[Fields] = [
            {"name": name, "attributes": {"image": {"url": random.choice(WEB[:2])}}}
            for name in dict.fromkeys(names)
        ]
        people.platform.clients[OWNER].add_samples(dataset, rows)


def clone(people: People, random: Random) -> None:
    source = people.dataset(random)
    if source:
        fields: Fields = {"name": random.choice("abc"), "clone_labels": True}
        people.platform.clients[OWNER].clone_dataset(source, fields)


def rename_categories(people: People, random: Random) -> None:
    dataset = people.dataset(random)
    if dataset:
        found: Fields = {"categories": categories(random.choice(CATEGORIES))}
        client = people.platform.clients[OWNER]
        client.update_dataset(dataset, {"task_attributes": found})


def drop_labelset(people: People, random: Random) -> None:
    dataset = people.dataset(random)
    if dataset:
        client = people.platform.clients[OWNER]
        client.delete_labelset(dataset, random.choice(("predictions", "extra")))


ACTS: Weights = {
    edit: 30,
    edit_as_the_owner: 6,
    predict: 4,
    accept: 8,
    review: 8,
    rate: 4,
    drop_label: 4,
    drop_sample: 3,
    rename: 3,
    change_image: 3,
    strip_metadata: 2,
    add_samples: 6,
    clone: 6,
    rename_categories: 2,
    drop_labelset: 1,
}
"""How often which of them is done."""

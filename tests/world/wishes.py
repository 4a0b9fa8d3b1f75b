"""What manifests may come to want: documents, and small changes of their minds."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Document = dict[str, Any]
"""One dataset as its manifest says; JSON, which is YAML too."""

NAMES = ("s1", "s2", "s3", "s4", "s5")
WEB = tuple(f"http://dsac.invalid/assets/jane/{number}.jpg" for number in (1, 2, 3))
"""URLs behind which there is nothing, which the platform itself says."""

IMAGES = (
    *WEB[:2],
    "../images/1.png",
    "../images/2.png",
)
SETS = ("ground-truth", "predictions", "people")
STATUSES = ("PRELABELED", "PRELABELED", "LABELED")
ROSE, VIOLET, TULIP = "rose", "violet", "tulip"
CATEGORIES = (
    {1: ROSE, 2: VIOLET},
    {1: ROSE, 2: VIOLET, 3: TULIP},
    {1: ROSE},
    {1: VIOLET, 2: ROSE},
    {1: TULIP, 2: VIOLET},
)
MASKED = "segmentation-bitmap"


def categories(names: Mapping[int, str]) -> list[Document]:
    """Write categories as a manifest has them."""
    return [{"id": key, "name": name} for key, name in names.items()]


def new_document(dataset: str, random: Random) -> Document:
    """Write the first version of a manifest."""
    document: Document = {
        "dataset": dataset,
        "task_type": random.choice(("bboxes", "bboxes", "bboxes", MASKED)),
        "categories": categories(CATEGORIES[0]),
        "labelsets": {
            "people": {"owner": "annotators"},
            "predictions": {"owner": "manifest"},
        },
        "samples": [],
    }
    names = random.sample(NAMES, random.randint(1, 4))
    document["samples"] = [new_sample(document, name, random) for name in names]
    return document


def new_sample(document: Document, name: str, random: Random) -> Document:
    """Write a sample with some labels."""
    chosen = random.sample(SETS, random.randint(0, 2))
    labels = {labelset: new_label(document, random) for labelset in chosen}
    return {"name": name, "image": random.choice(IMAGES), "labels": labels}


def new_label(document: Document, random: Random) -> Document:
    """Write a label; few differ from each other, so that some are met again."""
    label: Document = {"status": random.choice(STATUSES)}
    if random.random() < 0.3:
        label["score"] = random.choice((0, 0.5, 1))
    if document["task_type"] == MASKED:
        if random.random() < 0.5:
            label["bitmap"] = random.choice(("../masks/1.png", "../masks/2.png"))
        label["annotations"] = [{"id": 1, "category_id": 1}]
    else:
        points = [[0, 0], [random.choice((5, 6)), 9]]
        box = {"id": 1, "category_id": 1, "type": "bbox", "points": points}
        label["attributes"] = {"format_version": "0.1", "annotations": [box]}
    return label


Mutation = Callable[[Document, Random], None]
"""Changes a document; does nothing where there is nothing to change."""


def _rows(document: Document) -> list[Document]:
    rows: list[Document] = document.get("samples") or []
    return rows


def add_sample(document: Document, random: Random) -> None:
    there = {row["name"] for row in _rows(document)}
    free = [name for name in NAMES if name not in there]
    if free:
        row = new_sample(document, random.choice(free), random)
        document["samples"] = [*_rows(document), row]


def drop_sample(document: Document, random: Random) -> None:
    rows = _rows(document)
    if rows:
        rows.remove(random.choice(rows))


def change_image(document: Document, random: Random) -> None:
    for row in _rows(document)[:1]:
        row["image"] = random.choice(IMAGES)


def change_priority(document: Document, random: Random) -> None:
    for row in random.sample(_rows(document), min(1, len(_rows(document)))):
        row["priority"] = random.choice((0, 1, 2))
        row["metadata"] = {"city": random.choice(("Ghent", "Delft"))}


def write_label(document: Document, random: Random) -> None:
    for row in random.sample(_rows(document), min(2, len(_rows(document)))):
        row["labels"][random.choice(SETS)] = new_label(document, random)


def drop_label(document: Document, random: Random) -> None:
    labelled = [row for row in _rows(document) if row["labels"]]
    if labelled:
        labels = random.choice(labelled)["labels"]
        del labels[random.choice(sorted(labels))]


def rename(document: Document, random: Random) -> None:
    """Give a sample another name; now and then that of one that is renamed, too."""
    rows = _rows(document)
    there = {row["name"] for row in rows}
    free = [name for name in NAMES if name not in there]
    if not (rows and free):
        return
    moved = []
    name = random.choice(free)
    for row in random.sample(rows, min(len(rows), random.choice((1, 1, 2)))):
        moved.append({"from": row["name"], "to": name})
        row["name"], name = name, row["name"]
    document["moved"] = moved
    if random.random() < 0.2:
        change_image(document, random)


def forget_moves(document: Document, random: Random) -> None:
    del random
    document.pop("moved", None)


def change_categories(document: Document, random: Random) -> None:
    document["categories"] = categories(random.choice(CATEGORIES))


def change_task_type(document: Document, random: Random) -> None:
    if document["task_type"] != MASKED:
        document["task_type"] = random.choice(("bboxes", "vector"))


def change_lifecycle(document: Document, random: Random) -> None:
    document["lifecycle"] = {
        "prune": random.choice(("owned", "owned", "none", "all")),
        "adopt": random.choice(("changed", "changed", "all", "none")),
        "prevent_destroy": random.choice((True, False, False)),
    }


def change_owner(document: Document, random: Random) -> None:
    owner = random.choice(("manifest", "annotators"))
    document["labelsets"][random.choice(SETS)] = {"owner": owner}


def remove_labelset(document: Document, random: Random) -> None:
    name = random.choice(("predictions", "people", "extra"))
    document["labelsets"].pop(name, None)
    for row in _rows(document):
        row["labels"].pop(name, None)
    document["removed"] = [f"@{name}"]


def keep_labelsets(document: Document, random: Random) -> None:
    del random
    document.pop("removed", None)


def want_none(document: Document, random: Random) -> None:
    document["samples"] = []
    del random


def manage_none(document: Document, random: Random) -> None:
    document["samples"] = None
    del random


MUTATIONS: Mapping[Mutation, int] = {
    add_sample: 7,
    drop_sample: 10,
    change_image: 8,
    change_priority: 4,
    write_label: 14,
    drop_label: 10,
    rename: 8,
    forget_moves: 5,
    change_categories: 5,
    change_task_type: 1,
    change_lifecycle: 6,
    change_owner: 4,
    remove_labelset: 4,
    keep_labelsets: 3,
    want_none: 1,
    manage_none: 1,
}
"""How often minds change in which way."""


def mutate(
    document: Document, random: Random, weights: Mapping[Mutation, int] = MUTATIONS
) -> None:
    """Change a document's mind once."""
    (chosen,) = random.choices(list(weights), list(weights.values()))
    chosen(document, random)
    # A label set that shall go can't be wanted, too.
    gone = {name.removeprefix("@") for name in document.get("removed", ())}
    for row in _rows(document):
        row["labels"] = {k: v for k, v in row["labels"].items() if k not in gone}
    wanted = {row["name"] for row in _rows(document)}
    moved = document.get("moved", ())
    if not all(item["to"] in wanted for item in moved):
        document.pop("moved", None)

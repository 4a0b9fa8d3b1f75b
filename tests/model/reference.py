"""A Segments API in a few dictionaries: what the emulator is compared with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

OWNER = {"acme": "jane"}
"""Organisations, and who administers them."""

USERS = ("jane", "bob", "eve")
GROUND_TRUTH = "ground-truth"
VERDICTS = frozenset({"REVIEWED", "REJECTED"})
LEVELS = {"": 0, "labeler": 1, "reviewer": 1, "manager": 1, "admin": 2}
READ, LABEL, MANAGE = 0, 1, 2


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """An answer with an error status, and words that must stand in it."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(status, words)
        self.status, self.words = status, words


@dataclass
class Label:
    """A label; `turn` says when it was last written."""

    status: str
    attributes: dict[str, Any]
    score: float | None
    created_by: str
    turn: int
    updated_by: str | None = None
    reviewed_by: str | None = None

    def told(self) -> dict[str, Any]:
        """Describe it whole, but for times."""
        return {
            **self.summary(),
            "attributes": self.attributes,
            "updated_by": self.updated_by,
        }

    def summary(self) -> dict[str, Any]:
        """Describe it as a listing does that was not asked for the whole."""
        return {
            "label_status": self.status,
            "score": self.score,
            "created_by": self.created_by,
            "reviewed_by": self.reviewed_by,
        }


@dataclass
class Sample:
    """A sample; `turn` says when it was made."""

    name: str
    attributes: dict[str, Any]
    metadata: dict[str, Any]
    priority: float
    assigned_labeler: str | None
    created_by: str
    turn: int
    labels: dict[str, Label] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Describe it without its label."""
        return {
            "name": self.name,
            "attributes": self.attributes,
            "metadata": self.metadata,
            "priority": self.priority,
            "assigned_labeler": self.assigned_labeler,
            "created_by": self.created_by,
        }


@dataclass
class Dataset:
    """A dataset; samples stand by their keys, in the order in which they were made."""

    owner: str
    name: str
    public: bool
    description: str
    metadata: dict[str, Any]
    cloned_from: str | None = None
    samples: dict[int, Sample] = field(default_factory=dict)
    labelsets: dict[str, str] = field(default_factory=lambda: {GROUND_TRUTH: ""})
    collaborators: dict[str, str] = field(default_factory=dict)
    releases: dict[str, int] = field(default_factory=dict)
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)

    def role(self, user: str) -> str:
        """Give what a user is to it."""
        if user in {self.owner, OWNER.get(self.owner)}:
            return "admin"
        return self.collaborators.get(user, "")

    def stats(self) -> dict[str, int]:
        """Count the labels of the ground truth by status."""
        found: dict[str, int] = {"TOTAL": len(self.samples)}
        for sample in self.samples.values():
            label = sample.labels.get(GROUND_TRUTH)
            if label is not None:
                found[label.status] = found.get(label.status, 0) + 1
        return found

    def told(self, user: str) -> dict[str, Any]:
        """Describe it to a user."""
        return {
            "full_name": f"{self.owner}/{self.name}",
            "public": self.public,
            "description": self.description,
            "metadata": self.metadata,
            "cloned_from": self.cloned_from,
            "label_stats": self.stats(),
            "samples_count": len(self.samples),
            "collaborators_count": len(self.collaborators),
            "role": self.role(user) or None,
            "labelsets": [{"name": name} for name in self.labelset_names()],
        }

    def labelset_names(self) -> list[str]:
        """Name its label sets, the ground truth first."""
        return [GROUND_TRUTH, *sorted(set(self.labelsets) - {GROUND_TRUTH})]

    def by_name(self, name: str) -> int | None:
        """Find a sample."""
        for key, sample in self.samples.items():
            if sample.name == name:
                return key
        return None


@dataclass(frozen=True)
class Listing:
    """What a listing of samples is asked for."""

    sort: str = "name"
    labelset: str = ""
    full: bool = False
    contains: str = ""
    pair: str = ""
    statuses: tuple[str, ...] = ()
    size: int = 2
    page: int = 1


class Reference:
    """The model; each method answers as the API should, or raises Refused."""

    def __init__(self) -> None:
        self.datasets: dict[tuple[str, str], Dataset] = {}
        self.turn = 0

    def next_turn(self) -> int:
        """Count on."""
        self.turn += 1
        return self.turn

    def find(self, user: str, owner: str, name: str, level: int = READ) -> Dataset:
        """Find a dataset in which a user may do something."""
        found = self.datasets.get((owner, name))
        if found is None or not (found.public or found.role(user)):
            raise Refused(404, "not found")
        if LEVELS[found.role(user)] < level:
            raise Refused(403, "do not have permission")
        return found

    def add_dataset(self, user: str, owner: str, made: Dataset) -> dict[str, Any]:
        if owner != user and OWNER.get(owner) != user:
            raise Refused(403, "do not have permission")
        if (owner, made.name) in self.datasets:
            raise Refused(400, "already exists")
        self.datasets[owner, made.name] = made
        return made.told(user)

    def list_datasets(self, user: str, owner: str) -> list[dict[str, Any]]:
        found = [
            item
            for (of, _), item in sorted(self.datasets.items())
            if of == owner and (item.public or item.role(user))
        ]
        return [item.told(user) for item in found]

    def clone(
        self,
        user: str,
        source: Dataset,
        name: str,
        *,
        labels: bool,
        keys: Iterable[int],
    ) -> dict[str, Any]:
        if not source.public and LEVELS[source.role(user)] < MANAGE:
            raise Refused(403, "do not have permission")
        if (user, name) in self.datasets:
            raise Refused(400, "already exists")
        made = Dataset(
            user,
            name,
            public=False,
            description=source.description,
            metadata=source.metadata,
            cloned_from=f"{source.owner}/{source.name}",
            labelsets=dict(source.labelsets),
        )
        for key, sample in zip(keys, source.samples.values(), strict=False):
            kept = {of: replace(label) for of, label in sample.labels.items()}
            made.samples[key] = replace(
                sample,
                created_by=user,
                turn=self.next_turn(),
                labels=kept if labels else {},
            )
        self.datasets[user, name] = made
        return made.told(user)

    def add_sample(self, dataset: Dataset, key: int, made: Sample) -> dict[str, Any]:
        if dataset.by_name(made.name) is not None:
            raise Refused(400, "already exists")
        dataset.samples[key] = made
        return made.told()

    def list_samples(self, dataset: Dataset, asked: Listing) -> list[dict[str, Any]]:
        rows = [item for item in dataset.samples.values() if self._fits(item, asked)]
        rows.sort(key=lambda item: item.name)
        descending = asked.sort.startswith("-")
        key = ORDERS.get(asked.sort.removeprefix("-"), ORDERS["name"])
        # By the name first, then by the key: of equal ones the names decide.
        rows.sort(key=lambda item: item.name, reverse=descending)
        rows.sort(key=key, reverse=descending)
        start = (asked.page - 1) * asked.size
        found = rows[start : start + asked.size]
        if not found and asked.page > 1:
            raise Refused(404, "invalid page")
        return [self._row(item, asked) for item in found]

    def _fits(self, sample: Sample, asked: Listing) -> bool:
        label = sample.labels.get(asked.labelset or GROUND_TRUTH)
        status = "UNLABELED" if label is None else label.status
        key, colon, value = asked.pair.partition(":")
        held = sample.metadata.get(key)
        text = str(held).lower() if isinstance(held, bool) else str(held)
        return (
            asked.contains in sample.name
            and (not colon or (key in sample.metadata and text == value))
            and (not asked.statuses or status in asked.statuses)
        )

    def _row(self, sample: Sample, asked: Listing) -> dict[str, Any]:
        told = sample.told()
        if asked.labelset:
            label = sample.labels.get(asked.labelset)
            whole = asked.full
            told["label"] = label and (label.told() if whole else label.summary())
        return told


def _written(sample: Sample) -> tuple[int, int]:
    label = sample.labels.get(GROUND_TRUTH)
    return (0, 0) if label is None else (1, label.turn)


ORDERS: Mapping[str, Callable[[Sample], Any]] = {
    "name": lambda item: item.name,
    "created_at": lambda item: item.turn,
    "priority": lambda item: item.priority,
    "gt_label__updated_at": _written,
}

"""Whose label it is: the whole table."""

import itertools

import pytest

from dsac.core.labels import Machines
from dsac.core.resources import Label, RemoteLabel, Unknown

MACHINES = Machines(frozenset({"ci", "bot"}))
STATUSES = (
    "PRELABELED",
    "LABELING_IN_PROGRESS",
    "LABELED",
    "REVIEWING_IN_PROGRESS",
    "REVIEWED",
    "REJECTED",
    "SKIPPED",
    "VERIFIED",
)
WRITERS = (
    # created by, updated by, is the last of them a machine
    ("ci", None, True),
    ("ci", "bot", True),
    ("bob", "ci", True),
    ("ci", "bob", False),
    ("bob", None, False),
    (None, None, False),
)


@pytest.mark.parametrize("owner", ["annotators", "manifest"])
@pytest.mark.parametrize("stated", [None, "PRELABELED", "LABELED", "REVIEWED"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_machine_made_label_has_the_status_no_reviewer_no_rating_and_a_machine(
    owner: str, stated: str | None, status: str
) -> None:
    allowed = {"PRELABELED"} | ({stated} if owner == "manifest" else set())
    for (created, updated, machine), reviewer, rating in itertools.product(
        WRITERS, (None, "", "eve", "ci"), (None, 0.0, 4.0)
    ):
        label = RemoteLabel(
            label=Label(status=status),
            created_by=created,
            updated_by=updated,
            reviewed_by=reviewer,
            rating=rating,
        )
        expected = (
            status in allowed
            and machine
            and reviewer not in {"eve", "ci"}
            and rating is None
        )
        assert MACHINES.made(label, owner=owner, stated=stated) is expected


@pytest.mark.parametrize("owner", ["annotators", "manifest"])
def test_an_unknown_label_is_a_persons(owner: str) -> None:
    assert not MACHINES.made(Unknown(), owner=owner, stated="PRELABELED")


def test_a_label_set_of_nobodys_is_judged_like_the_annotators() -> None:
    label = RemoteLabel(label=Label(status="LABELED"), created_by="ci")
    assert not MACHINES.made(label)
    assert not MACHINES.made(label, stated="LABELED")

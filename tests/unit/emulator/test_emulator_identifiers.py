"""Uuids that are cheap to make."""

import uuid

from dsac.emulator.identifiers import identifier, identifiers


def test_they_are_uuids_of_version_7_and_all_different():
    made = list(identifiers(5000))
    assert len(set(made)) == 5000
    for text in made:
        found = uuid.UUID(text)
        assert str(found) == text
        assert (found.version, found.variant) == (7, uuid.RFC_4122)


def test_one_can_be_made_alone():
    assert identifier() != identifier()


def test_none_can_be_made():
    assert list(identifiers(0)) == []

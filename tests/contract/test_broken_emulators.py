"""Emulators that are wrong in one thing each: the table of the contract notices."""

from collections.abc import Callable

import pytest
from flask import Flask, Response, g, request

from dsac.emulator import (
    Account,
    bulk,
    create_app,
    datasets,
    labels,
    listing,
    samples,
    validation,
)
from dsac.emulator import body as bodies
from dsac.emulator.access import dataset_for, sample_for
from dsac.emulator.choices import DEFAULTS, GROUND_TRUTH
from dsac.emulator.context import reply, store
from dsac.emulator.errors import ApiError, not_found, refused
from dsac.emulator.listing import Order
from dsac.emulator.paging import Page
from dsac.emulator.shapes import sample_shape
from tests.contract.drivers import Driver
from tests.contract.scenarios import SCENARIOS

pytestmark = pytest.mark.search

Patch = pytest.MonkeyPatch
Breaks = Callable[[Flask, Patch], None]
BROKEN: list[Breaks] = []


def broken(breaks: Breaks) -> Breaks:
    """Note a way to break the emulator."""
    BROKEN.append(breaks)
    return breaks


def instead(app: Flask, view: str, wrap: Callable[..., Response]) -> None:
    """Put a function in the place of a view; it is given the view."""
    original = app.view_functions[view]
    app.view_functions[view] = lambda **where: wrap(original, **where)


@broken
def bulk_add_overwrites(app: Flask, patch: Patch) -> None:
    replacing = samples.INSERT.replace(
        "ON CONFLICT DO NOTHING",
        "ON CONFLICT (dataset, name) DO UPDATE SET uuid = excluded.uuid, "
        "attributes = excluded.attributes, metadata = excluded.metadata",
    )
    patch.setattr(bulk, "INSERT", replacing)


@broken
def no_invalid_page(app: Flask, patch: Patch) -> None:
    patch.setattr(Page, "require", lambda *_: None)


@broken
def patch_resets_other_fields_of_samples(app: Flask, patch: Patch) -> None:
    stated = samples.stated_values
    blank = {"metadata": "{}", "priority": 0.0, "readme": ""}
    patch.setattr(samples, "stated_values", lambda *some: {**blank, **stated(*some)})


@broken
def patch_resets_other_fields_of_datasets(app: Flask, patch: Patch) -> None:
    fields = validation.dataset_fields
    patch.setattr(datasets, "dataset_fields", lambda body: {**DEFAULTS, **fields(body)})


@broken
def label_set_ignored(app: Flask, patch: Patch) -> None:
    found = samples._labels_by_id
    patch.setattr(
        samples,
        "_labels_by_id",
        lambda keys, _, *more: found(keys, GROUND_TRUTH, *more),
    )


@broken
def sort_ignored(app: Flask, patch: Patch) -> None:
    patch.setattr(listing, "order_asked", lambda: Order("name", descending=False))


@broken
def duplicate_names_accepted(app: Flask, patch: Patch) -> None:
    def lenient(view: Callable[..., Response], owner: str, name: str) -> Response:
        try:
            return view(owner=owner, name=name)
        except ApiError as error:
            if "already exists" not in str(error.body):
                raise
        found = store().row(
            "SELECT * FROM samples WHERE dataset = ? AND name = ?",
            dataset_for(owner, name).id,
            bodies.object_body()["name"],
        )
        assert found is not None
        return reply(sample_shape(found), 201)

    instead(app, "samples.add_sample", lenient)


@broken
def full_labels_missing(app: Flask, patch: Patch) -> None:
    def short(view: Callable[..., Response], owner: str, name: str) -> Response:
        request.args = request.args.copy()
        request.args.pop("include_full_label", None)
        return view(owner=owner, name=name)

    instead(app, "samples.list_samples", short)


@broken
def gzip_refused(app: Flask, patch: Patch) -> None:
    def unzipped(_: bytes) -> bytes:
        raise refused(400, "JSON parse error")

    patch.setattr(bodies, "unzipped", unzipped)


@broken
def wrong_key_accepted(app: Flask, patch: Patch) -> None:
    def anybody() -> None:
        key = request.headers.get("Authorization", "")
        g.user = "bob" if key.endswith("bob-key") else "jane"

    app.before_request_funcs[None] = [anybody]


@broken
def bulk_delete_refuses_unknown_uuids(app: Flask, patch: Patch) -> None:
    def strict(view: Callable[..., Response], owner: str, name: str) -> Response:
        for uuid in bodies.object_body()["uuids"]:
            sample_for(uuid)
        return view(owner=owner, name=name)

    instead(app, "bulk.delete_samples", strict)


@broken
def assignee_null_ignored(app: Flask, patch: Patch) -> None:
    stated = samples.stated_values
    patch.setattr(
        samples,
        "stated_values",
        lambda *some: {
            key: item for key, item in stated(*some).items() if item is not None
        },
    )


@broken
def a_clone_is_public(app: Flask, patch: Patch) -> None:
    def open_to_all(view: Callable[..., Response], owner: str, name: str) -> Response:
        answer = view(owner=owner, name=name)
        store().connection().execute(
            "UPDATE datasets SET fields = json_set(fields, '$.public', json('true')) "
            "WHERE cloned_from IS NOT NULL"
        )
        return answer

    instead(app, "datasets.clone_dataset", open_to_all)


@broken
def labels_replace_nothing(app: Flask, patch: Patch) -> None:
    def kept(view: Callable[..., Response], key: str, labelset: str) -> Response:
        sample, _ = sample_for(key)
        there = store().row(
            "SELECT 1 FROM labels WHERE sample = ? AND labelset = ?",
            sample["id"],
            labelset,
        )
        if there:
            return labels.get_label(key, labelset)
        return view(key=key, labelset=labelset)

    instead(app, "labels.put_label", kept)


@broken
def private_datasets_are_forbidden_instead_of_not_found(
    app: Flask, patch: Patch
) -> None:
    from dsac.emulator import access, errors

    patch.setattr(access, "not_found", errors.forbidden)


def complaints(url: str, which: str) -> list[str]:
    """Run the table up to the first scenario that fails; give what it says."""
    for number, scenario in enumerate(SCENARIOS):
        api = Driver(which, url, key="jane-key", prefix=f"p{number}-")
        try:
            scenario.run(api)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - any will do
            return [f"{scenario.name}: {error!r}"]
        finally:
            api.close()
    return []


@pytest.fixture
def app(tmp_path) -> Flask:
    """Build an emulator that can still be broken."""
    accounts = [Account("jane", "jane-key"), Account("bob", "bob-key")]
    return create_app(tmp_path / "data", accounts=accounts, organizations=["acme"])


@pytest.mark.parametrize("which", ["sdk", "dsac"])
@pytest.mark.parametrize("breaks", BROKEN, ids=lambda item: item.__name__)
def test_a_broken_emulator_is_noticed(breaks, which, app, listening, monkeypatch):
    breaks(app, monkeypatch)
    assert complaints(listening(app), which)


def test_a_whole_emulator_is_not_complained_of(app, listening):
    assert complaints(listening(app), "sdk") == []


def test_twelve_and_more_are_tried():
    assert len(BROKEN) >= 12
    assert not_found().status == 404

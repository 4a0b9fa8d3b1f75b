"""The platform's own SDK and dsac's client drive one server, from one table."""

import inspect

import pytest
import segments

import dsac
from tests.contract.drivers import anonymous, require_within
from tests.contract.scenarios import SCENARIOS, Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda item: item.name)
def test_both_clients_are_told_the_same(scenario: Scenario, driver):
    sdk, own = driver("sdk", "their-"), driver("dsac", "ourss-")
    scenario.run(sdk)
    for item in sdk.call("get_datasets"):
        sdk.call("delete_dataset", item["full_name"])
    scenario.run(own)
    theirs = anonymous(sdk.transcript[: len(own.transcript)], sdk.prefix)
    require_within(theirs, anonymous(own.transcript, own.prefix))


def public_methods(client: type) -> set[str]:
    """Name what a client can be asked to do."""
    return {
        name
        for name, _ in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_")
    } - {"close"}


def test_every_method_of_the_sdk_is_driven_and_is_there_in_ours(driver):
    sdk = driver("sdk", "their-")
    for scenario in SCENARIOS:
        scenario.run(sdk)
        for item in sdk.call("get_datasets"):
            sdk.call("delete_dataset", item["full_name"])
        for item in sdk.call("get_datasets", "acme"):
            sdk.call("delete_dataset", item["full_name"])
    methods = public_methods(segments.SegmentsClient)
    assert methods == sdk.called
    assert public_methods(dsac.SegmentsClient) == methods

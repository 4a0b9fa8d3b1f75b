"""The same table against the real platform: `pytest -m live`, with a key of yours.

DSAC_LIVE_KEY is the key, DSAC_LIVE_URL the address (the platform's own by default). The
datasets that are made have names of their own and are deleted in the end. What needs a
second account, or rests on what nobody has documented, is left out.
"""

import os
import uuid

import pytest

from dsac.remote.segments_client import API_URL
from tests.contract.drivers import Driver, anonymous, require_within
from tests.contract.scenarios import SCENARIOS, Scenario

KNOWN = [item for item in SCENARIOS if not (item.accounts or item.assumed)]


def transcript_of(scenario: Scenario, which: str) -> object:
    """Run a scenario and delete what it made."""
    key = os.environ["DSAC_LIVE_KEY"]
    url = os.environ.get("DSAC_LIVE_URL", API_URL)
    prefix = f"dsac-contract-{uuid.uuid4().hex[:8]}-"
    api = Driver(which, url, key=key, prefix=prefix)
    try:
        scenario.run(api)
        return anonymous(api.transcript, prefix)
    finally:
        made = [item["full_name"] for item in api.call("get_datasets")]
        for name in made:
            if name.startswith(f"{api.user}/{prefix}"):
                api.call("delete_dataset", name)
        api.close()


@pytest.mark.live
@pytest.mark.skipif(not os.environ.get("DSAC_LIVE_KEY"), reason="needs DSAC_LIVE_KEY")
@pytest.mark.parametrize("scenario", KNOWN, ids=lambda item: item.name)
def test_the_platform_keeps_the_contract(scenario: Scenario):
    require_within(transcript_of(scenario, "sdk"), transcript_of(scenario, "dsac"))

"""One typed method for each endpoint of the API."""

from dsac.remote.asset_calls import AssetCalls
from dsac.remote.dataset_calls import DatasetCalls
from dsac.remote.sample_calls import SampleCalls


class Client(DatasetCalls, SampleCalls, AssetCalls):
    """The API, an endpoint a method; every error is typed (`dsac.errors`).

    Args of all methods: `dataset` is a full name, owner/name; `uuid` a sample's,
    if nothing else is said.
    """

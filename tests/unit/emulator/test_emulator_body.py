"""Bodies: JSON, gzip, bounds. Nothing that one can send is a server's fault."""

import gzip
import json
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsac.emulator.body import LARGEST_BODY, unzipped
from dsac.emulator.errors import ApiError

IMAGE = {"image": {"url": "https://bucket.example.com/a.jpg"}}
TOO_DEEP = {"detail": "JSON is nested more than 100 levels deep."}


def nested(levels: int) -> object:
    value: object = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b'"\xff"',
        b'{"name": "\\ud800"}',
        b'{"name": NaN}',
        b'{"priority": 1e999}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
@pytest.mark.parametrize("path", ["samples", "samples_bulk"])
def test_what_is_no_json_is_refused(api, flowers: str, path: str, body: bytes):
    found = api("POST", f"{flowers}/{path}/", body, expect=400)
    assert found["detail"].startswith("JSON parse error - ")


def test_an_empty_body_is_an_empty_object(api, flowers: str):
    found = api("POST", f"{flowers}/samples/", b"", expect=400)
    assert found == {"name": ["This field is required."]}


@pytest.mark.parametrize("body", [[], 1, None, "text"])
def test_a_body_must_be_an_object(api, flowers: str, body: object):
    found = api("POST", f"{flowers}/samples/", json.dumps(body).encode(), expect=400)
    assert found == {"non_field_errors": ["A JSON object is expected."]}


def test_json_of_100_levels_is_taken_and_of_101_is_not(api, flowers: str):
    sample = api.sample(flowers, metadata={"deep": nested(98)})
    assert sample["metadata"] == {"deep": nested(98)}
    body = {"name": "b", "attributes": IMAGE, "metadata": {"deep": nested(99)}}
    assert api("POST", f"{flowers}/samples/", body, expect=400) == TOO_DEEP


def test_many_brackets_are_not_many_levels(api, flowers: str):
    wide = {"wide": [[] for _ in range(500)], 'brackets "[{': "[" * 500 + "\\"}
    assert api.sample(flowers, metadata=wide)["metadata"] == wide


def test_brackets_in_strings_hide_no_levels(api, flowers: str):
    closed = '["]",' * 150 + "1" + "]" * 150
    opened = ",".join(['"["'] * 150)
    body = f'{{"metadata": {{"a": {closed}, "b": [{opened}]}}}}'.encode()
    assert api("POST", f"{flowers}/samples/", body, expect=400) == TOO_DEEP


def test_bodies_may_be_zipped(api, flowers: str):
    body = gzip.compress(json.dumps({"name": "a", "attributes": IMAGE}).encode())
    headers = {"Content-Encoding": "gzip"}
    answer = api.send("POST", f"{flowers}/samples/", body, headers=headers)
    assert answer.status_code == 201


ZIPPED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    "body", [b"nonsense", ZIPPED[:-9], b"", ZIPPED + b"more", ZIPPED + ZIPPED]
)
def test_bad_gzip_is_refused(api, flowers: str, body: bytes):
    headers = {"Content-Encoding": "gzip"}
    answer = api.send("PATCH", f"{flowers}/", body, headers=headers)
    assert answer.status_code == 400


def test_a_body_that_unzips_without_end_is_refused():
    stream = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    block = bytes(1024 * 1024)
    parts = [stream.compress(block) for _ in range(LARGEST_BODY // len(block) + 1)]
    with pytest.raises(ApiError, match="too large"):
        unzipped(b"".join([*parts, stream.flush()]))


def test_other_encodings_are_not_known(api, flowers: str):
    headers = {"Content-Encoding": "br"}
    answer = api.send("POST", f"{flowers}/samples/", b"{}", headers=headers)
    assert answer.status_code == 415


FIELDS = (
    "name",
    "attributes",
    "metadata",
    "priority",
    "assigned_labeler",
    "readme",
    "description",
    "category",
    "task_type",
    "task_attributes",
    "categories",
    "id",
    "region_of_interest",
    "archived",
    "uuids",
    "role",
    "user",
    "label_status",
    "score",
    "rating",
    "status",
    "anchor",
    "type",
    "filename",
    "clone_labels",
    "owner",
    "labeling_inactivity_timeout_seconds",
    "image",
    "url",
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["segmentation-bitmap", "garden", "REVIEWED", "\x00", "..", ""]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=8,
)

ROUTES = (
    ("POST", "/user/datasets/"),
    ("POST", "/organizations/acme/datasets/"),
    ("PATCH", "{dataset}/"),
    ("POST", "{dataset}/clone/"),
    ("POST", "{dataset}/collaborators/"),
    ("PATCH", "{dataset}/collaborators/bob"),
    ("POST", "{dataset}/samples/"),
    ("POST", "{dataset}/samples_bulk/"),
    ("DELETE", "{dataset}/samples_bulk/"),
    ("PATCH", "/samples/{sample}/"),
    ("PUT", "/labels/{sample}/ground-truth/"),
    ("PATCH", "/labels/{sample}/ground-truth/"),
    ("POST", "{dataset}/labelsets/"),
    ("POST", "/samples/{sample}/issues/"),
    ("POST", "{dataset}/releases/"),
    ("POST", "/assets/"),
)

UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
"""One app serves all examples; how fast it does so depends on the machine."""

ONE_APP = settings(suppress_health_check=UNCHECKED)


@ONE_APP
@given(
    st.sampled_from(ROUTES),
    st.dictionaries(st.sampled_from(FIELDS), VALUES) | st.lists(VALUES, max_size=3),
)
def test_no_body_is_ever_a_servers_fault(api, route: tuple[str, str], body: object):
    method, path = route
    api.send("POST", "/user/datasets/", {"name": "fuzz"})
    listed = api.send("GET", "/datasets/jane/fuzz/samples/").json
    sample = (listed or api.samples("/datasets/jane/fuzz", "a"))[0]["uuid"]
    where = path.format(dataset="/datasets/jane/fuzz", sample=sample)
    assert api.send(method, where, body).status_code < 500
    assert api.send("GET", "/datasets/jane/fuzz/").status_code == 200


QUERY = st.sampled_from(
    ["page", "per_page", "labelset", "filters", "label_status", "sort"]
)


@ONE_APP
@given(st.dictionaries(QUERY, st.text(), min_size=1))
def test_no_query_is_ever_a_servers_fault(api, query: dict[str, str]):
    api.send("POST", "/user/datasets/", {"name": "fuzz"})
    path = "/datasets/jane/fuzz/samples/"
    assert api.send("GET", path, query_string=query).status_code < 500

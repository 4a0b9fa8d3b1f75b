"""A row of a listing says the same, however it was read."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsac.remote.paging import Pages
from dsac.remote.resources import remote_sample
from dsac.remote.transport import Transport
from dsac.remote.wire import ImageRow, SampleRow

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text()
ODD = SCALARS | st.floats(allow_nan=False) | st.lists(SCALARS, max_size=2)
IMAGES = st.builds(lambda url: {"image": {"url": url}}, st.text())
MORE = st.dictionaries(
    st.sampled_from(["image", "url", "other"]), ODD | st.just({"url": "u", "z": 1})
)
ROWS = st.fixed_dictionaries(
    {"uuid": st.text(), "name": st.text(), "attributes": IMAGES | MORE | st.none()},
    optional={
        "metadata": st.none() | st.dictionaries(st.text(), SCALARS | ODD, max_size=3),
        "priority": st.integers(-9, 9) | st.floats(-9, 9),
        "assigned_labeler": st.none() | st.text(),
        "assigned_reviewer": st.none() | st.text(),
        "readme": st.none() | st.text(),
        "comments": st.lists(st.integers(), max_size=2),
    },
)


@given(ROWS)
def test_a_plain_image_is_what_the_general_way_reads(row: dict[str, Any]) -> None:
    data = msgspec.json.encode(row)
    general = msgspec.json.decode(data, type=SampleRow)
    try:
        image = msgspec.json.decode(data, type=ImageRow)
    except msgspec.ValidationError:
        return
    assert image.whole() == general
    assert image.image_url == general.image_url
    assert remote_sample(image.whole(), {}) == remote_sample(general, {})


@given(ROWS)
def test_only_an_image_alone_has_an_image_url(row: dict[str, Any]) -> None:
    general = msgspec.json.decode(msgspec.json.encode(row), type=SampleRow)
    url = general.image_url
    assert (url is not None) is (
        general.attributes == {"image": {"url": url}} and isinstance(url, str)
    )


@pytest.mark.parametrize("odd", [None, {"text": {"url": "u"}}])
def test_pages_are_read_as_images_until_one_has_something_else(odd: object) -> None:
    kinds = []
    image = {"image": {"url": "u"}}
    pages: list[list[object]] = [[image], [image], [image, odd], [image]]

    def app(environ: Any, start: Any) -> list[bytes]:
        number = int(environ["QUERY_STRING"].rpartition("page=")[2])
        start("200 OK", [])
        found = pages[number - 1] if number <= len(pages) else []
        rows = [
            {"uuid": f"{number}-{at}", "name": "n", "attributes": item}
            for at, item in enumerate(found)
        ]
        return [msgspec.json.encode(rows)]

    with (
        Transport("http://dsac.invalid", key="k") as transport,
        ThreadPoolExecutor(1) as pool,
    ):
        transport.mount_wsgi(app)
        for page in Pages(
            transport,
            "/x/",
            params={},
            kind=SampleRow,
            count=None,
            pool=pool,
            window=1,
        ):
            kinds += [type(row) for row in page]
    assert kinds == [ImageRow, ImageRow, *[SampleRow] * 3]

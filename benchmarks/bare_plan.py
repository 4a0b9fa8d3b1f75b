"""The bare work of a plan: all pages through one session, parsed; the index read."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import requests
from requests.adapters import HTTPAdapter


class Row(msgspec.Struct):
    """A sample in a listing."""

    uuid: str
    name: str
    attributes: dict[str, Any]
    metadata: dict[str, Any]
    priority: float


def main() -> None:
    """Fetch, parse and read; arguments are URL, pages, index, connections."""
    url, pages, index, connections = sys.argv[1:]
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=int(connections)))
    session.headers["Authorization"] = "APIKey k"
    rows = msgspec.json.Decoder(list[Row])
    address = f"{url}/datasets/acme/many/samples/"

    def fetch(page: int) -> int:
        params = {"per_page": "1000", "page": str(page)}
        answer = session.get(address, params=params, timeout=60)
        return len(rows.decode(answer.content)) if answer.ok else 0

    line = msgspec.json.Decoder()
    with open(index, "rb") as stream:  # noqa: PTH123 - nothing is barer
        read = sum(1 for text in stream if line.decode(text))
    numbers = range(1, int(pages) + 2)
    if connections == "1":
        found = sum(map(fetch, numbers))
    else:
        with ThreadPoolExecutor(int(connections)) as pool:
            found = sum(pool.map(fetch, numbers))
    print(found, read)


if __name__ == "__main__":
    main()

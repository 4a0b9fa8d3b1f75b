"""A server that replays stored pages of one dataset, and does nothing else."""

import argparse
import asyncio
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Replay:
    """Answers from a folder: `NAME.json` for fixed answers, pages by label set.

    Args:
        folder: Has user.json, dataset.json and pages as SET-SIZE-N.json, N from 1 on,
            SET empty where no labels come along; or SET.jsonl, to make pages of.
        latency: Seconds to wait before each answer.
    """

    def __init__(self, folder: Path, latency: float) -> None:
        self.folder = folder
        self.latency = latency

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if self.latency:
                    await asyncio.sleep(self.latency)
                body = self.body(head)
                status = b"200 OK" if body is not None else b"404 Not Found"
                body = body or b'{"detail": "Invalid page."}'
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % (status, len(body))
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def body(self, head: bytes) -> bytes | None:
        """Find what is asked for; None for a page behind the end."""
        url = urlsplit(head.split(b" ", 2)[1].decode())
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        name = url.path.strip("/").rpartition("/")[2]
        if name == "samples":
            labelset = query.get("labelset", "")
            rows = self.folder / f"{labelset}.jsonl"
            if rows.exists():
                return page_of(rows, int(query["per_page"]), int(query["page"]))
            name = f"{labelset}-{query['per_page']}-{query['page']}"
        elif url.path.startswith("/datasets/") and name != "labelsets":
            name = "dataset"
        path = self.folder / f"{name}.json"
        return path.read_bytes() if path.exists() else None


def page_of(path: Path, size: int, number: int) -> bytes | None:
    """Make a page of rows, one a line in a file; None for one behind the end."""
    first = (number - 1) * size
    with path.open("rb") as stream:
        lines = [line.rstrip() for line in islice(stream, first, first + size)]
    return b"[" + b",".join(lines) + b"]" if lines else None


async def main() -> None:
    """Serve until told to end; prints the address first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--latency-ms", type=float, default=0)
    options = parser.parse_args()
    replay = Replay(options.folder, options.latency_ms / 1000)
    server = await asyncio.start_server(replay.serve, "127.0.0.1", 0, limit=1 << 20)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

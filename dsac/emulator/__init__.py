"""A local Segments API on SQLite and files, sharing no code with the client.

`create_app` gives the WSGI app, `serve` puts it on a port. flask and waitress are
imported only when one of the two is called.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dsac.emulator.accounts import Account
from dsac.emulator.faults import Faults, Faulty

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["Account", "Faults", "create_app", "serve"]


def create_app(
    data: Path,
    *,
    accounts: Sequence[Account] = (),
    organizations: Sequence[str] = (),
    faults: Faults | None = None,
) -> "Flask":
    """Give the API as a WSGI app over a data folder.

    Args:
        data: The folder of the database and the asset files; made if need be. Apps
            in several processes may share one.
        accounts: Who may come in; the first owns every organisation. Without any,
            and without any in the folder, `local` with the key `local`.
        organizations: Owners of datasets that are no persons.
        faults: What shall go wrong; nothing by default.

    Raises:
        OSError: the folder can't be made.
        ValueError: the folder is one of another version or can't be used, an account
            has the name of an organisation, or two accounts have one key.
    """
    from dsac.emulator.app import build

    app = build(data, accounts=accounts, organizations=organizations)
    if faults is not None:
        # The place for middleware, as Flask's documentation has it.
        app.wsgi_app = Faulty(app.wsgi_app, faults)  # type: ignore[method-assign]
    return app


def serve(
    app: "Flask",
    *,
    host: str = "127.0.0.1",
    port: int = 8787,
    ready: Callable[[str], None],
    stop: threading.Event | None = None,
) -> None:
    """Serve an app on a port until the process is told to end.

    Args:
        app: From `create_app`.
        host: The address to listen on.
        port: The port; 0 picks a free one.
        ready: Is told the URL once connections are accepted.
        stop: Ends the serving when it is set.

    Raises:
        OSError: the address can't be listened on.
    """
    from dsac.emulator.server import run

    run(app, host=host, port=port, ready=ready, stop=stop)

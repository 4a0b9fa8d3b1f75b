"""`dsac serve`: the local API on a port."""

import signal
from pathlib import Path
from types import FrameType

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal
from dsac.emulator import Account, create_app, serve
from dsac.emulator.accounts import LOCAL
from dsac.errors import UsageError


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".dsac/local"),
    show_default=True,
    help="The folder of the database and the files.",
)
@click.option("--account", "accounts", multiple=True, metavar="NAME[:KEY]")
@click.option("--organization", "organizations", multiple=True, metavar="NAME")
@global_options
def command(
    *,
    host: str,
    port: int,
    data: Path,
    accounts: tuple[str, ...],
    organizations: tuple[str, ...],
) -> None:
    """Serve a local Segments API on a port, until Ctrl-C.

    The first account owns every organisation; an account without a KEY has its name
    as its key. Without any account there is one, `local` with the key `local`.
    """
    terminal = Terminal(color=settings().color)
    try:
        people = [Account.parse(text) for text in accounts]
    except ValueError as error:
        raise UsageError(str(error), hint="write --account NAME:KEY") from error
    folder = settings().directory / data
    app = create_app(folder, accounts=people, organizations=organizations)

    def ready(url: str) -> None:
        terminal.result(f"Serving the Segments API on {url} (data in {folder})")
        names = ", ".join(item.name for item in people or [LOCAL])
        note = "" if people else " (its key is local)"
        terminal.talk(f"Accounts: {names}{note}. Stop with Ctrl-C.")

    signal.signal(signal.SIGTERM, _end)
    try:
        serve(app, host=host, port=port, ready=ready)
    except (OSError, ValueError) as error:
        message = f"can't listen on {host}:{port}: {error}"
        raise UsageError(message, hint="choose another --host or --port") from error
    except KeyboardInterrupt:
        pass  # waitress ends by itself when it is running; this is before that
    terminal.talk("Stopped.")


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt

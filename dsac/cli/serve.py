"""`dsac serve`: the local API on a port."""

import secrets
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal
from dsac.emulator import Account, Faults, create_app, serve
from dsac.emulator.accounts import LOCAL, NAME
from dsac.errors import UsageError

RATE = click.FloatRange(0, 1)


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
@click.option("--latency-ms", default=0.0, type=click.FloatRange(0), metavar="N")
@click.option("--fail-rate", default=0.0, type=RATE, metavar="P")
@click.option("--lose-reply-rate", default=0.0, type=RATE, metavar="P")
@click.option("--reset-rate", default=0.0, type=RATE, metavar="P")
@click.option("--truncate-rate", default=0.0, type=RATE, metavar="P")
@click.option("--rate-limit", default="", metavar="N/s", help="Above it: 429.")
@click.option("--seed", type=int, help="Repeats the faults of a run exactly.")
@global_options
def command(  # noqa: PLR0913 - one for each option
    *,
    host: str,
    port: int,
    data: Path,
    accounts: tuple[str, ...],
    organizations: tuple[str, ...],
    seed: int | None,
    rate_limit: str,
    latency_ms: float,
    **rates: float,
) -> None:
    """Serve a local Segments API on a port, until Ctrl-C.

    The first account owns every organisation; an account without a KEY has its name
    as its key. Without any account there is one, `local` with the key `local`.

    A failure can be rehearsed: requests that fail before anything is done
    (--fail-rate, --reset-rate), answers that get lost or cut after it was done
    (--lose-reply-rate, --truncate-rate), each with a probability between 0 and 1.
    """
    terminal = Terminal(color=settings().color)
    people = _people(accounts, organizations)
    folder = settings().directory / data
    faults = _faults(
        seed, limit=_per_second(rate_limit), latency=latency_ms / 1000, **rates
    )
    try:
        app = create_app(
            folder, accounts=people, organizations=organizations, faults=faults
        )
    except (OSError, ValueError) as error:
        message = f"can't serve {folder}: {error}"
        raise UsageError(message, hint="give other accounts, or --data DIR") from error

    def ready(url: str) -> None:
        terminal.result(f"Serving the Segments API on {url} (data in {folder})")
        names = ", ".join(item.name for item in people or [LOCAL])
        note = "" if people else " (its key is local)"
        terminal.talk(f"Accounts: {names}{note}. Stop with Ctrl-C.")
        if faults is not None:
            terminal.talk(f"Faults are on; --seed {faults.seed} repeats them.")

    signal.signal(signal.SIGTERM, _end)
    try:
        serve(app, host=host, port=port, ready=ready)
    except (OSError, ValueError) as error:
        message = f"can't listen on {host}:{port}: {error}"
        raise UsageError(message, hint="choose another --host or --port") from error
    except KeyboardInterrupt:
        pass  # waitress ends by itself when it is running; this is before that
    terminal.talk("Stopped.")


def _people(accounts: Sequence[str], organizations: Sequence[str]) -> list[Account]:
    """Read the accounts; an organisation has a name of its own, as they have."""
    try:
        people = [Account.parse(text) for text in accounts]
    except ValueError as error:
        raise UsageError(str(error), hint="write --account NAME:KEY") from error
    for name in organizations:
        if not NAME.fullmatch(name):
            message = f"{name!r} can't be the name of an organisation"
            hint = "write letters, digits, '.', '_' and '-'"
            raise UsageError(message, hint=hint)
    names = Counter([*(person.name for person in people), *organizations])
    for name, count in names.items():
        if count > 1:
            message = f"{name} is named {count} times among accounts and organisations"
            raise UsageError(message, hint="name each of them once")
    return people


def _per_second(text: str) -> float:
    """Read N/s, or N."""
    number = text.removesuffix("/s")
    try:
        found = float(number or 0)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        message = f"--rate-limit {text} is no number of requests a second"
        raise UsageError(message, hint="write --rate-limit 50/s")
    return found


def _faults(
    seed: int | None, *, limit: float, latency: float, **rates: float
) -> Faults | None:
    if not (limit or latency or any(rates.values())):
        return None
    chosen = secrets.randbelow(2**31) if seed is None else seed
    try:
        return Faults(latency=latency, rate_limit=limit, seed=chosen, **rates)
    except ValueError as error:
        raise UsageError(str(error), hint="give other rates") from error


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt

"""The command line; the only place that prints, prompts or exits."""

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from dsac.errors import DsacError, OutputError


def main() -> None:
    """Run the command of this process and end it with the command's exit code."""
    from dsac.cli.signals import end_on_sigterm

    end_on_sigterm()
    _fill_closed_streams()
    code = run(sys.argv[1:])
    if not _flushed():
        code = code or 1
    if any(_outlives_us(thread) for thread in threading.enumerate()):
        # Stopped at once: what is in flight would be waited for.
        os._exit(code)
    sys.exit(code)


def _fill_closed_streams() -> None:
    """Let each standard stream that was closed lead nowhere.

    Python has None for it, and the next file that is opened would get its number: what
    is said would go into that file.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - stays open
            setattr(sys, name, stream)


def _outlives_us(thread: threading.Thread) -> bool:
    return not thread.daemon and thread is not threading.main_thread()


def _flushed() -> bool:
    """Write what is left of the output; tell whether a disk took it.

    Python would try once more at its end, and complain.
    """
    well = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError) as error:
            well = well and isinstance(error, BrokenPipeError)
            _leave(stream)
    return well


def _leave(stream: TextIO) -> None:
    """Let a stream that can't be written lead nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def run(arguments: Sequence[str]) -> int:
    """Run a command.

    Returns:
        0 done or nothing to do, 1 error, blocked or partly failed, 2 changes (only
        with --detailed-exitcode). A mistake in the command line is an error too.
    """
    import click

    from dsac.cli.commands import cli
    from dsac.cli.terminal import Terminal

    terminal = Terminal()
    try:
        result = cli.main(list(arguments), prog_name="dsac", standalone_mode=False)
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return 1
    except (click.Abort, KeyboardInterrupt):
        terminal.talk("Stopped.")
        return 1
    except DsacError as error:
        terminal.fail(error)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output has gone; nothing more can be said to anyone.
        _leave(sys.stdout)
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        terminal.fail(_about_a_file(error))
        return 1
    return result if isinstance(result, int) else 0


def _about_a_file(error: OSError) -> OutputError:
    """Say which file or folder could not be made, written or read."""
    return OutputError(
        f"{os.fsdecode(error.filename)}: {error.strerror}",
        hint="check the path, its permissions, and the space that is left there",
    )

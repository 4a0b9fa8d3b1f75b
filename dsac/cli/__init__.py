"""The command line; the only place that prints, prompts or exits."""

import sys
from collections.abc import Sequence

from dsac.errors import DsacError


def main() -> None:
    """Run the command of this process and end it with the command's exit code."""
    sys.exit(run(sys.argv[1:]))


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
        sys.stdout = None
        return 1
    return result if isinstance(result, int) else 0

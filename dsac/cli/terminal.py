"""What a person sees: results on stdout, talk on stderr, questions on a terminal."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress

import click

from dsac.errors import DsacError, ManifestError, OutputError

GONE = "whoever read the result has gone"


class Terminal:
    """Owns all output of a command."""

    def __init__(self, *, color: bool = True) -> None:
        self._deaf = ""
        self.color = color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def result(self, text: str) -> None:
        """Write a result to stdout; as `results`."""
        self.results((text,))

    def results(self, parts: Iterable[str]) -> None:
        """Write a result to stdout as it is made, and a line end if it has none.

        Raises:
            BrokenPipeError: whoever read it has gone.
            OutputError: it can't be written.
        """
        try:
            part = ""
            for part in parts:
                click.echo(part, nl=False, color=True)
            if not part.endswith("\n"):
                click.echo()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"can't write the result: {error.strerror}",
                hint="make room where the output goes",
            ) from error

    def offer(self, text: str) -> bool:
        """Write a result to stdout if that can be; tell whether all is well.

        That nobody reads it any more is well; what is under way goes on.
        """
        if self._deaf:
            return self.well
        try:
            self.result(text)
        except BrokenPipeError:
            self._deaf = GONE
        except OutputError as error:
            self._deaf = str(error)
            self.fail(error)
        return self.well

    @property
    def well(self) -> bool:
        """Whether all that was offered was written, or nobody reads it any more."""
        return self._deaf in {"", GONE}

    @property
    def heard(self) -> bool:
        """Whether all that was offered could be written."""
        return not self._deaf

    def talk(self, text: str) -> None:
        """Say something that is not the result, on stderr, if anybody is there."""
        with suppress(OSError, ValueError):
            click.echo(text, err=True)

    def ask(self, question: str, *, answer: str) -> bool:
        """Ask for one exact answer on a terminal; anything else is a no."""
        self.talk(question)
        try:
            return input("  > ").strip() == answer
        except EOFError:
            return False

    def fail(self, error: DsacError) -> None:
        """Report an error: what it is about, and what to do."""
        if isinstance(error, ManifestError):
            for problem in error.problems:
                self.talk(str(problem))
            count = len(error.problems)
            self.talk(f"\nError: {count} problem{'s' if count > 1 else ''}.")
            return
        self.talk(f"Error: {error}")
        if error.hint:
            self.talk(f"  {error.hint}")

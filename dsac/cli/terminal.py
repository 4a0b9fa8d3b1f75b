"""What a person sees: results on stdout, talk on stderr, questions on a terminal."""

import os
import sys

import click

from dsac.errors import DsacError, ManifestError


class Terminal:
    """Owns all output of a command."""

    def __init__(self, *, color: bool = True) -> None:
        self.color = color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def result(self, text: str) -> None:
        """Write a result to stdout."""
        click.echo(text, nl=not text.endswith("\n"), color=True)

    def talk(self, text: str) -> None:
        """Say something that is not the result, on stderr."""
        click.echo(text, err=True)

    def ask(self, question: str, *, answer: str) -> bool:
        """Ask for one exact answer on a terminal; anything else is a no."""
        self.talk(question)
        return input("  > ").strip() == answer

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

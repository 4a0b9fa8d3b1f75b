"""`dsac init`: a project that plans and applies at once on the embedded remote."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from dsac.cli.options import global_options, settings
from dsac.cli.terminal import Terminal
from dsac.errors import UsageError

SKIPPED = frozenset({"__pycache__"})


@click.command("init")
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@global_options
def command(folder: Path) -> None:
    """Make a project in DIR that plans and applies at once.

    It comes with two labelled photographs and needs no server and no account.
    """
    target = settings().directory / folder
    source = files("dsac.cli") / "example"
    wanted = list(_walk(source, Path()))
    taken = [str(path) for path, _ in wanted if (target / path).exists()]
    if taken:
        raise UsageError(
            f"{target} has files that would be overwritten: {', '.join(taken)}",
            hint="name an empty folder",
        )
    for path, content in wanted:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content.read_bytes())
    terminal = Terminal(color=settings().color)
    terminal.result(f"Made a project in {target}.\n\nNext:")
    if folder != Path():
        terminal.result(f"  cd {folder}")
    terminal.result("  dsac plan\n  dsac apply\n  dsac plan")


def _walk(folder: Traversable, at: Path) -> list[tuple[Path, Traversable]]:
    found: list[tuple[Path, Traversable]] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name in SKIPPED:
            continue
        if item.is_dir():
            found.extend(_walk(item, at / item.name))
        else:
            found.append((at / item.name, item))
    return found

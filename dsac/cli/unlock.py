"""`dsac unlock`: remove the lease that a dead apply left on a dataset."""

import click

from dsac.cli.options import global_options, settings
from dsac.cli.running import open_project, open_session
from dsac.cli.terminal import Terminal
from dsac.engine.lease import unlock, who
from dsac.manifests.load import is_dataset_name


@click.command("unlock")
@click.argument("name", metavar="OWNER/NAME")
@global_options
def command(name: str) -> None:
    """Remove the lease on a dataset, whoever holds it.

    An apply takes a lease on each dataset that it changes, so that a second one waits
    or stops. A lease ends by itself two minutes after its run has died, at once where
    that can be seen; this is for those who can't wait.
    """
    if not is_dataset_name(name):
        raise click.BadParameter(f"{name!r} is not OWNER/NAME")
    terminal = Terminal(color=settings().color)
    project = open_project()
    owners = [name.partition("/")[0]]
    with open_session(project, jobs=1, owners=owners, terminal=terminal) as session:
        lease = unlock(session, name)
    if lease is None:
        terminal.result(f"{name} is not locked.")
    else:
        terminal.result(f"Unlocked {name}: {who(lease)}.")

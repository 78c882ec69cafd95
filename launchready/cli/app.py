"""The `launch` program: its commands, and its one way out."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from launchready import __version__
from launchready.cli import (
    comment,
    completion,
    costs,
    dkim,
    drift,
    env,
    exits,
    files,
    handover,
    launches,
    lint,
    local,
    looks,
    mail,
    mail_test,
    monitors,
    plans,
    purge,
    rollbacks,
    serve,
    steps,
)

EPILOG = (
    "Exit codes: 0 done, ready, or no drift; 1 not ready, or drift; 2 bad input, named with file and line; "
    "3 could not finish or could not be proved."
)

app = typer.Typer(
    name="launch",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Declare, rehearse and prove the launch of a client's domain.

    One file per client, [bold]stacks/Pulumi.<client>.yaml[/bold], says everything. Begin with:

        launch new acme --domain acme.example
        launch rehearse acme
    """


for module in (
    local,
    launches,
    looks,
    drift,
    files,
    plans,
    mail,
    mail_test,
    monitors,
    purge,
    env,
    dkim,
    costs,
    handover,
    rollbacks,
    steps,
    lint,
    comment,
    completion,
    serve,
):
    module.register(app)


def main() -> None:
    """Entry point of the `launch` script."""
    arguments = sys.argv[1:] or ["--help"]
    command = typer.main.get_command(app)
    code = exits.run(lambda: command.main(arguments, prog_name="launch", standalone_mode=False))
    gc.freeze()  # nothing is worth looking through for garbage any more
    sys.exit(code)

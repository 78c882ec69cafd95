"""How the program starts: quick commands import their own module only, the rest the whole program."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Annotated

import typer

from launchready import __version__
from launchready.cli import exits

ALONE = {"verify": "looks", "checks": "looks", "schema": "looks", "doctor": "looks", "lint": "lint"}
"""Command → the module that registers it. One that is not here is found in the whole program."""


def program(epilog: str = "") -> typer.Typer:
    """`launch` without its commands."""
    app = typer.Typer(
        name="launch",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        epilog=epilog,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


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


def holding(command: str) -> typer.Typer:
    """The program as far as ``command`` needs it: what it prints is the same."""
    module = ALONE.get(command)
    if module is None:
        whole: typer.Typer = importlib.import_module("launchready.cli.app").app
        return whole
    app = program()
    importlib.import_module(f"launchready.cli.{module}").register(app)
    return app


def main() -> None:
    """Entry point of the `launch` script."""
    arguments = sys.argv[1:] or ["--help"]
    command = typer.main.get_command(holding(arguments[0]))
    code = exits.run(lambda: command.main(arguments, prog_name="launch", standalone_mode=False))
    gc.freeze()  # nothing is worth looking through for garbage any more
    sys.exit(code)

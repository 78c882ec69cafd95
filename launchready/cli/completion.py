"""`launch completion`: the script by which a shell completes commands, options and clients."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script

from launchready.cli.console import write


class Shell(StrEnum):
    """Shells that are known here."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    app.command()(completion)


def completion(shell: Annotated[Shell, typer.Argument(help="Whose script to print.")]) -> None:
    """Print the completion script of a shell.

    Examples: eval "$(launch completion bash)"; launch completion zsh > ~/.zfunc/_launch;
    launch completion fish > ~/.config/fish/completions/launch.fish
    """
    write(get_completion_script(prog_name="launch", complete_var="_LAUNCH_COMPLETE", shell=shell))

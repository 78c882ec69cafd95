"""`launch comment`: a report as the comment on a pull request, updated in place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from launchready.cli.console import say
from launchready.errors import InputError, Where


def register(app: typer.Typer) -> None:
    app.command()(comment)


def comment(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `--format markdown` wrote.")],
    number: Annotated[
        int | None, typer.Option("--request", min=1, help="The pull request, where the job isn't about one.")
    ] = None,
) -> None:
    """Comment on the pull request that a pipeline is about, in place of the last run's comment.

    In a GitHub Action it needs GITHUB_TOKEN (pull-requests: write), in a GitLab job LAUNCHREADY_GITLAB_TOKEN
    (scope api). Without a pull request there is nothing to do, and it says so.

    Example: launch comment reports/verification.md
    """
    from launchready.client_file.yaml12 import read_text
    from launchready.pull_request import of_environment, put

    text = read_text(file)
    request = of_environment(os.environ, number)
    if request is None:
        say("this job is about no pull request: no comment")
        return
    try:
        say(put(request, text))
    except InputError as error:
        raise InputError(error.what, where=Where(file), fix=error.fix) from error

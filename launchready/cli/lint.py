"""`launch lint`: what is wrong with client files, without an engine, a passphrase or a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from launchready.cli import common, exits
from launchready.cli.console import write
from launchready.cli.reports import shown_path
from launchready.errors import ClientFileError, InputError, Where

if TYPE_CHECKING:
    from launchready.report.lints import Linted, Trouble


class Form(StrEnum):
    """How the problems are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    app.command()(lint)


def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="Client files; every file of stacks/ without one."),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="github: notes at the lines of a pull request.")
    ] = Form.TEXT,
    json_: common.Json = False,
) -> None:
    """Lint client files. Needs no engine, no passphrase and no network; nothing is changed.

    Exit 2 when a file has an error; warnings alone exit 0.

    Examples: launch lint; launch lint stacks/Pulumi.acme.yaml --format github
    """
    from launchready.report.lints import FORMATS

    if json_ and form not in (Form.TEXT, Form.JSON):
        raise InputError(f"--json and --format {form}: both want standard output", fix="give one of them")
    chosen = Form.JSON if json_ else form
    paths = files or _all_files()
    # People jump to a file from where they are; programs want it as its repository knows it.
    name = _from_here if chosen is Form.TEXT else shown_path
    found = look({name(path): path for path in paths})
    write(FORMATS[chosen](found))
    if found.count("error"):
        raise typer.Exit(exits.BAD_INPUT)


def look(names: Mapping[str, Path]) -> Linted:
    """Every problem of the files, which are given by the names that the report has for them."""
    from launchready.report.lints import linted

    return linted(names, (one for name, path in names.items() for one in _troubles(name, path)))


def _troubles(name: str, path: Path) -> Iterator[Trouble]:
    from launchready.checklist import load as load_checks
    from launchready.client_file import read
    from launchready.client_file.lint import lint as judge
    from launchready.report.lints import Trouble

    try:
        loaded = read(path)
    except ClientFileError as error:
        yield from (Trouble.of_error(name, problem) for problem in error.problems)
        return
    except InputError as error:
        yield Trouble.of_error(name, error)
        return
    # Only waivers name checks: without one, the checklist and all that it imports can wait.
    checks = load_checks().checks if loaded.client.waivers else None
    for problem in judge(loaded.client, loaded.positions, checks=checks):
        yield Trouble.of_lint(name, problem)


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _all_files() -> list[Path]:
    from launchready.client_file.loader import STACKS
    from launchready.engine.project import find_root

    folder = find_root() / STACKS
    found = sorted(folder.glob("Pulumi.*.yaml"))
    if not found:
        raise InputError(
            "there is no client file",
            where=Where(folder),
            fix="write one with `launch new CLIENT --domain D`",
        )
    return found

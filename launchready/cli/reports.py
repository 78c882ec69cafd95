"""The options of `launch verify` and `launch rehearse` about reports, and writing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli.console import say, write
from launchready.errors import InputError, Where

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.report import Context
    from launchready.report.saved import Saved
    from launchready.verify.document import Verification

Formats = Annotated[
    list[str] | None,
    typer.Option("--format", help="text, json, html, junit, sarif or markdown; repeat it with --output."),
]
Output = Annotated[
    Path | None, typer.Option("--output", help="Write each format to DIR/verification.*.", metavar="DIR")
]
Previous = Annotated[
    Path | None,
    typer.Option(
        "--previous", help="What an earlier run wrote with --json: say what changed.", metavar="FILE"
    ),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The reports that a command was asked for, checked before anything runs."""

    formats: tuple[str, ...]
    output: Path | None
    previous: Saved | None

    @classmethod
    def of(
        cls, formats: list[str] | None, output: Path | None, previous: Path | None, json_: bool, domain: str
    ) -> Wanted:
        """Raises InputError for what can't be written or read."""
        from launchready.report import FORMATS
        from launchready.report.saved import load

        names = tuple(dict.fromkeys(formats or (["json"] if json_ else ["text"])))
        unknown = [name for name in names if name not in FORMATS]
        if unknown:
            raise InputError(f"--format {unknown[0]}: there is no such format", fix=", ".join(FORMATS))
        if json_ and names != ("json",) and output is None:
            raise InputError("--json and --format: both want standard output", fix="give --output DIR")
        if len(names) > 1 and output is None:
            raise InputError("several formats need --output DIR")
        if output is not None and output.exists() and not output.is_dir():
            raise InputError("is no directory", where=Where(output), fix="--output takes a directory")
        before = load(previous, domain=domain) if previous is not None else None
        return cls(names, output, before)

    def deliver(
        self, verification: Verification, context: Context, *, json_: bool, extra: Mapping[str, Any]
    ) -> None:
        """Write every report; with ``json_`` the document too, on standard output.

        ``extra``: keys that the document on standard output has beside the verification's.
        """
        from launchready.report import FORMATS, render_json

        for name in self.formats:
            if self.output is None:
                if name != "json":
                    write(FORMATS[name].render(verification, context))
            else:
                _save(self.output, FORMATS[name].extension, FORMATS[name].render(verification, context))
        if json_ or (self.output is None and "json" in self.formats):
            text = render_json(verification)
            write(json.dumps({**json.loads(text), **extra}) if extra else text)


def _save(directory: Path, extension: str, text: str) -> None:
    from launchready.client_file.files import write_atomically

    target = directory / f"verification{extension}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(target, text if text.endswith("\n") else text + "\n")
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", where=Where(target)) from error
    say(f"wrote {target}")


def context_of(client: ClientFile | None, previous: Saved | None) -> Context:
    """What reports know beside the verification: where the client file is, and where its keys stand."""
    from launchready.client_file.source import read_source
    from launchready.report import Context

    if client is None or client.path is None:
        return Context(previous=previous)
    return Context(shown_path(client.path), read_source(client.path).positions, previous)


def shown_path(path: Path) -> str:
    """A file as its repository knows it: relative to the nearest directory with ``.git``, or to here."""
    whole = path.resolve()
    for above in whole.parents:
        if (above / ".git").exists():
            return whole.relative_to(above).as_posix()
    here = Path.cwd()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else whole.name

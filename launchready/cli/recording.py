"""What `launch rehearse` and `launch verify` leave for `launch serve`: how they go, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from launchready.errors import LaunchreadyError

if TYPE_CHECKING:
    from launchready.report import Context
    from launchready.serve.record import Record
    from launchready.verify.document import Verification


@dataclass(slots=True)
class Watch:
    """A run as it goes. Without a record, everything here does nothing."""

    record: Record | None = None

    def step(self, sentence: str, share: float | None = None) -> None:
        if self.record is not None:
            self.record.step(sentence, share)

    def resource(self, operation: str, name: str) -> None:
        if self.record is not None:
            self.record.resource(operation, name)

    def done(self, verification: Verification, context: Context) -> None:
        """The run's verdict, with its document and its page."""
        if self.record is None:
            return
        from launchready.report import render_html, render_json

        self.record.verdict(
            render_json(verification), lambda: render_html(verification, context),
            verdict=verification.verdict, score=verification.score, code=verification.exit_code,
        )  # fmt: skip


def project() -> Path | None:
    """The project that this is run in, for its runs; None outside of one."""
    from launchready.engine.project import find_root

    try:
        root = find_root()
    except LaunchreadyError:
        return None
    return root if Path.cwd().resolve().is_relative_to(root) else None


@contextmanager
def watched(
    root: Path | None, command: str, client: str | None, domain: str, group: str | None = None
) -> Iterator[Watch]:
    """Record a run below ``root``; how it ends without a verdict, too. ``root`` None: nothing is recorded."""
    from launchready.serve.record import PLACE, Record

    record = None
    if root is not None:
        record = Record.begin(root / PLACE, command=command, client=client, domain=domain, group=group)
    try:
        yield Watch(record)
    except BaseException as error:
        if record is not None:
            record.failed(_words(error))
        raise
    finally:
        if record is not None:
            record.close()


def _words(error: BaseException) -> str:
    """What may be kept of an error: our own sentences hold no secret; of others, only the name."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, LaunchreadyError):
        return str(error)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "interrupted"
    return f"something unforeseen: {type(error).__name__}"

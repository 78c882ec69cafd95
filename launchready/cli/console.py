"""What a person sees while something runs: progress on a terminal, plain lines elsewhere, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)
PLAIN_SECONDS = 5.0
"""Without a terminal, a long step says how far it is no more often than this."""


def say(sentence: str) -> None:
    """One line for a person, on standard error."""
    ERRORS.print(sentence, markup=False)


def write(text: str) -> None:
    """The command's result, on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


class Ticker:
    """Shows one long step: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, progress: Progress | None, task: TaskID | None) -> None:
        self._progress, self._task = progress, task
        self._last, self._said = time.monotonic(), ""
        self.count = 0

    def __call__(self, sentence: str, share: float | None = None) -> None:
        if self._progress is not None and self._task is not None:
            total = None if share is None else 100
            done = None if share is None else share * 100
            self._progress.update(self._task, description=sentence, total=total, completed=done)
            return
        now = time.monotonic()
        if sentence != self._said and now - self._last >= PLAIN_SECONDS:
            self._last, self._said = now, sentence
            say(sentence)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No bar for a while: somebody is asked something."""
        if self._progress is not None:
            self._progress.stop()
        try:
            yield
        finally:
            if self._progress is not None:
                self._progress.start()

    def probes(self, sentence: str, done: int, total: int) -> None:
        """A verification's progress: ``done`` of ``total`` probes of this round."""
        self(f"{sentence} {done} of {total}", done / total if total else None)

    def event(self, phase: str, operation: str, name: str) -> None:
        """An engine event: counts what is done and names it."""
        if phase == "done" and operation != "same":
            self.count += 1
        if phase != "start":
            self(f"{self.count} resources done; {operation} {name}"[:100])


@contextmanager
def ticker(sentence: str) -> Iterator[Ticker]:
    """A Ticker for the length of a block."""
    if not ERRORS.is_terminal:
        say(sentence)
        yield Ticker(None, None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24))
    with Progress(*columns, TimeElapsedColumn(), console=ERRORS, transient=True) as progress:
        yield Ticker(progress, progress.add_task(sentence, total=None))

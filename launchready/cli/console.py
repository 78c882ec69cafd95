"""What a person sees while something runs: progress on a terminal, plain lines elsewhere, on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

PLAIN_SECONDS = 5.0
"""Without a terminal, a long step says how far it is no more often than this."""
_UNSEEN = dict.fromkeys((7, 8, 11, 12, 13))
"""Control characters that a line has none of."""


@cache
def _console() -> Console:
    """rich, which is imported for a terminal only."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def _is_terminal() -> bool:
    forced = any(os.environ.get(name) for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"))
    return (forced or sys.stderr.isatty()) and _console().is_terminal


def say(sentence: str) -> None:
    """One line for a person, on standard error."""
    if _is_terminal():
        _console().print(sentence, markup=False)
    else:
        sys.stderr.write(sentence.translate(_UNSEEN) + "\n")
        sys.stderr.flush()


def write(text: str) -> None:
    """The command's result, on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


class Watcher(Protocol):
    """Who else hears of a step's progress: the record of a run."""

    def step(self, sentence: str, share: float | None = None) -> None: ...

    def resource(self, operation: str, name: str) -> None: ...


class Ticker:
    """Shows one long step: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, progress: Progress | None, task: TaskID | None, watch: Watcher | None = None) -> None:
        self._progress, self._task, self._watch = progress, task, watch
        self._last, self._said = time.monotonic(), ""
        self.count = 0

    def __call__(self, sentence: str, share: float | None = None) -> None:
        if self._watch is not None:
            self._watch.step(sentence, share)
        self._show(sentence, share)

    def _show(self, sentence: str, share: float | None = None) -> None:
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

    def end(self) -> None:
        """This step is over: where several go on at once, its bar goes."""
        if self._progress is not None and self._task is not None:
            self._progress.remove_task(self._task)
            self._progress = self._task = None
            self._last = float("inf")

    def probes(self, sentence: str, done: int, total: int) -> None:
        """A verification's progress: ``done`` of ``total`` probes of this round."""
        self(f"{sentence} {done} of {total}", done / total if total else None)

    def event(self, phase: str, operation: str, name: str) -> None:
        """An engine event: counts what is done and names it."""
        if phase == "done" and operation != "same":
            self.count += 1
            if self._watch is not None:
                self._watch.resource(operation, name)
        if phase != "start":
            self._show(f"{self.count} resources done; {operation} {name}"[:100])


Bars = Callable[[str, Watcher | None], Ticker]
"""Gives a Ticker that shows a sentence, and tells a watcher."""


@contextmanager
def ticker(sentence: str, watch: Watcher | None = None) -> Iterator[Ticker]:
    """A Ticker for the length of a block; ``watch`` hears what it shows, too."""
    with tickers() as bars:
        yield bars(sentence, watch)


@contextmanager
def tickers() -> Iterator[Bars]:
    """A function that gives a Ticker for each of several steps that go on at once, one bar below another."""
    if not _is_terminal():
        yield lambda sentence, watch: _begun(sentence, Ticker(None, None, watch), watch)
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24))
    with Progress(*columns, TimeElapsedColumn(), console=_console(), transient=True) as progress:
        yield lambda sentence, watch: _begun(
            sentence, Ticker(progress, progress.add_task(sentence, total=None), watch), watch
        )


def _begun(sentence: str, made: Ticker, watch: Watcher | None) -> Ticker:
    if watch is not None:
        watch.step(sentence)
    if not _is_terminal():
        say(sentence)
    return made

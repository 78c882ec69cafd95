"""`launch verify` of several clients: a few at a time, a bar for each, one table, the worst exit code."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from launchready.cli import changes, common, recording, reports
from launchready.cli.console import Bars, say, tickers, write
from launchready.errors import InputError, LaunchreadyError

if TYPE_CHECKING:
    from launchready.cli.console import Ticker
    from launchready.client_file.model import ClientFile
    from launchready.verify.document import Verification

AT_ONCE = 4
"""Clients that are verified live at the same time. On an edge it is one: they share its clock."""
WORST_FIRST = (2, 1, 3, 0)
"""What is known to be wrong outranks what could not be found out, as in one verification."""
SCHEMA = "launchready.verifications/1"
Verify = Callable[["ClientFile", Any, "Ticker"], Awaitable["Verification"]]
"""Verify a client (its file, the stack's outputs and local evidence in a pair) and show it on a bar."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one client: a verification, or why there is none."""

    client: str
    domain: str
    code: int
    verdict: str
    score: int | None = None
    failed: int | None = None
    unproven: int | None = None
    error: str | None = None
    document: Mapping[str, Any] | None = None


def named(clients: Iterable[str], all_: bool) -> list[str]:
    """The clients that a command line names. Raises InputError for none of `--all`, or both."""
    chosen = list(dict.fromkeys(clients))
    if not all_:
        return chosen
    if chosen:
        raise InputError("--all and clients by name: give one of them")
    found = common.client_names()
    if not found:
        raise InputError("there is no client file", fix="write one with `launch new CLIENT --domain D`")
    return found


def verify_all(
    names: list[str], edge: Path | None, document: Mapping[str, Any] | None, wanted: reports.Wanted,
    verify: Verify, outputs: Any, json_: bool,
) -> None:  # fmt: skip
    """Verify every client and say what came of it; raises typer.Exit with the worst exit code.

    ``document``: what ``edge`` names. ``outputs``: a function of a client file and an edge that reads the
    stack's outputs.
    """
    work = _Work(names, edge, document, wanted, verify, outputs, json_)
    with tickers() as bars:
        results = asyncio.run(work.run(bars))
    code = worst(result.code for result in results)
    for result in results:
        if result.error is not None:
            say(f"{result.client}: {result.error}")
    write(_json(results, code) if json_ else _table(results))
    raise typer.Exit(code)


def worst(codes: Iterable[int]) -> int:
    """The exit code of several runs."""
    return min(codes, key=WORST_FIRST.index, default=0)


@dataclass(slots=True)
class _Work:
    names: list[str]
    edge: Path | None
    document: Mapping[str, Any] | None
    wanted: reports.Wanted
    verify: Verify
    outputs: Any
    json_: bool

    async def run(self, bars: Bars) -> list[Result]:
        from launchready.serve.record import new_id

        group, limit, done = new_id(), asyncio.Semaphore(AT_ONCE if self.edge is None else 1), 0
        whole = bars(f"verifying {len(self.names)} clients", None)

        async def one(name: str) -> Result:
            nonlocal done
            async with limit:
                result = await self._one(name, group, bars)
            done += 1
            whole(f"{done} of {len(self.names)} clients", done / len(self.names))
            return result

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one(name)) for name in self.names]
        return [task.result() for task in running]

    async def _one(self, name: str, group: str, bars: Bars) -> Result:
        domain = ""
        try:
            loaded = await asyncio.to_thread(common.client_of, name, self.document)
            domain = loaded.domain
            with recording.watched(recording.project(), "verify", name, domain, group) as watch:
                show = bars(f"verifying {name}", watch)
                try:
                    found = await self._verified(loaded, show)
                finally:
                    show.end()
                context = reports.context_of(loaded, None)
                watch.done(found, context)
            if self.wanted.output is not None:
                own = replace(self.wanted, output=self.wanted.output / name)
                own.deliver(found, context, json_=False, extra={})
        except LaunchreadyError as error:
            word = "bad input" if error.exit_code == 2 else "could not finish"
            return Result(name, domain, error.exit_code, word, error=str(error))
        inconclusive = sum(row.inconclusive for row in found.rows)
        return Result(
            name, domain, found.exit_code, found.verdict, found.score, len(found.failures), inconclusive,
            document=found.to_json() if self.json_ else None,
        )  # fmt: skip

    async def _verified(self, loaded: ClientFile, show: Ticker) -> Verification:
        outputs = await asyncio.to_thread(self.outputs, loaded, self.edge)
        local = await asyncio.to_thread(changes.local_evidence, loaded, self.document)
        return await self.verify(loaded, (outputs, local), show)


def _json(results: list[Result], code: int) -> str:
    clients = [
        {"client": r.client, "exit": r.code, "error": r.error, "verification": r.document} for r in results
    ]
    return json.dumps({"schema": SCHEMA, "exit": code, "clients": clients})


def _table(results: list[Result]) -> str:
    """Plain columns, as wide as they need to be: for a terminal, a log and `grep`."""
    rows = [("client", "domain", "verdict", "score", "failed", "unproven"), *map(_cells, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            c.ljust(w) if i < 3 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    counts = Counter(result.verdict.replace("_", " ") for result in results)
    told = ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))
    return "\n".join([*lines, "", f"{len(results)} clients: {told}"])


def _cells(result: Result) -> tuple[str, ...]:
    from launchready.report.safe import safe

    numbers = ("–" if n is None else str(n) for n in (result.score, result.failed, result.unproven))
    return (
        safe(result.client, 100),
        safe(result.domain or "–", 253),
        result.verdict.replace("_", " "),
        *numbers,
    )

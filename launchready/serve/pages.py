"""The pages of `launch serve`, from templates that escape whatever stands in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from launchready.report.safe import safe
from launchready.report.words import STATUS_WORDS, title
from launchready.serve.runs import Run

SHOWN = 100
"""Past runs on one page."""


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("launchready.serve"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """``watch.mjs`` or ``style.css.j2``, as it is."""
    return (files("launchready.serve") / "templates" / name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which runs an overview shows: all, those of a client, or those of a fleet."""

    client: str = ""
    group: str = ""

    def fits(self, run: Run) -> bool:
        return (not self.client or run.client == self.client) and (not self.group or run.group == self.group)

    @property
    def query(self) -> str:
        chosen = {k: v for k, v in (("client", self.client), ("group", self.group)) if v}
        return f"?{urlencode(chosen)}" if chosen else ""


@dataclass(frozen=True, slots=True)
class Pages:
    """``may_start``: is there a form that starts a rehearsal?"""

    may_start: bool

    def overview(self, runs: Sequence[Run], narrow: Narrow, *, part: bool = False) -> str:
        """The runs that go on and those that are past; with ``part`` only what changes."""
        chosen = [run for run in runs if narrow.fits(run)]
        running = [run for run in chosen if run.running]
        past = [run for run in chosen if not run.running]
        heading = "Runs"
        if narrow.client:
            heading = f"Runs of {safe(narrow.client, 100)}"
        elif narrow.group:
            heading = "A fleet's runs"
        return self._page(
            "runs.html.j2" if part else "overview.html.j2", refresh=bool(running), running=running, past=past,
            shown_past=past[:SHOWN], more=len(past) > SHOWN, heading=heading, narrowed=bool(narrow.query),
            query=narrow.query,
        )  # fmt: skip

    def run(self, run: Run, document: Mapping[str, Any], *, part: bool = False) -> str:
        """One run: where it is, or what came of it."""
        name = "one.html.j2" if part else "run.html.j2"
        return self._page(name, refresh=run.running, run=run, rows=_rows(document))

    def start(self, clients: Sequence[str], said: str = "") -> str:
        """The form that starts a rehearsal."""
        return self._page("start.html.j2", refresh=False, clients=clients, said=said)

    def said(self, heading: str, sentence: str) -> str:
        return self._page("said.html.j2", refresh=False, heading=heading, sentence=sentence)

    def _page(self, template: str, **values: Any) -> str:
        return _templates().get_template(template).render(may_start=self.may_start, elapsed=elapsed, **values)


def elapsed(run: Run) -> float:
    """Seconds since it began, or that it took."""
    return max(0.0, (datetime.now(UTC) - run.started).total_seconds()) if run.running else run.seconds


def _rows(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """The scorecard of a stored document, whatever somebody may have made of it."""
    rows = document.get("rows")
    found = []
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        status = str(row.get("status", ""))
        counts = {key: safe(str(row.get(key, "")), 12) for key in ("passed", "failed", "inconclusive")}
        word = STATUS_WORDS.get(status, safe(status, 40))
        name = row.get("row")
        found.append(
            {"title": title(name) if isinstance(name, str) else "", "word": str(word),
             "status": status if status in STATUS_WORDS else "", **counts}
        )  # fmt: skip
    return found

"""Drift for people and programs: text by risk, Markdown for a comment, JSON, SARIF for code scanning.

Texts from outside are made harmless by ``launchready.report.safe`` before they reach a terminal or a page.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from launchready import __version__
from launchready.client_file.positions import Positions
from launchready.drift.kinds import KINDS
from launchready.drift.types import Drift, Item, Risk
from launchready.report.safe import markdown_code as code
from launchready.report.safe import markdown_text as plain
from launchready.report.safe import safe
from launchready.report.sarif import SCHEMA as SARIF_SCHEMA

WIDTH = 100
MOST = 65_536
"""Characters of a comment that GitHub takes."""
LONGEST = 1_000
SHOWN = 60
"""Items of one risk that the text shows whole; the rest are counted."""
HEADINGS: Mapping[Risk, tuple[str, str]] = {
    Risk.OUTAGE: ("Outage: something does not work, or is about to", "bold red"),
    Risk.SECURITY: ("Security: something is open, or can be abused", "bold yellow"),
    Risk.BENIGN: ("Benign: nothing is served wrongly", "bold"),
}
_LEVELS = {Risk.OUTAGE: "error", Risk.SECURITY: "error", Risk.BENIGN: "note"}
_SECURITY_SEVERITY = {Risk.OUTAGE: "7.5", Risk.SECURITY: "8.0", Risk.BENIGN: "1.0"}
_SIGNS = {Risk.OUTAGE: "🔴", Risk.SECURITY: "🟠", Risk.BENIGN: "⚪"}


@dataclass(frozen=True, slots=True)
class Context:
    """What a report knows beside the drift. ``file``: the client file in its repository, or ""."""

    file: str = ""
    positions: Positions | None = None

    def line(self, item: Item) -> int:
        """The line of the client file that an item is about, 1 where none is."""
        found = self.positions.line(item.key) if self.positions is not None and item.key else None
        return found or 1


NOTHING = Context()


def verdict(drift: Drift) -> str:
    """The result in one line."""
    counted = [item for item in drift.items if item.counts]
    if counted:
        return f"{len(counted)} {'thing has' if len(counted) == 1 else 'things have'} drifted"
    if drift.unfound:
        return f"no drift is known, and {len(drift.unfound)} things could not be found out"
    return "no drift"


def groups(drift: Drift) -> Iterator[tuple[Risk, list[Item]]]:
    """The items that count, by risk, the worst first; then what only its owner can change."""
    for risk in Risk:
        found = [item for item in drift.items if item.risk is risk and item.counts]
        if found:
            yield risk, found


def _owned(drift: Drift) -> list[Item]:
    return [item for item in drift.items if not item.counts]


# ---- JSON and text ------------------------------------------------------------------------------


def render_json(drift: Drift, context: Context = NOTHING) -> str:
    """Exactly one JSON document."""
    return json.dumps(drift.to_json(), ensure_ascii=False)


def render_text(drift: Drift, context: Context = NOTHING, *, color: bool = False, width: int = WIDTH) -> str:
    """Tables by risk, each item with its three sides and its fix."""
    buffer = io.StringIO()
    colored = color and "NO_COLOR" not in os.environ
    console = Console(
        file=buffer, width=width, force_terminal=colored, no_color=not colored, highlight=False, emoji=False
    )
    where = "on a local edge" if drift.target == "edge" else "live"
    style = "bold red" if drift.drifted else "bold yellow" if drift.unfound else "bold green"
    console.print(
        Text.assemble((verdict(drift).upper(), style), f"  {drift.client}: {drift.domain} ({where})")
    )
    console.print(f"{drift.api_calls} API calls, {drift.seconds:.1f} s", markup=False)
    if drift.state_reason:
        console.print(f"the state is unknown: {safe(drift.state_reason)}", markup=False)
    for risk, items in groups(drift):
        heading, style = HEADINGS[risk]
        console.print(Text(f"\n{heading}", style=style))
        _items(console, items)
    owned = _owned(drift)
    if owned:
        console.print(Text("\nNot drift: others keep these", style="bold"))
        _items(console, owned)
    if drift.unfound:
        console.print(Text("\nCould not be found out", style="bold yellow"))
        for one in drift.unfound:
            console.print(f"  {safe(one.subject)}: {safe(one.cause)}: {safe(one.detail)}", markup=False)
    for note in drift.notes:
        console.print(f"note: {safe(note)}", markup=False)
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))


def _items(console: Console, items: list[Item]) -> None:
    for item in items[:SHOWN]:
        head = Text.assemble((safe(item.subject), "bold"), f"  {item.presence.value}  ({item.id})")
        console.print(Padding(head, (0, 0, 0, 2)))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for word, text in (("declared", item.declared), ("state", item.state), ("live", item.live)):
            table.add_row(word, Text("—" if text is None else safe(text)))
        table.add_row("why", Text(item.why))
        console.print(Padding(table, (0, 0, 0, 4)))
        for number, line in enumerate(item.fix.split("\n")):
            # never folded: it is there to be copied
            text = f"    {'' if number else 'fix':<8}  {safe(line, LONGEST)}"
            console.print(text, markup=False, soft_wrap=True)
    if len(items) > SHOWN:
        console.print(f"  … and {len(items) - SHOWN} more: --json has them", markup=False)


# ---- Markdown -----------------------------------------------------------------------------------


def render_markdown(drift: Drift, context: Context = NOTHING, *, most: int = MOST) -> str:
    """A comment for a pull request, or a job's summary; ``most`` characters at most."""
    lines = list(_head(drift))
    left = most - sum(len(line) + 1 for line in lines) - 400
    cut = 0
    for block in _blocks(drift):
        size = sum(len(line) + 1 for line in block)
        if size > left:
            cut += 1
            continue
        left -= size
        lines += block
    if cut:
        lines.append(f"\n… and {cut} parts more that do not fit: see `launch drift --json`.")
    return "\n".join(lines).rstrip() + "\n"


def _head(drift: Drift) -> Iterator[str]:
    sign = "❌" if drift.drifted else "❓" if drift.unfound else "✅"
    where = "on a local edge" if drift.target == "edge" else "live"
    started = drift.started.strftime("%Y-%m-%d %H:%M UTC")
    yield f"<!-- launchready-drift:{plain(drift.client).replace('--', '')} -->"
    yield f"## {sign} Drift of {plain(drift.client)}: {verdict(drift)}"
    yield ""
    yield f"{code(drift.domain)}, {where}, {started}, {drift.api_calls} API calls."
    if drift.state_reason:
        yield f"The state is unknown: {plain(drift.state_reason)}"
    yield ""


def _blocks(drift: Drift) -> Iterator[list[str]]:
    for risk, items in groups(drift):
        yield [f"### {_SIGNS[risk]} {HEADINGS[risk][0]} ({len(items)})", ""]
        for item in items:
            yield list(_block(item))
    owned = _owned(drift)
    if owned:
        yield [f"### Not drift: others keep these ({len(owned)})", ""]
        for item in owned:
            yield [f"- {code(item.subject)} {code(item.id)}: {code(_side(item.live))}"]
    if drift.unfound:
        yield ["", f"### Could not be found out ({len(drift.unfound)})", ""]
        for one in drift.unfound:
            yield [f"- {code(one.subject)}: {plain(one.cause)}: {plain(one.detail)}"]
    if drift.notes:
        yield ["", *(f"- {plain(note)}" for note in drift.notes)]


def _block(item: Item) -> Iterator[str]:
    yield f"- **{code(item.subject)}** {item.presence.value} ({code(item.id)}): {plain(item.why)}"
    yield ""
    yield "  | declared | state | live |"
    yield "  | --- | --- | --- |"
    sides = (item.declared, item.state, item.live)
    yield f"  | {' | '.join(code(_side(side)) for side in sides)} |"
    yield ""
    for line in item.fix.split("\n"):
        yield f"  {code(line, LONGEST)}<br>"
    yield ""


def _side(text: str | None) -> str:
    return "—" if text is None else text


# ---- SARIF --------------------------------------------------------------------------------------


def render_sarif(drift: Drift, context: Context = NOTHING) -> str:
    """SARIF 2.1.0: an alert for each item that counts, a result of kind ``open`` for what is not known."""
    shown = [item for item in drift.items if item.counts]
    ids = list(dict.fromkeys(item.id for item in shown))
    results = [_result(item, ids.index(item.id), context) for item in shown]
    if drift.unfound:
        ids.append("drift.unknown")
        results += [_open(one.subject, f"{one.cause}: {one.detail}", len(ids) - 1) for one in drift.unfound]
    run = {
        "tool": {"driver": {"name": "launchready drift", "version": __version__, "rules": list(_rules(ids))}},
        "automationDetails": {"id": f"launchready-drift/{drift.domain}/"},
        "invocations": [{"executionSuccessful": True, "exitCode": drift.exit_code}],
        "columnKind": "utf16CodeUnits",
        "results": results,
        "properties": {"target": drift.target, "apiCalls": drift.api_calls},
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _rules(ids: Iterable[str]) -> Iterator[dict[str, Any]]:
    for kind_id in ids:
        kind = KINDS.by_id.get(kind_id)
        risk = kind.risk if kind is not None else Risk.BENIGN
        catches = kind.catches if kind is not None else "something could not be found out"
        why = kind.why if kind is not None else catches
        tags = ["drift", "security"] if risk is not Risk.BENIGN else ["drift"]
        yield {
            "id": kind_id,
            "name": "".join(part.capitalize() for part in kind_id.replace("_", ".").split(".")),
            "shortDescription": {"text": catches},
            "fullDescription": {"text": why},
            "help": {"text": f"{catches}: {why}. Each alert names the command that mends it."},
            "defaultConfiguration": {"level": _LEVELS[risk]},
            "properties": {"tags": tags, "security-severity": _SECURITY_SEVERITY[risk]},
        }


def _fingerprint(*parts: str | None) -> dict[str, str]:
    digest = hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return {"primaryLocationLineHash": f"{digest[:16]}:1", "launchready/v1": digest}


def _result(item: Item, index: int, context: Context) -> dict[str, Any]:
    words = (
        f"{item.subject}: {item.why}. Declared: {_side(item.declared)}. State: {_side(item.state)}. "
        f"Live: {_side(item.live)}. Fix: {item.fix}"
    )
    location: dict[str, Any] = {"logicalLocations": [{"name": safe(item.subject), "kind": "resource"}]}
    if context.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(context.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": context.line(item)},
        }
    return {
        "ruleId": item.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": _LEVELS[item.risk],
        "message": {"text": _message(words)},
        "locations": [location],
        "partialFingerprints": _fingerprint(item.id, item.subject, item.live),
        "properties": {"class": item.presence.value, "risk": item.risk.value, "origin": item.origin.value},
    }


def _open(subject: str, words: str, index: int) -> dict[str, Any]:
    return {
        "ruleId": "drift.unknown",
        "ruleIndex": index,
        "kind": "open",
        "level": "none",
        "message": {"text": _message(f"{subject} could not be found out: {words}")},
        "locations": [{"logicalLocations": [{"name": safe(subject), "kind": "resource"}]}],
        "partialFingerprints": _fingerprint("drift.unknown", subject),
    }


def _message(words: str) -> str:
    """One line; brackets and braces would make links and placeholders of it (§3.11.5, §3.11.6)."""
    text = safe(words, LONGEST)
    text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return text.replace("{", "{{").replace("}", "}}")


FORMATS: Mapping[str, tuple[str, Callable[[Drift, Context], str]]] = {
    "text": (".txt", render_text),
    "json": (".json", render_json),
    "markdown": (".md", render_markdown),
    "sarif": (".sarif", render_sarif),
}
"""Name → file ending, renderer."""

__all__ = ["FORMATS", "Context", "render_json", "render_markdown", "render_sarif", "render_text"]

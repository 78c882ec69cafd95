"""Commands around mail: `launch mail presets`, `launch spf flatten`, `launch dmarc next`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli import common
from launchready.cli.console import say, ticker, write

if TYPE_CHECKING:
    from launchready.mailauth.presets import Preset
    from launchready.mailops.dmarc_stage import Advice
    from launchready.mailops.flattening import Flattening

NOT_BEFORE_FLATTENING = frozenset({"client_file.spf.lookups", "client_file.spf.flatten.term"})
"""Lints whose cure is to flatten: they don't keep `launch spf flatten` from working."""


def register(app: typer.Typer) -> None:
    for name, command, about in (
        ("mail", ("presets", presets), "What is known of mail providers."),
        ("spf", ("flatten", flatten), "SPF: includes as addresses."),
        ("dmarc", ("next", next_stage), "DMARC: the way to reject."),
    ):
        group = typer.Typer(no_args_is_help=True, help=about)
        group.callback()(_group)
        group.command(command[0])(command[1])
        app.add_typer(group, name=name)


def _group() -> None:
    """A group of commands; the callback keeps typer from dropping the command's name."""


# --- presets -----------------------------------------------------------------------------------


def presets(
    name: Annotated[str | None, typer.Argument(help="One preset; without it, all of them.")] = None,
    json_: common.Json = False,
) -> None:
    """Show the mail providers that `email.senders` and `email.receive` know by name, with their sources.

    Examples: launch mail presets; launch mail presets postmark
    """
    from launchready.errors import InputError
    from launchready.mailauth.presets import AS_OF, PRESETS

    if name is not None and name.lower() not in PRESETS:
        raise InputError(f"no preset {name!r}", fix=f"one of {', '.join(PRESETS)}")
    chosen = [p for p in PRESETS.values() if name is None or p.name == name.lower()]
    if json_:
        entries = [_preset_document(preset) for preset in chosen]
        write(json.dumps({"schema": "launchready.mail-presets/2", "as_of": AS_OF, "presets": entries}))
        return
    write("\n\n".join(_preset_text(preset) for preset in chosen))
    say(f"facts as of {AS_OF}")


def _preset_document(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "spf_include": preset.spf_include,
        "spf_lookups": preset.spf_lookups,
        "return_path": preset.return_path,
        "aligned_spf": preset.aligned_spf,
        "receives": preset.receives,
        "mx": [{"priority": priority, "host": host} for priority, host in preset.mx("<domain>")],
        "dkim": {
            "shape": preset.dkim.shape, "selectors": list(preset.dkim.selectors),
            "target": preset.dkim.target, "note": preset.dkim.note,
        },
        "account": preset.account.what if preset.account is not None else None,
        "regions": {
            region: {
                "spf_include": preset.in_region(region).spf_include,
                "mx": [host for _, host in preset.in_region(region).mx("<domain>")],
            }
            for region in preset.regions
        },
        "custom_return_path": _option_document(preset),
        "notes": list(preset.notes),
        "sources": [{"url": s.url, "seen": s.seen, "shows": s.shows} for s in preset.sources],
    }  # fmt: skip


def _option_document(preset: Preset) -> dict[str, Any] | None:
    option = preset.return_path_option
    if option is None:
        return None
    records = [{"type": r.type, "content": r.content, "priority": r.priority} for r in option.records]
    return {
        "label": option.label, "needs": list(option.needs), "signs": option.signs, "note": option.note,
        "records": records,
    }  # fmt: skip


def _preset_text(preset: Preset) -> str:
    own = "the domain: SPF can pass with strict alignment"
    elsewhere = f"{preset.return_path}: under aspf=s its mail passes DMARC by DKIM"
    count = f"{len(preset.dkim.selectors)} " if preset.dkim.selectors else ""
    mx = ", ".join(f"{priority} {host}" for priority, host in preset.mx("<domain>"))
    lines = [
        f"{preset.name} – {preset.title}",
        f"  SPF          include:{preset.spf_include} ({preset.spf_lookups} look-ups"
        + ("" if preset.at_apex() else ", not at the apex") + ")",
        f"  return path  {own if preset.at_apex() else elsewhere}",
        f"  DKIM         {count}{preset.dkim.shape.upper()} {' '.join(preset.dkim.selectors)}".rstrip(),
        f"               {preset.dkim.note}",
        f"  MX           {mx or 'takes no mail'}",
    ]  # fmt: skip
    if preset.regions:
        chosen = f" (default {preset.default_region})" if preset.default_region else ""
        lines.append(f"  regions      {', '.join(preset.regions)}{chosen}")
    if preset.account is not None:
        lines.append(f"  account      {preset.account.what}")
    if (option := preset.return_path_option) is not None:
        records = "; ".join(f"{r.type} {r.content}" for r in option.records)
        lines.append(f"  return_path: {option.label}  {records}")
        lines.append(f"               {option.note}")
    lines += [f"  note         {note}" for note in preset.notes]
    lines += [f"  source       {s.url} (seen {s.seen}: {s.shows})" for s in preset.sources]
    return "\n".join(lines)


# --- flattening --------------------------------------------------------------------------------


def flatten(
    client: common.Client,
    edge: common.EdgeFile = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when the file's addresses are stale.")
    ] = False,
    json_: common.Json = False,
) -> None:
    """Resolve the includes of `email.spf.flatten` to addresses, and write them into the client file.

    Review the change like code, then `launch up`. Nightly: `launch spf flatten acme --check`.
    Exit 0 done or fresh, 1 stale (--check), 3 when DNS could not tell.

    Example: launch spf flatten acme
    """
    from launchready.client_file import find, read
    from launchready.client_file.lint import lint, refuse_errors
    from launchready.client_file.spf_snapshot import write as write_snapshot
    from launchready.engine.project import find_root
    from launchready.mailops.flattening import compare

    path = find(client, find_root())
    loaded = read(path)
    problems = lint(loaded.client, loaded.positions)
    refuse_errors(problem for problem in problems if problem.lint not in NOT_BEFORE_FLATTENING)
    document = common.edge_document(edge) if edge is not None else None
    with ticker(f"resolving the SPF includes of {client}"):
        today = datetime.now(UTC).date()
        found = asyncio.run(compare(loaded.client, edge=document, today=today))
    written = False
    if not check and found.to_write:
        written = write_snapshot(path, client, found.snapshot)
    if written and edge is not None:
        say("these addresses are the edge's: a rehearsal may use them, a live launch must not")
    if json_:
        write(json.dumps(found.document("live" if edge is None else "edge", written)))
    else:
        write(_flattening_text(found, path, written, check))
    if check and (found.changed or found.old):
        raise typer.Exit(1)


def _flattening_text(found: Flattening, path: Path, written: bool, check: bool) -> str:
    if not found.includes:
        word = f"took the old addresses out of {path}" if written else "nothing to do"
        return f"no include is to be flattened (email.spf.flatten): {word}"
    lines = []
    for include in found.includes:
        terms = f"{len(include.now.terms())} terms for {include.lookups} look-ups"
        lines.append(f"include:{include.domain} ({', '.join(include.senders)}): {terms}")
        lines += [f"  kept: {term} (it depends on the message)" for term in include.now.kept]
        if include.stored is None:
            lines.append("  not flattened yet" if check or not written else "  flattened")
        else:
            lines += [f"  + {term}" for term in include.lost] + [f"  - {term}" for term in include.extra]
    lines += [f"include:{name}: nobody needs it any more" for name in found.dropped]
    limit = found.document("", False)["lookups"]
    lines.append(f"look-ups: {limit['flattened']} of {limit['limit']} (unflattened {limit['unflattened']})")
    lines += [f"  {record.name}: {len(record.text)} characters" for record in found.composed.records]
    if limit["unflattened"] <= limit["limit"]:
        lines.append("the includes fit as they are: email.spf.flatten could be false")
    lines.append(_what_now(found, path, written, check))
    return "\n".join(lines)


def _what_now(found: Flattening, path: Path, written: bool, check: bool) -> str:
    if written:
        return f"wrote {path}: review the change, then launch up {found.client.client}"
    if check and (found.changed or found.old):
        why = "differs from what DNS says now" if found.changed else "is older than email.spf.max_age"
        return f"stale: {path} {why}; run launch spf flatten {found.client.client}"
    return f"fresh: {path} says what DNS says now"


# --- stages ------------------------------------------------------------------------------------


def next_stage(
    client: common.Client,
    edge: common.EdgeFile = None,
    reports: Annotated[
        list[Path] | None,
        typer.Option(help="Aggregate reports: a .xml, .gz or .zip file, or a directory; repeatable."),
    ] = None,
    json_: common.Json = False,
) -> None:
    """Say which DMARC stage comes next, and what must be true first. Changes nothing.

    Exit 0 when all of it is true (or nothing comes next), 1 when something is not, 3 when it can't be told.

    Example: launch dmarc next acme --reports reports/
    """
    from launchready.errors import InputError
    from launchready.mailops.aggregate_reports import read_all
    from launchready.mailops.dmarc_stage import Met, advise

    loaded = common.load_client(client)
    if not loaded.email.managed or not loaded.email.senders:
        raise InputError(
            f"{loaded.domain} has no DMARC stages: "
            + ("email: none" if not loaded.email.managed else "it never mails, and rejects everything"),
            fix="name its senders under launchready:email",
        )
    found = read_all(reports, loaded.domain) if reports else None
    document = common.edge_document(edge) if edge is not None else None
    with ticker(f"looking at the mail of {client}"):
        advice = asyncio.run(advise(loaded, edge=document, now=datetime.now(UTC), reports=found))
    write(json.dumps(advice.document()) if json_ else _advice_text(advice))
    if advice.following is not None:
        raise typer.Exit({Met.YES: 0, Met.NO: 1, Met.UNKNOWN: 3}[advice.verdict])


def _advice_text(advice: Advice) -> str:
    from launchready.mailops.dmarc_stage import Met

    present, following = advice.present, advice.following
    until = f" until {present.until}" if present.until else ""
    late = ", which is over" if advice.due else ""
    lines = [f"{advice.client.domain}: DMARC stage {present.policy}{until}{late}"]
    if following is None:
        return "\n".join([*lines, "nothing comes next: this is the last stage"])
    plan = "" if advice.planned else " (no email.dmarc.stages in the file: the next stronger policy)"
    lines.append(f"next: {following.policy}{plan}, when all of this is true:")
    for condition in advice.conditions:
        mark = {Met.YES: "yes", Met.NO: "NO ", Met.UNKNOWN: "?  "}[condition.met]
        lines.append(f"  {mark}  {condition.what}")
        if condition.met is not Met.YES:
            lines.append(f"         {condition.observed}")
    if advice.verdict is Met.YES:
        lines.append(f"set launchready:email.dmarc.policy to {following.policy}, then launch up")
    return "\n".join(lines)

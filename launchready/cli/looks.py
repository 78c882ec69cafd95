"""Commands that look and change nothing: `launch verify|checks|schema|doctor`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from launchready.cli import changes, common, recording, reports, several
from launchready.cli.console import say, ticker, write
from launchready.errors import InputError


def register(app: typer.Typer) -> None:
    app.command()(verify)
    app.command()(checks)
    app.command()(schema)
    app.command()(doctor)


def verify(
    clients: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CLIENT]…",
            help="One client or several; or use --domain.",
            autocompletion=common.client_names,
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every client of the project.")] = False,
    domain: Annotated[
        str | None, typer.Option(help="Check what the public can see of a domain, without a client file.")
    ] = None,
    edge: common.EdgeFile = None,
    format_: reports.Formats = None,
    output: reports.Output = None,
    previous: reports.Previous = None,
    only: Annotated[list[str] | None, typer.Option(help="A row or a check id; repeatable.")] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Judge saved evidence again, without a network.")
    ] = None,
    save: Annotated[Path | None, typer.Option("--save-evidence", help="Keep what the probes found.")] = None,
    probe_limits: Annotated[
        bool,
        typer.Option(
            "--probe-limits",
            help="Live, try every rate limit, whatever it takes: this machine is then kept out for a while.",
        ),
    ] = False,
    repository: Annotated[
        Path | None,
        typer.Option(
            help="A git repository: is a secret anywhere in its history? (.launchready-allow there)"
        ),
    ] = None,
    logs: Annotated[
        list[Path] | None, typer.Option(help="A log file (.gz too), or a directory of them; repeatable.")
    ] = None,
    fuzz: Annotated[
        bool,
        typer.Option(
            "--fuzz",
            help="Send the portal invalid data made from its OpenAPI description, as a declared identity: "
            "takes long, writes what it is let, and stays within portal.budget.",
        ),
    ] = False,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser",
            help="Open the portal's pages in chromium, as a phone and as a desk, and send their forms.",
        ),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Only look: no scenario is played at the portal, no limit tried, no load made. "
            "What they would prove stays unproven.",
        ),
    ] = False,
    json_: common.Json = False,
) -> None:
    """Prove the live result against the checklist. Changes nothing.

    Exit 0 ready, 1 not ready, 3 unproven. Of several clients, a few at a time, one table tells; the exit
    code is the worst (2 a client file that is wrong, then 1, then 3), and --output has a directory for each.

    Examples: launch verify acme; launch verify acme --only tls --json; launch verify --domain acme.example;
    launch verify acme --format html --format sarif --output reports --previous last.json;
    launch verify --all --quick --format html --output reports
    """
    names = several.named(clients or [], all_)
    if bool(names) == (domain is not None):
        raise InputError("name a client, or a domain with --domain")
    client = names[0] if names else None
    if fuzz and client is None:
        raise InputError("--fuzz sends as a client's own identity: name the client")
    if browser and client is None:
        raise InputError("--browser walks through a client's portal: name the client")
    document = common.edge_document(edge) if edge is not None else None
    if len(names) > 1 or all_:
        _refuse_for_several(
            {"--previous": previous, "--replay": replay, "--save-evidence": save, "--repository": repository,
             "--logs": logs, "--format": None if output else format_}
        )  # fmt: skip
        wanted = reports.Wanted.of(format_, output, None, json_ and output is None, "")

        async def one(loaded: Any, known: Any, show: Any) -> Any:
            outputs, local = known
            return await _verify(loaded, None, document, only, None, None, show, probe_limits, outputs, quick,
                                 local, None, fuzz, browser)  # fmt: skip

        several.verify_all(names, edge, document, wanted, one, _outputs, json_)
    loaded = None
    if client is not None:
        loaded = common.client_of(client, document)
    name = loaded.domain if loaded is not None else _a_label(domain or "")
    wanted = reports.Wanted.of(format_, output, previous, json_, name)
    outputs = _outputs(loaded, edge) if loaded is not None and replay is None else None
    local = changes.local_evidence(loaded, document) if loaded is not None and replay is None else None
    given = _given(loaded, repository, logs or [], replay)
    context = reports.context_of(loaded, wanted.previous)
    place = recording.project() if replay is None else None  # what is judged again is no run
    with (
        recording.watched(place, "verify", client, name) as watch,
        ticker(f"verifying {client or domain}", watch) as show,
    ):
        verification = asyncio.run(
            _verify(loaded, domain, document, only, replay, save, show, probe_limits, outputs, quick, local,
                    given, fuzz, browser)
        )  # fmt: skip
        watch.done(verification, context)
    wanted.deliver(verification, context, json_=json_, extra={})
    raise typer.Exit(verification.exit_code)


def _refuse_for_several(options: dict[str, Any]) -> None:
    """What is about one client can't be said of several. Raises InputError."""
    for name, value in options.items():
        if value and name == "--format":
            raise InputError("--format of several clients needs --output DIR")
        if value:
            raise InputError(f"{name} is about one client", fix="name one client, without --all")


def _outputs(loaded: Any, edge: Path | None) -> Any:
    """The stack's outputs, where the client file has something that only they complete."""
    from launchready.cli.outputs import needed_outputs

    outputs, reason = needed_outputs(loaded, edge)
    if reason:
        say(f"what is known only after creation stays open: {reason}")
    return outputs


def _given(loaded: Any, repository: Path | None, logs: list[Path], replay: Path | None) -> Any:
    """What a repository and logs that the user named hold, as facts for the verifier."""
    if repository is None and not logs:
        return None
    if loaded is None or replay is not None:
        raise InputError("--repository and --logs look now, and at a client: name one, without --replay")
    from launchready.leaks import look

    with ticker("looking through the history and the logs"):
        return look(loaded, repository=repository, log_paths=logs)


def _a_label(domain: str) -> str:
    from launchready.verify.public import a_label

    return a_label(domain)


async def _prepared(loaded: Any, edge: Any, chosen: tuple[str, ...] | None) -> Any:
    """The edge with what only an edge lacks: a portal to log in to, and a drill's proof."""
    from launchready.edge.document import current_document
    from launchready.rehearse.prepare import hold_drill, prepare

    await prepare(loaded, edge, say)
    rows = {name.partition(".")[0] for name in chosen or ("monitoring",)}
    if "monitoring" in rows:
        await hold_drill(loaded, edge, say, unproved_only=True)
    return await asyncio.to_thread(current_document, edge)


async def _verify(
    loaded: Any, domain: str | None, edge: Any, only: Any, replay: Any, save: Any, show: Any,
    probe_limits: bool, outputs: Any, quick: bool, local: Any, given: Any,
    fuzz: bool, browser: bool,
) -> Any:  # fmt: skip
    from launchready.declared import declare
    from launchready.evidence import store
    from launchready.verify import verify as run
    from launchready.verify import verify_public
    from launchready.verify.expiry import publish

    saved = store.load(replay) if replay is not None else None

    chosen = tuple(only) if only else None
    if loaded is not None and edge is not None and saved is None:
        edge = await _prepared(loaded, edge, chosen)
    if loaded is None:
        found = await verify_public(domain or "", edge=edge, only=chosen, replay=saved, progress=show.probes)
    else:
        found = await run(
            loaded,
            edge=edge,
            only=chosen,
            replay=saved,
            progress=show.probes,
            probe_limits=probe_limits,
            outputs=outputs,
            quick=quick,
            local=local,
            given=given,
            fuzz=fuzz,
            browser=browser,
        )
        told = None
        if saved is None and chosen is None:
            told = await publish(declare(loaded).monitoring, found.evidence, edge)
        if told is not None:
            say(told.said)
    if save is not None:
        store.save(found.evidence, save)
        say(f"wrote {save}")
    return found


def checks(
    json_: common.Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As tables for a page.")] = False,
) -> None:
    """List every check: id, row, severity, reference, what it proves."""
    from launchready.checklist import load

    entries = [
        {
            "id": check.id,
            "row": check.row,
            "severity": check.severity.value,
            "reference": check.reference,
            "proves": check.proves,
            "defect": check.defect,
            "fix": {"key": check.fix.key, "text": check.fix.text},
            "public": check.public,
        }
        for check in load()
    ]
    if json_:
        write(json.dumps({"schema": "launchready.checks/1", "checks": entries}))
        return
    if markdown:
        from launchready.checklist.table import markdown as tables

        write(tables(load()))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("check", "severity", "proves", "reference"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        table.add_row(str(entry["id"]), str(entry["severity"]), str(entry["proves"]), str(entry["reference"]))
    Console(highlight=False).print(table)
    write(f"{len(entries)} checks")


def schema() -> None:
    """Print the client file's JSON Schema: the contract for every key."""
    from launchready.client_file import schema as client_schema

    write(json.dumps(client_schema(), indent=2))


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Download or build the engine if it is missing.")
    ] = False,
    json_: common.Json = False,
) -> None:
    """Say what this machine has (engine, plugins, credentials, DNS), and what to do about the rest.

    Exit 3 when something that a rehearsal needs is missing.
    """
    from dataclasses import asdict

    from launchready.engine.doctor import examine

    if fix:
        common.engine_here()
    findings = examine()
    if json_:
        write(json.dumps({"schema": "launchready.doctor/1", "findings": [asdict(f) for f in findings]}))
    else:
        for finding in findings:
            mark = {"ok": "ok     ", "local": "local  ", "missing": "missing"}[finding.state]
            write(f"{mark}  {finding.subject}: {finding.detail}")
            if finding.fix:
                write(f"           → {finding.fix}")
    if any(finding.required and finding.state == "missing" for finding in findings):
        raise typer.Exit(3)

"""Commands of the local edge: `launch rehearse` and `launch edge …`."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from launchready.cli import common, recording, reports
from launchready.cli.console import say, ticker, write
from launchready.engine.project import find_root
from launchready.errors import InputError

edge_app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
Dir = Annotated[Path, typer.Option("--dir", help="Where the edge keeps its edge.json, CA and state.")]


def register(app: typer.Typer) -> None:
    app.command()(rehearse)
    app.add_typer(edge_app, name="edge", help="The local edge: run it, point a shell at it, end it.")


def rehearse(
    client: common.Client,
    origin: Annotated[
        str | None,
        typer.Option(help="Put your own running application behind the edge, such as http://127.0.0.1:8000."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the edge up, to look around in.")] = False,
    fuzz: Annotated[
        bool,
        typer.Option("--fuzz", help="Send the portal invalid data made from its OpenAPI description (slow)."),
    ] = False,
    format_: reports.Formats = None,
    output: reports.Output = None,
    previous: reports.Previous = None,
    json_: common.Json = False,
) -> None:
    """Rehearse a launch on this machine: edge, real Pulumi program, verdict; then take it all down.

    Needs no passphrase and no account: secrets are replaced by generated stand-ins.

    Examples: launch rehearse example; launch rehearse example --format html --output /tmp/report
    """
    root = find_root()
    loaded = common.load_client(client, root)
    wanted = reports.Wanted.of(format_, output, previous, json_, loaded.domain)
    engine = common.engine_here()
    context = reports.context_of(loaded, wanted.previous)
    with recording.watched(recording.project(), "rehearse", loaded.client, loaded.domain) as watch:
        rehearsal = asyncio.run(_rehearse(loaded, root, engine, keep, origin, fuzz, watch))
        watch.done(rehearsal.verification, context)
    verification = rehearsal.verification
    extra = {"edge": dict(rehearsal.edge)} if rehearsal.edge is not None else {}
    wanted.deliver(verification, context, json_=json_, extra=extra)
    changes = rehearsal.up.changed
    say(f"{changes} resources provisioned with {rehearsal.api_calls} API calls")
    if rehearsal.drill is not None:
        from launchready.monitors.result import render

        say(render(rehearsal.drill))
    if rehearsal.edge is not None and rehearsal.directory is not None:
        directory = rehearsal.directory / "edge"
        say(f"the edge is still up: launch edge stop --dir {directory}")
    raise typer.Exit(verification.exit_code)


async def _rehearse(
    loaded: Any, root: Path, engine: Any, keep: bool, origin: str | None, fuzz: bool, watch: recording.Watch
) -> Any:
    from launchready.rehearse import rehearse as run

    task = asyncio.ensure_future(_with_ticker(run, loaded, root, engine, keep, origin, fuzz, watch))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _with_ticker(
    run: Any, loaded: Any, root: Path, engine: Any, keep: bool, origin: str | None, fuzz: bool,
    watch: recording.Watch,
) -> Any:  # fmt: skip
    with ticker(f"rehearsing {loaded.client} ({loaded.domain})", watch) as show:
        return await run(
            loaded,
            root,
            engine,
            say=show,
            keep=keep,
            origin=origin,
            on_event=show.event,
            progress=show.probes,
            fuzz=fuzz,
        )


@edge_app.callback()
def edge(
    context: typer.Context,
    directory: Dir = common.DEFAULT_EDGE,
    plan: Annotated[str, typer.Option(help="free, pro, business or enterprise.")] = "free",
    account: Annotated[
        str | None, typer.Option(help="The account id (32 hex); default: a fresh one.")
    ] = None,
    origin: Annotated[str | None, typer.Option(help="A running application to put behind it.")] = None,
    registrar: Annotated[
        str, typer.Option(help="auto: the registrar follows at once; manual: you play the registrar.")
    ] = "auto",
    api_port: Annotated[int, typer.Option(help="Fixed port of the API; 0 picks a free one.")] = 0,
    dns_port: Annotated[int, typer.Option(help="Fixed port of the first name server; 0 picks one.")] = 0,
    http_port: Annotated[int, typer.Option(help="Fixed port for HTTP; 0 picks one.")] = 0,
    https_port: Annotated[int, typer.Option(help="Fixed port for HTTPS; 0 picks one.")] = 0,
    json_: common.Json = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run the local edge in the foreground: Cloudflare's API, DNS, HTTPS and the world around, on loopback.

    Prints where everything listens once it answers, and writes the same to DIR/edge.json. Ctrl-C ends it.

    Example: launch edge --dir /tmp/edge --plan pro
    """
    if context.invoked_subcommand is not None:
        return
    from launchready.edge.process import EdgeOptions, run

    _check_edge_options(plan, registrar)
    directory.mkdir(parents=True, exist_ok=True)
    if with_parent:
        from launchready.engine.orphan import end_with_parent
        from launchready.rehearse.edge_process import KEEP

        end_with_parent(unless=directory / KEEP)
    options = EdgeOptions(
        dir=directory.resolve(),
        plan=plan,
        account=account,
        origin_url=origin,
        registrar=registrar,
        api_port=api_port,
        dns_port=dns_port,
        http_port=http_port,
        https_port=https_port,
    )

    def announce(document: dict[str, Any]) -> None:
        write(json.dumps(document) if json_ else _pretty(document))
        if not json_:
            say(f'the edge answers; point a shell at it: eval "$(launch edge env --dir {directory})"')

    asyncio.run(run(options, announce))


def _check_edge_options(plan: str, registrar: str) -> None:
    if plan not in ("free", "pro", "business", "enterprise"):
        raise InputError(f"--plan {plan}: there is no such plan", fix="free, pro, business or enterprise")
    if registrar not in ("auto", "manual"):
        raise InputError(f"--registrar {registrar}: auto or manual")


def _pretty(document: dict[str, Any]) -> str:
    shown = {k: v for k, v in document.items() if k != "connect"}
    return json.dumps(shown, indent=2)


@edge_app.command("env")
def edge_env(directory: Dir = common.DEFAULT_EDGE) -> None:
    """Print the exports with which a plain `pulumi up` talks to this edge.

    Example: eval "$(launch edge env --dir /tmp/edge)" && launch pulumi -- up -s example
    """
    from launchready.edge.document import environment

    document = common.edge_document(directory)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment(document).items()]
    write("\n".join(lines))


@edge_app.command("stop")
def edge_stop(directory: Dir = common.DEFAULT_EDGE) -> None:
    """End the edge of this directory."""
    from launchready.edge.document import stop

    stop(directory)
    say("the edge has ended")


registrar_app = typer.Typer(
    no_args_is_help=True, help="Play the registrar: name servers and DS at the parent."
)
edge_app.add_typer(registrar_app, name="registrar")


@registrar_app.command("set-ns")
def set_ns(
    domain: str,
    nameservers: Annotated[list[str], typer.Argument(help="Names of the name servers, in order.")],
    directory: Dir = common.DEFAULT_EDGE,
) -> None:
    """Delegate DOMAIN to these name servers at the parent."""
    _registrar(directory, domain, {"nameservers": nameservers})


@registrar_app.command("set-ds")
def set_ds(
    domain: str,
    ds: Annotated[list[str], typer.Argument(help='DS records: "2371 13 2 ABCD…"; none removes them.')],
    directory: Dir = common.DEFAULT_EDGE,
) -> None:
    """Publish these DS records for DOMAIN at the parent."""
    _registrar(directory, domain, {"ds": [text for text in ds if text != "none"]})


def _registrar(directory: Path, domain: str, change: dict[str, Any]) -> None:
    import httpx

    document = common.edge_document(directory)
    try:
        response = httpx.post(
            f"{document['control']}/registrar/{domain}",
            json=change,
            headers={"Authorization": f"Bearer {document['token']}"},
            timeout=10,
        )
    except httpx.HTTPError as error:
        raise InputError(f"the edge of {directory} does not answer: {error}") from error
    if response.status_code != 200:
        raise InputError(f"the edge refused: {response.text[:300]}")
    write(json.dumps(response.json()))

"""Commands that run the engine: `launch up|preview|destroy` and `launch pulumi`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli import changes, common, steps
from launchready.cli.console import Ticker, say, ticker, write
from launchready.engine.locate import TRACE
from launchready.engine.project import find_root
from launchready.errors import EngineError, InputError, Where

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.engine import Engine
    from launchready.recovery import Lock
    from launchready.rehearse.provision import Stack
    from launchready.snapshot.change import Done, Wish
    from launchready.snapshot.store import Store

Refresh = Annotated[bool, typer.Option("--refresh", help="Read what is live first.")]
LIVE_API = "https://api.cloudflare.com/client/v4"
SPENDING = ("up", "update", "preview", "refresh", "destroy", "import", "watch")
"""Engine operations that call the provider's API, and so go through the gateway."""


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(preview)
    app.command()(destroy)
    app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(pulumi)


def up(
    client: common.Client,
    edge: common.EdgeFile = None,
    yes: changes.Yes = False,
    allow_loss: changes.AllowLoss = None,
    refresh: Refresh = False,
    snapshots: changes.Snapshots = None,
    wait: steps.Wait = None,
) -> None:
    """Launch a client's domain: preview, guard, snapshot, then just what the preview showed, with progress.

    Then step by step: the registrar's part, activation, certificate, TLS, redirects, verification. Where a
    person has to act it says what, and ends with exit 1; run it again and it goes on there. --wait waits.

    Live, it needs CLOUDFLARE_API_TOKEN and PULUMI_CONFIG_PASSPHRASE; with --edge it needs nothing.
    The guard refuses to delete or replace more than `launchready:guard.max_delete`, and to lose mail, names,
    certificates, monitors or variables that nobody named (--allow-loss). Exit 3 when it refuses.

    Examples: launch up acme; launch up acme --wait 2h
    """
    patience = steps.seconds(wait)

    async def run(work: _Work) -> None:
        from launchready.snapshot.change import Wish

        await _refuse_dropped_keys(work.stack, work.loaded)
        with ticker(f"launching {client}") as show:
            done = await work.carry_out(Wish("up", "up", changes.names(allow_loss), refresh), show)
        write(_summary(done.changes, "changed"))

    loaded, root = _launch(client, edge, run, "up", yes, snapshots)
    # The lock is free again: who waits for a registrar keeps nobody from another `launch up`.
    if code := steps.after_up(loaded, root, edge, patience):
        raise typer.Exit(code)


def preview(
    client: common.Client,
    edge: common.EdgeFile = None,
    refresh: Refresh = False,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit 1 if anything would change.")
    ] = False,
) -> None:
    """Show what `launch up` would change. Changes nothing.

    Example: launch preview acme --refresh
    """

    async def run(work: _Work) -> None:
        with ticker(f"previewing {client}") as show:
            lines: list[str] = []
            result = await work.stack.plan("up", refresh=refresh, on_event=show.event, on_line=lines.append)
        write("\n".join(lines))
        if expect_no_changes and result.changed:
            raise typer.Exit(1)

    _launch(client, edge, run, "preview", True)


def destroy(
    client: common.Client,
    edge: common.EdgeFile = None,
    yes: changes.Yes = False,
    allow_loss: changes.AllowLoss = None,
    snapshots: changes.Snapshots = None,
) -> None:
    """Take a launch down, the zone's settings as they were found. `launch rollback` brings it back.

    The guard wants the domain named (--allow-loss DOMAIN), or `guard: {destroy: true}` in the client file,
    without which a zone that the launch made is protected, too. An adopted zone (`launchready:zone: {id: …}`)
    stays; what the launch made in it goes.

    Example: launch destroy acme --allow-loss acme.example
    """

    async def run(work: _Work) -> None:
        from launchready.snapshot.change import Wish

        adopted = work.loaded.zone.id is not None
        with ticker(f"taking {client} down") as show:
            done = await work.carry_out(Wish("destroy", "destroy", changes.names(allow_loss)), show)
        told = _summary(done.changes, "taken down") if done.changed else "taken down: nothing"
        write(told + (f"; the zone {work.loaded.domain} stays" if adopted else ""))

    _launch(client, edge, run, "destroy", yes, snapshots)


async def _refuse_dropped_keys(stack: Stack, loaded: ClientFile) -> None:
    """A DKIM key that its sender signs with is not taken out of DNS at one go. Raises InputError."""
    from launchready.declared.created import dropped_keys

    dropped = dropped_keys(loaded.email.dkim, await stack.outputs())
    if dropped:
        raise InputError(
            f"email.dkim no longer has {', '.join(dropped)}, which was active at the last launch",
            where=Where(loaded.path, key="launchready:email.dkim"),
            fix=f"put it back and run `launch dkim rotate {loaded.client}`, or set revoked: true for it",
        )


def _summary(changes: Mapping[str, int], word: str) -> str:
    parts = [f"{count} {kind}" for kind, count in sorted(changes.items()) if count]
    return f"{word}: {', '.join(parts) or 'nothing'}"


@dataclass(frozen=True, slots=True)
class _Work:
    """A launch that a command works on: the stack, the client file, and all that a change needs."""

    stack: Stack
    loaded: ClientFile
    root: Path
    document: Mapping[str, Any] | None
    store: Store
    yes: bool

    async def carry_out(self, wish: Wish, show: Ticker) -> Done:
        """Do it behind the guard, with a snapshot before and after; old snapshots go."""
        from launchready.snapshot.change import carry_out

        talk = changes.Terminal(self.yes, show)
        launch = changes.launch_of(self.stack, self.loaded, self.root, self.document, self.store, talk)
        done = await carry_out(launch, wish)
        changes.tell(done, self.store)
        return done


def _launch(
    client: str,
    edge: Path | None,
    run: Callable[[_Work], Awaitable[None]],
    operation: str,
    yes: bool,
    snapshots: str | None = None,
) -> tuple[ClientFile, Path]:
    """Run something on a client's launch, to its end; its client file, and the project's root."""
    root = find_root()
    loaded = common.load_client(client, root)
    if not yes and not sys.stdin.isatty():
        raise InputError(
            f"launch {operation} asks before it changes anything", fix="add --yes where nobody is"
        )
    store = changes.store_of(snapshots, root, loaded.client)
    with_stack(loaded.client, root, edge, lambda stack, document: run(
        _Work(stack, loaded, root, document, store, yes)
    ), operation if operation != "preview" else None)  # fmt: skip
    return loaded, root


def with_stack(
    client: str,
    root: Path,
    edge: Path | None,
    run: Callable[[Stack, Mapping[str, Any] | None], Awaitable[None]],
    operation: str | None = None,
) -> None:
    """Run something on a client's stack, behind the gateway; ``run`` gets the edge's document, too.

    ``operation``: what changes the launch. It has the launch to itself, and begins by settling what the last
    one left, if that did not end well.
    """
    if edge is None:
        common.need_environment("CLOUDFLARE_API_TOKEN", "PULUMI_CONFIG_PASSPHRASE")
    document = None if edge is None else common.edge_document(edge)
    path = root / "stacks" / f"Pulumi.{client}.yaml"
    env = changes.without_shortcuts(_environment(document, path))
    engine = common.engine_here()
    _refuse_stand_in(engine, env)

    async def whole(env: Mapping[str, str], lock: Lock | None) -> None:
        async with gateway_environment(env) as through:
            from launchready.rehearse.provision import Stack

            if lock is None:
                stack = Stack(engine, root, client, through)
                await stack.ensure()
                await run(stack, document)
                return
            from launchready.recovery import clear, recover

            with lock.work(), ending_well():
                stack = Stack(engine, root, client, through, lock.watch)
                await clear(stack, lock, say)
                await stack.ensure()
                await recover(stack, lock, say)
                await run(stack, document)

    if operation is None:
        asyncio.run(whole(env, None))
        return
    from launchready.recovery import RUN, hold

    with hold(root, client, changes.world_name(document), operation) as lock:
        asyncio.run(whole({**env, RUN: lock.run}, lock))


@contextmanager
def ending_well() -> Iterator[None]:
    """A terminal that closes, or a polite end (SIGTERM), is a Ctrl-C: calls under way may finish first."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = [signal.SIGTERM, signal.SIGHUP]
    for number in told:
        loop.add_signal_handler(number, lambda: task is not None and task.cancel())
    try:
        yield
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for number in told:
            loop.remove_signal_handler(number)


def _environment(document: Mapping[str, Any] | None, path: Path) -> dict[str, str]:
    """This shell's environment; with --edge, that edge instead of the world.

    On an edge the passphrase is the public one, unless the client file's secrets are under the shell's own.
    """
    if document is None:
        return dict(os.environ)
    return common.edge_environment(document, own_passphrase=_opens(path))


def _opens(path: Path) -> bool:
    """Is the shell's passphrase, if it has one, that of the client file?"""
    import yaml

    from launchready.client_file.secrets import PASSPHRASE, PASSPHRASE_FILE, PassphraseKey, passphrase

    given = os.environ.get(PASSPHRASE) or os.environ.get(PASSPHRASE_FILE)
    if not given or not path.is_file():  # gone: a rollback brings it back
        return False
    salt = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("encryptionsalt")
    try:
        PassphraseKey.open(str(salt), passphrase(os.environ), Where(path))
    except InputError:
        return False
    return True


def _refuse_stand_in(engine: Engine, env: Mapping[str, str]) -> None:
    """The local Cloudflare plugin never talks to the real API: say so before anything starts."""
    if all(plugin.official for plugin in engine.plugins if plugin.name == "cloudflare"):
        return
    from launchready.engine.cloudflare_plugin.config import RefusedAddressError, refuse_unless_loopback

    try:
        refuse_unless_loopback(env.get("CLOUDFLARE_BASE_URL", ""))
    except RefusedAddressError as error:
        raise EngineError(
            "the official Cloudflare plugin is not on this machine, and the local one only rehearses",
            fix="install the official Pulumi distribution, or work against an edge with --edge",
        ) from error


@asynccontextmanager
async def gateway_environment(env: Mapping[str, str]) -> AsyncIterator[dict[str, str]]:
    """``env`` with the API gateway in front of the API, when there is a token to use it with."""
    token = env.get("CLOUDFLARE_API_TOKEN", "")
    if not token:
        yield dict(env)
        return
    from launchready.gateway import Gateway, pace

    gathering, bounds = pace(env.get("LAUNCHREADY_GATEWAY_PACE", ""))
    upstream = env.get("CLOUDFLARE_BASE_URL") or LIVE_API
    async with Gateway(upstream, token, gathering=gathering, bounds=bounds) as gateway:
        yield {**env, "CLOUDFLARE_BASE_URL": gateway.base_url}


def pulumi(context: typer.Context) -> None:
    """Run `pulumi ARGS` with the engine and plugins that this machine has.

    Example: launch pulumi -- preview --refresh -s example
    """
    engine = common.engine_here()
    arguments = list(context.args)
    if os.environ.get(TRACE):
        say(f"{TRACE} is not passed on: the engine would write every secret in clear to that file")
    env = engine.environment(dict(os.environ))
    backend = env.get("PULUMI_BACKEND_URL", "")
    if backend.startswith("file:///"):
        Path(backend.removeprefix("file://")).mkdir(parents=True, exist_ok=True)
    raise typer.Exit(asyncio.run(_pulumi(engine, arguments, env)))


async def _pulumi(engine: Engine, arguments: list[str], env: dict[str, str]) -> int:
    """Run the engine in this terminal. Ctrl-C reaches it directly; it ends by itself."""
    import contextlib

    wants_gateway = any(argument in SPENDING for argument in arguments)
    async with gateway_environment(env) if wants_gateway else _as_it_is(env) as through:
        process = await asyncio.create_subprocess_exec(str(engine.pulumi), *arguments, env=through)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        with contextlib.suppress(asyncio.CancelledError):
            return await process.wait()
    return 3


@asynccontextmanager
async def _as_it_is(env: dict[str, str]) -> AsyncIterator[dict[str, str]]:
    yield env

"""Commands about earlier launches: `launch snapshots` and `launch rollback`."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.cli import changes, common
from launchready.cli.console import say, ticker, write
from launchready.cli.launches import with_stack
from launchready.engine.project import find_root
from launchready.errors import InputError

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.rehearse.provision import Stack
    from launchready.snapshot.change import Done
    from launchready.snapshot.choose import Target
    from launchready.snapshot.manifest import Manifest
    from launchready.snapshot.project import Project
    from launchready.snapshot.rollback import Restored
    from launchready.snapshot.seal import Sealer
    from launchready.snapshot.store import Store
    from launchready.verify import Verification

ACTIONS = ("show", "verify", "prune")


def register(app: typer.Typer) -> None:
    app.command()(rollback)
    app.command()(snapshots)


# ---- launch snapshots -----------------------------------------------------------------------------


def snapshots(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[show|verify|prune] CLIENT [ID]",
            help="The client. show: one snapshot's files; verify: checksums of one, or all; prune: old ones.",
        ),
    ],
    place: changes.Snapshots = None,
    keep: Annotated[int, typer.Option(min=1, help="prune: how many of the newest stay.")] = 20,
    days: Annotated[int, typer.Option(min=0, help="prune: of so many days, the last of each stays.")] = 30,
    json_: common.Json = False,
) -> None:
    """List a client's snapshots: when, why, of which revision, how big, intact or not.

    Exit 2 when the one that is named, or with `verify` any, is damaged.

    Examples: launch snapshots acme; launch snapshots show acme 20261124T1305; launch snapshots verify acme
    """
    action, client, wanted = _words(words)
    store = changes.store_of(place, find_root(), client)
    if action == "prune":
        _prune(store, keep, days)
        return
    found, broken = _found(store, client)
    if wanted is not None:
        found = [_one(found, wanted)]
    rows = [_row(store, manifest) for manifest in found]
    if json_:
        document = {"schema": "launchready.snapshots/1", "client": client, "place": store.place(),
                    "snapshots": rows, "unreadable": broken}  # fmt: skip
        write(json.dumps(document))
    elif action == "show" and found:
        write(_shown(store, found[-1], rows[-1]))
    else:
        _table(rows, broken, store)
    damaged = [row["id"] for row in rows if not row["intact"]] + (list(broken) if wanted is None else [])
    if damaged and (action == "verify" or wanted is not None):
        raise InputError(f"damaged: {', '.join(damaged)}", fix="use another one; a damaged one is never used")


def _words(words: list[str]) -> tuple[str, str, str | None]:
    """(action, client, id). A client may have the name of an action."""
    if len(words) >= 2 and words[0] in ACTIONS:
        action, rest = words[0], words[1:]
    else:
        action, rest = "list", words
    if len(rest) > 2 or (len(rest) == 2 and action in ("list", "prune")):
        raise InputError(
            f"`launch snapshots {' '.join(words)}` says too much",
            fix="launch snapshots CLIENT, or launch snapshots show|verify CLIENT [ID]",
        )
    return action, rest[0], rest[1] if len(rest) == 2 else None


def _found(store: Store, client: str) -> tuple[list[Manifest], dict[str, str]]:
    from launchready.client_file import find
    from launchready.snapshot.take import listed

    found, broken = listed(store)
    if not found and not broken:
        find(client, find_root())  # a name that is no client's is an error that names the nearest
    return found, broken


def _one(found: list[Manifest], wanted: str) -> Manifest:
    matching = [one for one in found if one.id.startswith(wanted)]
    if len(matching) != 1:
        several = f"{len(matching)} snapshots begin with {wanted}"
        told = several if matching else f"there is no snapshot {wanted}"
        raise InputError(told, fix="`launch snapshots CLIENT` lists them")
    return matching[0]


def _row(store: Store, manifest: Manifest) -> dict[str, Any]:
    from launchready.snapshot.take import damage

    wrong = list(damage(store, manifest))
    git = manifest.git or {}
    return {
        "id": manifest.id, "taken": manifest.taken, "kind": manifest.kind.value, "reason": manifest.reason,
        "world": manifest.world, "revision": git.get("revision"), "dirty": git.get("dirty"),
        "records": manifest.records, "resources": manifest.resources, "bytes": manifest.size,
        "intact": not wrong, "damage": wrong, "client_file": manifest.client_file, "before": manifest.before,
        "to": manifest.to, "missing": list(manifest.missing),
    }  # fmt: skip


def _table(rows: list[dict[str, Any]], broken: Mapping[str, str], store: Store) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("snapshot", "of", "world", "revision", "records", "size", "intact"):
        table.add_column(column, justify="right" if column in ("records", "size") else "left", no_wrap=True)
    for row in rows:
        revision = (row["revision"] or "·")[:10] + ("+" if row["dirty"] else "")
        size = f"{row['bytes'] / 1024:.0f} kB"
        state = "yes" if row["intact"] else "DAMAGED"
        of = f"{row['kind']} ({row['reason']})"
        table.add_row(row["id"], of, row["world"], revision, str(row["records"]), size, state)
    if rows:
        Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)
    for name, why in broken.items():
        write(f"{name}  DAMAGED: {why}")
    write(f"{len(rows) + len(broken)} snapshots in {store.place()}")


def _shown(store: Store, manifest: Manifest, row: Mapping[str, Any]) -> str:
    of = f"{manifest.kind.value} ({manifest.reason}) of {manifest.domain}"
    lines = [f"{manifest.id}: {of}, {manifest.taken}"]
    lines.append(f"in {store.place(manifest.id)}")
    lines += [f"  {file.sha256[:16]}  {file.bytes:>9} B  {file.name}" for file in manifest.files]
    lines += [f"  damaged: {one}" for one in row["damage"]]
    lines += [f"  not read: {one}" for one in manifest.missing]
    if manifest.client_file != "launched":
        lines.append(f"  its client file is {manifest.client_file}")
    if manifest.proof is not None:
        lines.append(f"  verified: {json.dumps(dict(manifest.proof))}")
    return "\n".join(lines)


def _prune(store: Store, keep: int, days: int) -> None:
    from datetime import UTC, datetime

    from launchready.snapshot.retention import prune

    gone = prune(store, datetime.now(UTC), keep=keep, days=days)
    write("\n".join([*gone, f"{len(gone)} snapshots removed from {store.place()}"]))


# ---- launch rollback ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line's wishes."""

    client: str
    to: str | None
    yes: bool
    names: frozenset[str]
    max_delete: int | None
    old_secrets: bool
    write_file: bool


def rollback(
    client: common.Client,
    to: Annotated[
        str | None, typer.Option(help="The snapshot, or how its id begins; default: undo the last change.")
    ] = None,
    edge: common.EdgeFile = None,
    yes: changes.Yes = False,
    allow_loss: changes.AllowLoss = None,
    max_delete: Annotated[
        int | None, typer.Option(min=0, help="How many may go, instead of the snapshot's own number.")
    ] = None,
    old_secrets: Annotated[
        bool, typer.Option("--old-secrets", help="Bring back the values of secrets that were rotated since.")
    ] = False,
    write_file: Annotated[
        bool, typer.Option("--write-file", help="Overwrite the client file with the snapshot's.")
    ] = False,
    place: changes.Snapshots = None,
    json_: common.Json = False,
) -> None:
    """Bring back an earlier launch whole, then verify it. The same command twice does it once.

    It makes a snapshot first, so that it can be undone. The client file on disk stays as it is.
    Exit 0 when the verifier says ready, 1 when not, 2 for a damaged snapshot, 3 when the guard refuses.

    Examples: launch rollback acme; launch rollback acme --to 20261124T1305 --yes
    """
    if not yes and not sys.stdin.isatty():
        raise InputError("launch rollback asks before it changes anything", fix="add --yes where nobody is")
    root = find_root()
    store = changes.store_of(place, root, client)
    asked = _Asked(client, to, yes, changes.names(allow_loss), max_delete, old_secrets, write_file)
    outcome: list[tuple[Restored, Verification]] = []

    async def run(stack: Stack, document: Mapping[str, Any] | None) -> None:
        outcome.append(await _roll_back(stack, document, root, store, asked))

    _require(store, client)
    with_stack(client, root, edge, run, "rollback")
    restored, verification = outcome[0]
    _report(restored, verification, json_)
    raise typer.Exit(verification.exit_code)


def _require(store: Store, client: str) -> None:
    """No engine is started for a client that has no snapshot."""
    if not store.ids():
        from launchready.client_file import find

        find(client, find_root())  # a name that is no client's is an error that lists those there are
        raise InputError(
            f"there is no snapshot of {client} in {store.place()}",
            fix="`launch up` takes one before and after each change; --snapshots names another place",
        )


async def _roll_back(
    stack: Stack, document: Mapping[str, Any] | None, root: Path, store: Store, asked: _Asked
) -> tuple[Restored, Verification]:
    from launchready.client_file.secrets import EnvironmentSecrets
    from launchready.snapshot import rollback as back
    from launchready.snapshot.seal import Sealer
    from launchready.snapshot.take import load

    world, sealer = changes.world_name(document), Sealer(dict(stack.env))
    target, zone = await _target(stack, store, world, asked)
    say(f"back to {target.manifest.id} of {target.manifest.taken}: {target.why}")
    snapshot = load(store, target.manifest.id, sealer)
    if snapshot.client_file is None:
        raise InputError(f"{target.manifest.id} has no client file")
    if target.manifest.client_file == "assumed":
        say("its client file is only assumed: it lay there then, and no snapshot was made of its launch")
    today = back.live_file(store, world)
    with tempfile.TemporaryDirectory(prefix="launchready-rollback-") as scratch:
        project = _project(root, asked, snapshot.client_file, today, Path(scratch) / "project", sealer)
        secrets = EnvironmentSecrets(dict(stack.env))
        loaded = common.load_client(asked.client, project.directory, secrets=secrets)
        done = await _carry_out(
            _moved(stack, project), loaded, document, root, store, target, snapshot, asked
        )
        changes.tell(done, store)
        wanted = snapshot.world.digest if snapshot.world is not None else ""
        working = _working_file(root, asked, project.client_path.read_bytes())
        restored = back.Restored(target, wanted, done, back.irrevocable(snapshot, zone, project), working)
        verification = await _verified(_moved(stack, project), loaded, document)
    back.keep_proof(store, restored, world, verification.verdict)
    return restored, verification


async def _target(
    stack: Stack, store: Store, world: str, asked: _Asked
) -> tuple[Target, Mapping[str, Any] | None]:
    """The snapshot to go back to, and the zone as it is now."""
    from launchready.snapshot.api import Api
    from launchready.snapshot.choose import choose
    from launchready.snapshot.state import export_state
    from launchready.snapshot.take import listed
    from launchready.snapshot.world import read_world

    found, broken = listed(store)
    for name, why in broken.items():
        if asked.to is not None and name.startswith(asked.to):
            raise InputError(f"the snapshot {name} is damaged: {why}", fix="use another one")
    if not found:
        raise InputError(f"no snapshot in {store.place()} can be read", fix="launch snapshots verify CLIENT")
    state = await export_state(stack)
    async with Api(stack.env["CLOUDFLARE_BASE_URL"], stack.env["CLOUDFLARE_API_TOKEN"]) as api:
        now = await read_world(api, found[-1].domain, state.zone_id)
    target = choose(found, world, None if now is None else now.digest, asked.to)
    return target, None if now is None else now.zone


def _project(
    root: Path, asked: _Asked, then: bytes, today: bytes | None, target: Path, sealer: Sealer
) -> Project:
    from launchready.snapshot.project import make_project

    return make_project(root, asked.client, then, today, target, sealer, old_secrets=asked.old_secrets)


def _moved(stack: Stack, project: Project) -> Stack:
    """The same stack, run from the project with the snapshot's client file."""
    from dataclasses import replace

    return replace(stack, directory=project.directory)


async def _carry_out(
    stack: Stack, loaded: ClientFile, document: Mapping[str, Any] | None, root: Path, store: Store,
    target: Target, snapshot: Any, asked: _Asked,
) -> Done:  # fmt: skip
    from launchready.snapshot.change import Wish, carry_out
    from launchready.snapshot.choose import ROLLBACK

    with ticker(f"bringing {asked.client} back") as show:
        talk = changes.Terminal(asked.yes, show)
        launch = changes.launch_of(stack, loaded, root, document, store, talk)
        wish = Wish(
            "up", ROLLBACK, asked.names, refresh=True, back=snapshot, step=target.step,
            max_delete=asked.max_delete,
        )  # fmt: skip
        return await carry_out(launch, wish)


def _working_file(root: Path, asked: _Asked, content: bytes) -> bool:
    """Does the client file on disk say otherwise? Written over only when that was asked for."""
    from launchready.client_file.files import write_atomically

    path = root / "stacks" / f"Pulumi.{asked.client}.yaml"
    same = path.is_file() and path.read_bytes() == content
    if same or not asked.write_file:
        return not same
    write_atomically(path, content.decode("utf-8"))
    say(f"wrote {path}")
    return False


async def _verified(stack: Stack, loaded: ClientFile, document: Mapping[str, Any] | None) -> Verification:
    from launchready.declared import declare
    from launchready.declared.created import needs_outputs
    from launchready.edge.document import current_document
    from launchready.rehearse.prepare import hold_drill, prepare
    from launchready.verify import verify

    outputs = await stack.outputs() if needs_outputs(declare(loaded)) else None
    edge = None
    if document is not None:
        edge = current_document(document)
        await prepare(loaded, edge, say)
        await hold_drill(loaded, edge, say, unproved_only=True)
        edge = current_document(document)
    with ticker(f"verifying {loaded.client}") as show:
        return await verify(loaded, edge=edge, progress=show.probes, outputs=outputs)


def _report(restored: Restored, verification: Verification, json_: bool) -> None:
    from launchready.report import render_text

    if json_:
        write(json.dumps(restored.document(verification.to_json())))
        return
    done = restored.done
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(done.changes.items()) if count)
    lines = [f"back at {restored.target.manifest.id}: {counts if done.changed else 'it was so already'}"]
    if not restored.zone_equal:
        lines.append("the zone is not in all the same as then: `launch snapshots show` both, and compare")
    if done.before is not None and done.before.client_file != "none":
        lines.append(f"to undo this: launch rollback {restored.target.manifest.client} --to {done.before.id}")
    if restored.working_file:
        lines.append("the client file on disk says otherwise: the next `launch up` brings its change back "
                     "(--write-file writes the snapshot's)")  # fmt: skip
    lines.append("what this can't undo:")
    lines += [f"  - {one}" for one in restored.cannot]
    write(render_text(verification) + "\n" + "\n".join(lines))

"""Commands of the application's variables: `launch env diff|pull|push|rotate|audit|import`."""

from __future__ import annotations

import getpass
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from launchready.cli import common, env_text
from launchready.cli.console import say, write
from launchready.engine.project import find_root
from launchready.errors import InputError, Where

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.declared.environment import Environment
    from launchready.variables.store import Store

env_app = typer.Typer(no_args_is_help=True)
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before writing anything.")]
Name = Annotated[str, typer.Argument(help="The variable.")]


def register(app: typer.Typer) -> None:
    app.add_typer(env_app, name="env", help="The application's variables and secrets: where they live.")


@env_app.callback()
def env() -> None:
    """The application's variables: compared, fetched, sent, rotated, audited, imported.

    No value is ever printed unless it is asked for. With --edge FILE all of it works on a local edge.

    Example: launch env diff acme
    """


@env_app.command()
def diff(
    client: common.Client,
    edge: common.EdgeFile = None,
    show: Annotated[bool, typer.Option("--show", help="Print the values too, on standard output.")] = False,
    json_: common.Json = False,
) -> None:
    """Compare the client file with what is live: names, versions and ages. Exit 1 on a difference.

    Example: launch env diff acme
    """
    from launchready.variables.difference import compare

    if show and json_:
        raise InputError("--show prints values for a person, --json documents for a program; give one")
    loaded, environment, store = _open(client, edge)
    found = compare(environment, store, _now(), edge=edge is not None, ours=_ours(loaded))
    if show:
        _confirm_show()
    write(json.dumps(found.document()) if json_ else env_text.difference(found, values=show))
    raise typer.Exit(1 if found.differs else 0)


@env_app.command()
def pull(
    client: common.Client,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path(".env"),
    scope: Annotated[
        str | None, typer.Option(help="Only variables of this scope: browser or server.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    edge: common.EdgeFile = None,
) -> None:
    """Write what is live into a .env file that only you can read. Exit 1 when some of it isn't there.

    Example: launch env pull acme --output .env.production
    """
    from launchready.variables.pull import write_private
    from launchready.variables.vcs import refuse_tracked

    if scope not in (None, "browser", "server"):
        raise InputError(f"--scope {scope}: browser or server")
    warning = refuse_tracked(output)
    if warning is not None:
        say(f"warning: {warning}")
    _, environment, store = _open(client, edge)
    wanted = [p for p in environment.parameters if scope in (None, p.scope)]
    values = store.values(wanted)
    ordered = {p.name: values[p.name] for p in wanted if p.name in values}
    write_private(output, ordered, environment, replace=force)
    missing = [p.name for p in wanted if p.name not in values]
    say(f"wrote {len(ordered)} variables to {output} (readable by you only)")
    for name in missing:
        say(f"{name} isn't there: launch up {client}, or launch env push {client}")
    raise typer.Exit(1 if missing else 0)


@env_app.command()
def push(client: common.Client, edge: common.EdgeFile = None, yes: Yes = False) -> None:
    """Send what the client file says to the target, as `launch up` would. Says first what would change.

    Example: launch env push acme
    """
    from launchready.variables.difference import compare

    loaded, environment, store = _open(client, edge)
    found = compare(environment, store, _now(), ours=_ours(loaded))
    changed = {line.name for line in found.lines if line.kind in ("changed", "missing")}
    write(env_text.difference(found))
    todo = [p for p in environment.parameters if p.name in changed]
    if not todo:
        say("nothing to send")
        return
    _ask(yes, f"send {len(todo)} variable(s)?")
    for parameter in todo:
        kept = store.put(parameter, parameter.reveal())
        say(f"sent {parameter.name}: version {kept.version}")
    say(env_text.restart(loaded, environment, [p for p in todo if p.scope == "server"]))


@env_app.command()
def rotate(
    client: common.Client,
    name: Name,
    generate: Annotated[
        int | None, typer.Option("--generate", help="A random value of this many characters.")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--from-stdin", help="Read the value from standard input.")
    ] = False,
    edge: common.EdgeFile = None,
) -> None:
    """Give a variable a new value: encrypted into the client file, then sent; the old version is kept.

    The value is generated, read from standard input, or asked for without echo; never an argument.

    Examples: launch env rotate acme SESSION_SECRET --generate 48; pass stripe | launch env rotate acme
    STRIPE_SECRET_KEY --from-stdin
    """
    from launchready.client_file import find
    from launchready.variables.rotation import into_file

    _enter(edge)
    path = find(client, find_root())
    value = _new_value(name, generate, from_stdin)
    into_file(path, name, value, os.environ)
    say(f"{name} is encrypted anew in {path}")
    loaded, environment, store = _open(client, edge)
    parameter = environment.parameter(name)
    if parameter is None:
        raise InputError(f"{name} is not declared", where=Where(path))
    before = store.listed().get((parameter.store, parameter.path))
    if before is None:
        say(f"it isn't live yet: launch up {client} stores it")
        return
    kept = store.put(parameter, value)
    say(f"sent: version {kept.version}; version {before.version} is kept as the one before")
    say(env_text.restart(loaded, environment, [parameter]))


@env_app.command()
def audit(
    client: common.Client,
    path: Annotated[
        list[Path] | None,
        typer.Option("--path", help="Also look for the secrets' values in this build directory or file."),
    ] = None,
    edge: common.EdgeFile = None,
    json_: common.Json = False,
) -> None:
    """Say where each variable lives, how old it is, who may read it, and what is wrong. Exit 1 if any is.

    With --path the values of the secrets are looked for in files (plain, base64, percent-encoded, in
    JSON, hexadecimal) and reported by name and place.

    Example: launch env audit acme --path dist --path .
    """
    from launchready.variables.audit import audit as run

    for one in path or ():
        if not one.exists():
            raise InputError("there is no such file or directory", where=Where(one))
    loaded, environment, store = _open(client, edge)
    found = run(environment, store, _now(), paths=tuple(path or ()), ours=_ours(loaded))
    write(json.dumps(found.document()) if json_ else env_text.audit(found))
    raise typer.Exit(0 if found.clean else 1)


@env_app.command("import")
def import_(
    client: common.Client,
    file: Annotated[Path, typer.Argument(help="The .env file.")],
    secret: Annotated[list[str] | None, typer.Option("--secret", help="A name that is secret.")] = None,
    plain: Annotated[list[str] | None, typer.Option("--plain", help="A name that is no secret.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the file's value where the client file has another.")
    ] = False,
    interpolate: Annotated[
        bool, typer.Option("--interpolate/--no-interpolate", help="Replace ${NAME} by the file's own NAME.")
    ] = True,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the .env file once everything is taken over.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Move a .env file into the client file: secrets encrypted, the rest in clear; leaves a .env.example.

    What is secret is decided by form, name and randomness, and shown (names only) before anything is
    written; --secret and --plain decide otherwise.

    Example: launch env import acme .env --plain SENTRY_DSN
    """
    from launchready.client_file import find
    from launchready.variables import dotenv_file, importer
    from launchready.variables.edit import opened_key

    target = find(client, find_root())
    parsed = dotenv_file.read(file, interpolate=interpolate)
    key = opened_key(target, os.environ)
    choice = importer.Choice(frozenset(secret or ()), frozenset(plain or ()), replace)
    decisions = importer.decide(parsed, importer.existing(target, os.environ), choice)
    write(env_text.decisions(parsed, decisions))
    _ask(yes, f"write them into {target}?")
    importer.take_over(target, decisions, key, os.environ)
    example, fresh = importer.write_example(parsed, decisions)
    say(f"{'wrote' if fresh else 'kept'} {example}; it has no value")
    if delete:
        file.unlink()
        say(f"deleted {file}")
    else:
        say(f"everything is in {target} now: delete {file}")
    say(f"next: launch up {client}, which stores them")


# --- what they share -------------------------------------------------------------------------


def _enter(edge: Path | None) -> None:
    """Let AWS be the edge's, with its public passphrase where this shell has none."""
    if edge is None:
        return
    from launchready.edge.document import environment

    given = environment(common.edge_document(edge))
    os.environ.update({name: value for name, value in given.items() if name.startswith("AWS_")})
    os.environ.pop("AWS_PROFILE", None)
    if "PULUMI_CONFIG_PASSPHRASE_FILE" not in os.environ:
        os.environ.setdefault("PULUMI_CONFIG_PASSPHRASE", given["PULUMI_CONFIG_PASSPHRASE"])


def _open(client: str, edge: Path | None) -> tuple[ClientFile, Environment, Store]:
    """The client, what it declares, and its target. Raises InputError when it declares no variables."""
    from launchready.declared.environment import environment
    from launchready.variables.store import Store

    _enter(edge)
    loaded = common.load_client(client)
    declared = environment(loaded)
    if declared is None:
        raise InputError(
            "this client file declares no variables",
            where=Where(loaded.path, key="launchready:environment"),
            fix=f"take them over: launch env import {client} .env",
        )
    return loaded, declared, Store(declared)


def _ours(loaded: ClientFile) -> frozenset[str]:
    """Full names that the launch itself keeps below the client's path: private DKIM keys."""
    from launchready.declared import declare
    from launchready.declared.dkim import key_store

    store = key_store(loaded)
    if store is None:
        return frozenset()
    return frozenset(store.path_of(key.selector) for key in declare(loaded).dkim_keys)


def _now() -> datetime:
    return datetime.now(UTC)


def _ask(yes: bool, question: str) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("this asks before it writes anything", fix="add --yes where nobody is")
    if not typer.confirm(question, err=True):
        raise typer.Exit(3)


def _confirm_show() -> None:
    """Values go to a terminal only when a person says so; without one, --show alone says it."""
    if sys.stdout.isatty() and not typer.confirm("print the values on this terminal?", err=True):
        raise typer.Exit(3)


def _new_value(name: str, generate: int | None, from_stdin: bool) -> str:
    from launchready.variables import rotation

    if generate is not None and from_stdin:
        raise InputError("--generate makes a value, --from-stdin reads one; give one of them")
    if generate is not None:
        return rotation.generated(generate)
    if from_stdin:
        return rotation.given(sys.stdin.read())
    if not sys.stdin.isatty():
        raise InputError("no new value", fix="--generate 48, or --from-stdin")
    value = getpass.getpass(f"new value of {name}: ")
    if value != getpass.getpass("once more: "):
        raise InputError("the two are not the same; nothing was changed")
    return rotation.given(value)

"""What several commands share: the project, the client file, the engine, the edge's document."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launchready.engine.project import find_root
from launchready.errors import InputError, Where

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.client_file.secrets import SecretReader
    from launchready.engine import Engine


def client_names(incomplete: str = "") -> list[str]:
    """The clients of this project that begin so: what a shell completes. None outside a project."""
    from launchready.client_file.loader import STACKS, client_name

    try:
        files = sorted((find_root() / STACKS).glob("Pulumi.*.yaml"))
    except (InputError, OSError):
        return []
    return [name for name in map(client_name, files) if name.startswith(incomplete)]


Client = Annotated[
    str,
    typer.Argument(help="The client: the NAME of stacks/Pulumi.NAME.yaml.", autocompletion=client_names),
]
EdgeFile = Annotated[
    Path | None,
    typer.Option("--edge", help="Work against a local edge: the edge.json that `launch edge` wrote."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Exactly one JSON document on standard output, the rest on stderr.")
]
DEFAULT_EDGE = Path(".launchready") / "edge"


def load_client(client: str, root: Path | None = None, *, secrets: SecretReader | None = None) -> ClientFile:
    """The client's file, linted. Raises ClientFileError with every problem, InputError when it is missing.

    ``secrets`` decrypts what is revealed, by default with the passphrase of the environment, which nothing
    but a secret needs.
    """
    from launchready.checklist import load as load_checks
    from launchready.cli.console import say
    from launchready.client_file import find, read
    from launchready.client_file.lint import lint, refuse_errors
    from launchready.client_file.secrets import EnvironmentSecrets

    secrets = secrets or EnvironmentSecrets(os.environ)
    loaded = read(find(client, root or find_root()), secrets=secrets)
    # Only waivers name checks: without one, the checklist and all that it imports can wait.
    checks = load_checks().checks if loaded.client.waivers else None
    problems = lint(loaded.client, loaded.positions, checks=checks)
    for warning in refuse_errors(problems):
        say(str(warning))
    return loaded.client


def client_of(client: str, document: Mapping[str, Any] | None) -> ClientFile:
    """The client's file for a command that looks: as that edge knows it, or with None as the world does."""
    return load_client(client) if document is None else edge_client(client, document)


def edge_client(client: str, document: Mapping[str, Any]) -> ClientFile:
    """The client's file as an edge knows it: after a rehearsal, its secrets are the rehearsal's canaries.

    For an edge that was started by itself they are the file's own, under the passphrase of the environment
    or, without one, the public one that `launch edge env` exports.
    """
    from launchready.client_file import find
    from launchready.client_file.secrets import EnvironmentSecrets
    from launchready.rehearse.kept import kept

    root = find_root()
    rehearsal = kept(document, client)
    if rehearsal is not None:
        return load_client(client, root, secrets=rehearsal.secrets(find(client, root)))
    return load_client(client, root, secrets=EnvironmentSecrets(edge_environment(document)))


def edge_environment(document: Mapping[str, Any], *, own_passphrase: bool = True) -> dict[str, str]:
    """This shell's environment with that edge instead of the world.

    ``own_passphrase``: the shell's passphrase stays, where it has one; else it is the public one of edges.
    """
    from launchready.client_file.secrets import PASSPHRASE, PASSPHRASE_FILE
    from launchready.edge.document import environment

    env = {**os.environ, **environment(document)}
    own = {name: os.environ[name] for name in (PASSPHRASE, PASSPHRASE_FILE) if os.environ.get(name)}
    if own and own_passphrase:
        env.pop(PASSPHRASE)
        env |= own
    return env


def engine_here() -> Engine:
    """The engine, built or downloaded first where it is missing, with progress."""
    from launchready.cli.console import ticker
    from launchready.engine import engine_or_reason, find_engine

    engine, _ = engine_or_reason()
    if engine is not None:
        return engine
    with ticker("getting the Pulumi engine (once; about five minutes where it must be built)") as show:
        return find_engine(show)


def edge_document(path: Path) -> Mapping[str, Any]:
    """The running edge that ``path`` (an edge.json or its directory) describes."""
    from launchready.edge.document import current_document, read_document

    if not path.exists():
        raise InputError(
            "there is no such file", where=Where(path), fix="launch edge --dir D writes D/edge.json"
        )
    return current_document(read_document(path / "edge.json" if path.is_dir() else path))


def need_environment(*names: str) -> None:
    """Raises InputError naming the first variable that a live run needs and that is not set."""
    for name in names:
        if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
            raise InputError(
                f"{name} is not set",
                fix=f"export {name}=… (or work against a local edge with --edge)",
            )

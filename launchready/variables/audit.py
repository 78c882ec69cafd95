"""Where each secret lives, how old it is, who may read it, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from launchready.aws import readers
from launchready.aws.iam import READ_PARAMETERS, READ_SECRETS
from launchready.client_file.environment_model import Target
from launchready.client_file.secret_shapes import public_prefix
from launchready.declared.environment import Environment, Parameter
from launchready.errors import InputError
from launchready.variables.scan import Found, Scan, scan
from launchready.variables.store import Kept, Store

SCHEMA = "launchready.env_audit/1"
READ: dict[Target, str] = {"ssm": READ_PARAMETERS[0], "secretsmanager": READ_SECRETS[0]}


@dataclass(frozen=True, slots=True)
class Audited:
    """One variable. ``rotation_due``: when its value is to be replaced; None is never, or unknown.

    ``readers``: None where it could not be found out.
    """

    name: str
    secret: bool
    scope: str
    lives: str
    encrypted_with: str | None
    version: str | None
    versions: int
    age: int | None
    rotation_due: datetime | None
    readers: tuple[readers.Reader, ...] | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """A client's audit."""

    client: str
    path: str
    variables: tuple[Audited, ...]
    unmanaged: tuple[str, ...]
    problems: tuple[str, ...]
    readers_unknown: str | None = None
    scans: tuple[tuple[Path, Scan], ...] = field(default=())

    @property
    def leaks(self) -> tuple[Found, ...]:
        return tuple(found for _, one in self.scans for found in one.found)

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not (self.problems or self.unmanaged or self.leaks or any(v.problems for v in self.variables))

    def document(self) -> dict[str, Any]:
        """The JSON document; it has no value of any variable."""
        return {
            "schema": SCHEMA,
            "client": self.client,
            "path": self.path,
            "clean": self.clean,
            "variables": [_variable(variable) for variable in self.variables],
            "unmanaged": list(self.unmanaged),
            "problems": list(self.problems),
            "readers_unknown": self.readers_unknown,
            "scans": [_scan(root, one) for root, one in self.scans],
        }


def audit(
    environment: Environment,
    store: Store,
    now: datetime,
    *,
    paths: Sequence[Path] = (),
    ours: Iterable[str] = (),
    who: bool = True,
) -> Audit:
    """Audit a client. ``paths``: directories or files to look for secrets' values in; ``ours``: full
    names below the path that the launch keeps there beside the variables; ``who``: ask IAM for readers.

    Raises InputError when secrets can't be decrypted (with ``paths``), and what AWS refuses.
    """
    listed = store.listed()
    everyone, unknown = _everyone(environment.region) if who else (None, "not asked")
    variables = tuple(
        _audited(p, listed.get((p.store, p.path)), store, now, everyone) for p in environment.parameters
    )
    known = {(p.store, p.path) for p in environment.parameters}
    unmanaged = tuple(
        sorted(
            f"{kept.store}:{kept.path}"
            for key, kept in listed.items()
            if key not in known and kept.path not in set(ours)
        )
    )
    problems = [] if store.rotates() is not False else ["the client's key is not renewed by KMS"]
    secrets = {p.name: p.reveal() for p in environment.secrets} if paths else {}
    scans = tuple((root, scan(root, secrets)) for root in paths)
    return Audit(environment.client, environment.path, variables, unmanaged, tuple(problems), unknown, scans)


def _everyone(region: str) -> tuple[list[readers.Principal] | None, str | None]:
    try:
        return readers.principals(region), None
    except InputError as error:
        return None, error.what


def _audited(
    parameter: Parameter,
    kept: Kept | None,
    store: Store,
    now: datetime,
    everyone: list[readers.Principal] | None,
) -> Audited:
    due = None
    if kept is not None and kept.modified is not None and parameter.rotate_after is not None:
        due = kept.modified + timedelta(seconds=parameter.rotate_after)
    who = None
    if everyone is not None and kept is not None:
        who = tuple(readers.readers(everyone, READ[kept.store], kept.arn))
    return Audited(
        name=parameter.name,
        secret=parameter.secret,
        scope=parameter.scope,
        lives=f"{parameter.store}:{parameter.path}",
        encrypted_with=kept.key if kept is not None else None,
        version=kept.version if kept is not None else None,
        versions=store.versions(kept) if kept is not None else 0,
        age=kept.age(now) if kept is not None else None,
        rotation_due=due,
        readers=who,
        problems=tuple(_problems(parameter, kept, store, now, due)),
    )


def _problems(
    parameter: Parameter, kept: Kept | None, store: Store, now: datetime, due: datetime | None
) -> Iterable[str]:
    if kept is None:
        yield "it isn't at the target"
        return
    if parameter.secret and (parameter.scope == "browser" or public_prefix(parameter.name)):
        yield "browsers get it"
    if parameter.secret and not kept.encrypted:
        yield "it is kept as plain text (String, not SecureString)"
    elif parameter.secret and not store.right_key(kept):
        yield "it is not encrypted with the declared key"
    if due is not None and now >= due:
        yield f"its value is {_days(kept.age(now) or 0)} days old; it was to be rotated"


def _days(seconds: int) -> int:
    return seconds // 86_400


def _variable(variable: Audited) -> dict[str, Any]:
    return {
        "name": variable.name,
        "secret": variable.secret,
        "scope": variable.scope,
        "lives": variable.lives,
        "encrypted_with": variable.encrypted_with,
        "version": variable.version,
        "versions": variable.versions,
        "age_seconds": variable.age,
        "rotation_due": variable.rotation_due.isoformat() if variable.rotation_due else None,
        "readers": None
        if variable.readers is None
        else [
            {"who": r.who, "policies": list(r.policies), "conditional": r.conditional}
            for r in variable.readers
        ],
        "problems": list(variable.problems),
    }


def _scan(root: Path, one: Scan) -> dict[str, Any]:
    return {
        "root": str(root),
        "files": one.files,
        "found": [{"name": f.name, "path": str(f.path), "line": f.line, "form": f.form} for f in one.found],
        "unread": [str(path) for path in one.unread],
        "too_short": list(one.too_short),
    }

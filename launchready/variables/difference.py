"""What the client file says and what the target holds, side by side, without a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from launchready.aws.values import same
from launchready.client_file.canary import CANARY_PREFIX
from launchready.declared.environment import Environment, Parameter
from launchready.variables.store import Kept, Store

SCHEMA = "launchready.env_diff/1"
Class = Literal["same", "changed", "missing", "unmanaged", "stand_in"]


@dataclass(frozen=True, slots=True)
class Line:
    """One variable. ``why``: what differs, in words without values."""

    name: str
    path: str
    store: str
    secret: bool
    kind: Class
    why: str = ""
    version: str | None = None
    age: int | None = None
    declared: str | None = field(default=None, repr=False)
    live: str | None = field(default=None, repr=False)

    @property
    def differs(self) -> bool:
        return self.kind in ("changed", "missing", "unmanaged")


@dataclass(frozen=True, slots=True)
class Difference:
    """A whole comparison."""

    client: str
    path: str
    lines: tuple[Line, ...]

    @property
    def differs(self) -> bool:
        return any(line.differs for line in self.lines)

    def document(self) -> dict[str, Any]:
        """The JSON document: names, versions and ages; never a value."""
        return {
            "schema": SCHEMA,
            "client": self.client,
            "path": self.path,
            "differs": self.differs,
            "variables": [
                {
                    "name": line.name,
                    "path": line.path,
                    "store": line.store,
                    "secret": line.secret,
                    "class": line.kind,
                    "why": line.why,
                    "version": line.version,
                    "age_seconds": line.age,
                }
                for line in self.lines
            ],
        }


def compare(
    environment: Environment, store: Store, now: datetime, *, edge: bool = False, ours: Iterable[str] = ()
) -> Difference:
    """The client file against the target. ``edge``: a rehearsal's stand-ins are no differences.

    ``ours``: full names below the path that the launch keeps there beside the variables.

    Raises InputError when a secret can't be decrypted, and what AWS refuses.
    """
    listed = store.listed()
    values = store.values(environment.parameters)
    lines = [
        _line(parameter, listed.get((parameter.store, parameter.path)), values, store, now, edge)
        for parameter in environment.parameters
    ]
    declared = {(parameter.store, parameter.path) for parameter in environment.parameters}
    known = frozenset(ours)
    for key, kept in sorted(listed.items()):
        if key not in declared and kept.path not in known:
            name = kept.path.removeprefix(environment.path)
            why = "it lies at the client's path, and the client file doesn't declare it"
            lines.append(
                Line(
                    name, kept.path, kept.store, kept.encrypted, "unmanaged", why, kept.version, kept.age(now)
                )
            )
    return Difference(environment.client, environment.path, tuple(lines))


def _line(
    parameter: Parameter, kept: Kept | None, values: dict[str, str], store: Store, now: datetime, edge: bool
) -> Line:
    live, declared = values.get(parameter.name), parameter.reveal()
    common = (parameter.name, parameter.path, parameter.store, parameter.secret)
    if kept is None or live is None:
        return Line(*common, "missing", "it isn't there", declared=declared)
    reasons = []
    stand_in = edge and parameter.secret and live.startswith(CANARY_PREFIX)
    if not stand_in and not same(declared, live):
        reasons.append("another value")
    if parameter.secret and not kept.encrypted:
        reasons.append("it is kept as plain text")
    elif parameter.secret and not store.right_key(kept):
        reasons.append("it is encrypted with another key")
    elif not parameter.secret and kept.encrypted:
        reasons.append("it is kept encrypted, and declared plain")
    kind: Class = "changed" if reasons else "stand_in" if stand_in else "same"
    why = ", ".join(reasons) or ("a rehearsal's stand-in for the secret" if stand_in else "")
    return Line(*common, kind, why, kept.version, kept.age(now), declared, live)

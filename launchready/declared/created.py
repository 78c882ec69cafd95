"""What is created and named only then: records with a placeholder, keys, identities, Workers, certificates.

A ``Pending`` record knows everything but one value, and which of the stack's outputs has it. The
components create it from the resource's output; ``resolve`` fills it in from ``pulumi stack output``,
so that the verifier compares the world with what was really created.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from launchready.declared import rdata

if TYPE_CHECKING:
    from launchready.declared.types import Declared, Record

DKIM_OUTPUT = "dkim_keys"
"""Stack output: selector → {"record", "algorithm", "created"}."""
SES_OUTPUT = "ses_dkim_tokens"
"""Stack output: the three Easy DKIM tokens, in order."""
CREATED_OUTPUTS = (DKIM_OUTPUT, SES_OUTPUT)
"""The stack outputs that ``resolve`` reads; nothing in them is secret."""
NOT_READ = "known only after creation, and the stack's outputs were not read"

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a placeholder's value is: stack output, and the keys or positions inside it.

    ``name`` and ``content``: templates in which ``{}`` is the value. ``label``: the value becomes part of
    a name, and must be a label.
    """

    output: str
    path: tuple[str | int, ...]
    name: str
    content: str
    label: bool = False

    def find(self, outputs: Mapping[str, Any]) -> str | None:
        """The value, or None where the outputs have none that can be used."""
        found: Any = outputs.get(self.output)
        for step in self.path:
            if isinstance(step, str):
                found = found.get(step) if isinstance(found, Mapping) else None
            else:
                found = found[step] if isinstance(found, list | tuple) and len(found) > step else None
        if not isinstance(found, str) or not found or (self.label and not _LABEL.fullmatch(found)):
            return None
        return found


@dataclass(frozen=True, slots=True)
class Pending:
    """A record of which a part is known only after creation; ``record`` has a stand-in for it.

    ``reason``: why it is still open, for the report.
    """

    record: Record
    source: Source
    reason: str = NOT_READ

    def name(self, value: str) -> str:
        return self.source.name.replace("{}", value).lower()

    def content(self, value: str) -> str:
        """The content in canonical form. Raises ValueError when the value makes none."""
        text = self.source.content.replace("{}", value)
        return rdata.canonical(self.record.type, rdata.Given(text, None, None, "")).content

    def filled(self, value: str) -> Record:
        return replace(self.record, name=self.name(value), content=self.content(value))


@dataclass(frozen=True, slots=True)
class DkimKeyPlan:
    """A key pair that launchready makes. ``active``: the one that its sender signs with.

    ``sender``: whose it is. ``created``: from the outputs, ISO 8601; None while unknown.
    """

    selector: str
    algorithm: Literal["rsa", "ed25519"]
    sender: str
    active: bool
    until: date | None
    key: str
    created: str | None = None


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Where private keys are kept. ``key_id``: what encrypts them, an alias, id or ARN."""

    target: Literal["ssm", "secretsmanager"]
    region: str
    path: str
    key_id: str
    tags: Mapping[str, str]

    def path_of(self, selector: str) -> str:
        return f"{self.path}dkim/{selector}"


@dataclass(frozen=True, slots=True)
class SesPlan:
    """An SES identity that the file owns. ``mail_from``: FQDN or None. ``byodkim``: selector, or None for
    Easy DKIM."""

    domain: str
    region: str
    mail_from: str | None
    byodkim: str | None
    key: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A plain-text binding of a Worker."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """A Worker of a fixed script. ``pattern``: its route. ``proves``: (URL, text that it must serve)."""

    name: str
    module: str
    bindings: tuple[Binding, ...]
    pattern: str
    host: str
    compatibility_date: str
    key: str


@dataclass(frozen=True, slots=True)
class CertificatePlan:
    """An advanced certificate pack; ``hosts`` begins with the apex."""

    hosts: tuple[str, ...]
    authority: str
    validation: str
    days: int
    key: str


def resolve(declared: Declared, outputs: Mapping[str, Any] | None) -> Declared:
    """The plan with every placeholder filled in that ``outputs`` (of the stack) have a value for.

    None: the outputs could not be read; everything stays open, with that reason. Never raises for what
    the outputs lack or hold: that stays open too, and says so.
    """
    if outputs is None or not needs_outputs(declared):
        return declared
    records, left = list(declared.records), []
    for pending in declared.pending:
        record = _filled(pending, outputs)
        if record is not None:
            records.append(record)
        else:
            where = ".".join(map(str, (pending.source.output, *pending.source.path)))
            reason = f"the stack has no usable output {where}: bring the launch up"
            left.append(replace(pending, reason=reason))
    keys = tuple(replace(key, created=_created(key, outputs)) for key in declared.dkim_keys)
    return replace(declared, records=tuple(records), pending=tuple(left), dkim_keys=keys)


def needs_outputs(declared: Declared) -> bool:
    """Is there anything that only the stack's outputs complete?"""
    return bool(declared.pending or declared.dkim_keys)


def dropped_keys(selectors: Iterable[str], outputs: Mapping[str, Any]) -> tuple[str, ...]:
    """The selectors that were active at the last launch and that the file no longer has at all.

    Mail that is under way would fail: a key is retired (``until``) or revoked before it goes.
    """
    made, kept = outputs.get(DKIM_OUTPUT), set(selectors)
    if not isinstance(made, Mapping):
        return ()
    return tuple(
        name
        for name, key in made.items()
        if isinstance(key, Mapping) and key.get("active") == "yes" and name not in kept
    )


def as_outputs(value: object) -> Mapping[str, Any] | None:
    """Outputs as they were saved with evidence; None when none were."""
    return value if isinstance(value, Mapping) else None


def _filled(pending: Pending, outputs: Mapping[str, Any]) -> Record | None:
    value = pending.source.find(outputs)
    if value is None:
        return None
    try:
        return pending.filled(value)
    except ValueError:
        return None


def _created(key: DkimKeyPlan, outputs: Mapping[str, Any]) -> str | None:
    return Source(DKIM_OUTPUT, (key.selector, "created"), "", "").find(outputs)

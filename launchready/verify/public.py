"""A launch without a client file: the domain, its apex and www, and nothing that could be compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import idna

from launchready.client_file.model import ClientFile
from launchready.declared.types import Declared
from launchready.errors import InputError, LaunchreadyError
from launchready.evidence.collector import Collector
from launchready.evidence.limits import Limits
from launchready.evidence.types import Cause, DnsProbe, DnsResult, Evidence
from launchready.verify.world import world

_NAME = re.compile(
    r"^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
)


async def public_launch(
    domain: str, edge: Mapping[str, Any] | None, replay: Evidence | None, limits: Limits, resolver: str | None
) -> tuple[ClientFile, Declared]:
    """The client file and declaration that stand for what the public sees.

    Raises InputError when the domain is no name or no zone of its own.
    """
    name = a_label(domain)
    if replay is not None:
        hosts = replay.facts.get("hosts", (name,))
        return _launch(name, hosts if isinstance(hosts, tuple) else (name,))
    candidates = (name, f"www.{name}")
    async with Collector(world(_launch(name, candidates)[1], edge, resolver), limits) as collector:
        _is_zone(name, await collector.resolve(DnsProbe(name, "SOA")))
        www = await collector.resolve(DnsProbe(candidates[1], "A"))
    return _launch(name, candidates if www.cause not in (Cause.NXDOMAIN, Cause.NODATA) else (name,))


def a_label(domain: str) -> str:
    """A domain as typed, in lower-case A-labels without a trailing dot. Raises InputError."""
    text = domain.strip().rstrip(".").lower()
    try:
        name = text if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InputError(f"{domain!r} is no domain: {error}") from error
    if not _NAME.match(name):
        raise InputError(f"{domain!r} is no domain", fix="give a name such as example.org, without https://")
    return name


def _is_zone(name: str, answer: DnsResult) -> None:
    """Only an apex can be judged: name servers, delegation and mail policy belong to zones."""
    if answer.data and any(rrset.name == name for rrset in answer.answer if rrset.type == "SOA"):
        return
    if answer.cause is Cause.NXDOMAIN:
        raise InputError(f"{name} does not exist (NXDOMAIN)", fix="check the spelling, or register it")
    above = next((rrset.name for rrset in answer.authority if rrset.type == "SOA"), None)
    if answer.cause is Cause.NODATA and above:
        raise InputError(f"{name} is no zone of its own", fix=f"verify {above}")
    if not answer.answered:
        raise LaunchreadyError(f"{name}: no answer from the resolver ({answer.cause}: {answer.detail})")


def _launch(name: str, hosts: tuple[str, ...]) -> tuple[ClientFile, Declared]:
    declared = Declared(
        domain=name, plan="free", records=(), redirects=(), settings=(), dnssec=False, universal_ssl=False,
        hosts=hosts, notes=("no client file: only what the public sees was checked",),
    )  # fmt: skip
    return ClientFile(domain=name), declared

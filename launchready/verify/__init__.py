"""The verifier: probes what the client file declares, runs the checks, judges.

``verify`` compares a client's launch with the world, ``verify_public`` looks at a domain without a
client file.
"""

from __future__ import annotations

import difflib
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from launchready import checklist
from launchready.checklist.registry import REGISTRY, ROWS, Check, Registry
from launchready.client_file.model import ClientFile, Portal
from launchready.declared import declare, resolve
from launchready.declared.created import CREATED_OUTPUTS, as_outputs
from launchready.declared.types import Declared
from launchready.errors import InputError
from launchready.evidence.collector import Collector
from launchready.evidence.limits import Limits
from launchready.evidence.portal import PortalAccess
from launchready.evidence.types import Evidence
from launchready.verify import judge
from launchready.verify.document import Finding, Verification
from launchready.verify.engine import Progress, Replay, Run
from launchready.verify.public import public_launch
from launchready.verify.world import world

__all__ = ["Options", "Progress", "Verification", "select", "verify", "verify_public"]

EdgeDocument = Mapping[str, Any]
"""What ``launch edge --json`` prints (docs/architecture.md)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``only``: rows or check ids. ``replay``: judge saved evidence again, probing nothing.

    ``edge``: an edge document, or None for the internet. ``resolver``: ``host:port`` instead of the
    machine's own. ``probe_limits``: try rate limits live that need many requests, or keep us out for long
    (docs/decisions/0013-bursts.md). ``outputs``: the stack's, which complete what is known only after
    creation; None leaves that open, and its checks inconclusive. ``quick``: only look; what would change
    something or load the launch (scenarios, bursts, loads) is not probed: its checks stay inconclusive.
    """

    edge: EdgeDocument | None = None
    only: tuple[str, ...] = ()
    checks: Registry = REGISTRY
    replay: Evidence | None = None
    progress: Progress | None = None
    now: datetime | None = None
    limits: Limits = field(default_factory=Limits)
    resolver: str | None = None
    probe_limits: bool = False
    outputs: Mapping[str, Any] | None = None
    quick: bool = False


async def verify(
    client: ClientFile,
    *,
    edge: EdgeDocument | None,
    only: str | Iterable[str] | None = None,
    checks: Registry = REGISTRY,
    replay: Evidence | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
    limits: Limits | None = None,
    resolver: str | None = None,
    probe_limits: bool = False,
    outputs: Mapping[str, Any] | None = None,
    quick: bool = False,
    local: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    fuzz: bool = False,
    browser: bool = False,
) -> Verification:
    """Verify one client's launch; see ``Options`` for the arguments.

    ``local``: what this machine knows of the launch's snapshots (``snapshot.local.local_evidence``); None
    where it can't know. ``given``: what was found in a repository and in logs (``leaks.look``).
    ``fuzz``: have invalid data made from the portal's OpenAPI description, which takes long. ``browser``:
    open the portal's pages in a real browser and send their forms.

    Raises InputError (unknown ``only``, incomplete edge document, evidence of another domain).
    """
    options = Options(
        edge, _names(only), checks, replay, progress, now, limits or Limits(), resolver, probe_limits,
        outputs, quick,
    )  # fmt: skip
    facts: dict[str, object] = {"public": False, "client": client.client, "probe_limits": probe_limits}
    if replay is not None:
        outputs = as_outputs(replay.facts.get("outputs"))
    elif outputs is not None:
        outputs = {key: outputs[key] for key in CREATED_OUTPUTS if key in outputs}
        facts["outputs"] = outputs
    if local is not None:
        facts["snapshots"] = dict(local)
    facts |= {"fuzz": fuzz, "browser": browser, **(given or {})}
    return await _verify(client, resolve(declare(client), outputs), facts, options)


async def verify_public(
    domain: str,
    *,
    edge: EdgeDocument | None = None,
    only: str | Iterable[str] | None = None,
    checks: Registry = REGISTRY,
    replay: Evidence | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
    limits: Limits | None = None,
    resolver: str | None = None,
) -> Verification:
    """Check what the public can see of a domain, without a client file: live = good only.

    Raises InputError when the domain is no name, or no zone of its own.
    """
    options = Options(edge, _names(only), checks, replay, progress, now, limits or Limits(), resolver)
    client, declared = await public_launch(domain, edge, replay, options.limits, resolver)
    facts: dict[str, object] = {"public": True, "client": None, "hosts": declared.hosts}
    return await _verify(client, declared, facts, options)


def _names(only: str | Iterable[str] | None) -> tuple[str, ...]:
    return () if only is None else (only,) if isinstance(only, str) else tuple(only)


def select(checks: Registry, only: str | Iterable[str] | None, *, public: bool = False) -> list[Check]:
    """The checks to run: all, or those of the named rows and ids.

    Raises InputError for unknown names, and when nothing is left: no check at all would prove nothing.
    """
    usable = [check for check in checks if check.public or not public]
    names = _names(only)
    if not names:
        return usable
    known = {check.row for check in checks} | set(checks.checks)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            kind = "this version has no check in row" if name in ROWS else "no row or check is called"
            hint = f"did you mean {near[0]}?" if near else "`launch checks` lists them"
            raise InputError(f"{kind} {name}", fix=hint)
    chosen = [check for check in usable if check.id in names or check.row in names]
    if not chosen:
        raise InputError(f"{', '.join(names)} can't be checked without a client file", fix="name a client")
    return chosen


async def _verify(
    client: ClientFile, declared: Declared, facts: dict[str, object], options: Options
) -> Verification:
    began = time.monotonic()
    if options.checks is REGISTRY:
        checklist.load()
    chosen = select(options.checks, options.only, public=bool(facts["public"]))
    replay, limits, progress = options.replay, options.limits, options.progress
    if replay is not None:
        _same_domain(replay, declared.domain)
        facts = {**replay.facts, **({"now": options.now} if options.now else {})}
        run = Run(client, declared, facts, Replay(replay), limits.rounds, progress)
        outcomes = await run.outcomes(chosen)
    else:
        facts |= _facts(declared, options.edge, options.now)
        portal = _portal(client, str(facts["nonce"]), options.edge)
        looked_at = world(declared, options.edge, options.resolver, portal)
        async with Collector(looked_at, limits, quick=options.quick) as collector:
            servers = await collector.zone_servers()
            facts["nameservers"] = tuple((server.name, server.address) for server in servers.servers)
            run = Run(client, declared, facts, collector, limits.rounds, progress)
            outcomes = await run.outcomes(chosen)
    found = [judge.finding(check, outcome) for check in chosen for outcome in outcomes[check.id]]
    return _judged(client, declared, run.evidence, found, options, time.monotonic() - began)


def _portal(client: ClientFile, nonce: str, edge: EdgeDocument | None) -> PortalAccess | None:
    """How to reach the declared portal; None when there is none."""
    portal = client.portal
    return PortalAccess.of(portal, nonce, edge) if isinstance(portal, Portal) else None


def _facts(declared: Declared, edge: EdgeDocument | None, now: datetime | None) -> dict[str, object]:
    addresses = (edge or {}).get("addresses", {})
    return {
        "now": now or datetime.now(UTC),
        "target": "live" if edge is None else "edge",
        "domain": declared.domain,
        "nonce": "lr" + secrets.token_hex(6),
        "edge_addresses": tuple(address for kind in ("A", "AAAA") for address in addresses.get(kind, ())),
    }


def _same_domain(replay: Evidence, domain: str) -> None:
    if replay.facts.get("domain") != domain:
        raise InputError(
            f"the evidence is of {replay.facts.get('domain')}, the client file declares {domain}",
            fix="give the evidence that a run over this client saved",
        )


def _judged(
    client: ClientFile,
    declared: Declared,
    evidence: Evidence,
    found: list[Finding],
    options: Options,
    seconds: float,
) -> Verification:
    today = evidence.now.date()
    findings = judge.waive(found, client.waivers, today)
    rows = judge.rows(findings)
    checks = options.checks
    covered = {check.row for check in checks}
    notes = [*declared.notes, *judge.waiver_notes(client.waivers, checks.checks, today)]
    return Verification(
        client=None if evidence.public else client.client,
        domain=declared.domain,
        target="edge" if evidence.on_edge else "live",
        started=evidence.now,
        seconds=seconds,
        verdict=judge.verdict(rows),
        score=judge.score(findings),
        rows=rows,
        findings=findings,
        not_checked=tuple(row for row in ROWS if row not in covered),
        only=options.only,
        notes=tuple(notes),
        evidence=evidence,
    )

"""The edge's whole truth: zones, records, settings, rulesets, the registry, defects, the clock.

The API writes it; DNS and HTTPS read it at every question, so what the API accepts is what is
served, at once. One asyncio process owns it: no locks. Values are plain JSON as the API shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from launchready.edge.rate_counters import RateCounters

Json = dict[str, Any]


@dataclass(slots=True)
class Clock:
    """The edge's own time: the machine's, plus what it was advanced by."""

    offset: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def monotonic(self) -> float:
        """Seconds, never backwards, advanced along with the clock."""
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += max(0.0, seconds)


@dataclass(slots=True)
class Zone:
    """One zone. ``info`` is the API's zone object; collections are keyed by the API's ids."""

    id: str
    name: str
    info: Json
    settings: dict[str, Json] = field(default_factory=dict)
    """Setting id → {"id","value","editable","modified_on"}."""
    dnssec: Json = field(default_factory=dict)
    """The API's dnssec object; status active|pending|disabled|pending-disabled."""
    signing_key_pem: str = ""
    records: dict[str, Json] = field(default_factory=dict)
    by_name: dict[str, dict[str, Json]] = field(default_factory=dict)
    """FQDN (lower-case A-labels) → record id → record."""
    rulesets: dict[str, Json] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """Everything else by API area: universal_ssl, certificate_packs, tiered_cache_smart_topology_enable,
    tiered_caching, purges, bot_management, healthchecks, page_rules, email_routing. ``unsettled`` is the
    API's own: the registrar has yet to hear of the last change."""
    serial: int = 1

    def put_record(self, record: Json) -> None:
        self.drop_record(record["id"])
        self.records[record["id"]] = record
        self.by_name.setdefault(record["name"].lower(), {})[record["id"]] = record
        self.serial += 1

    def drop_record(self, record_id: str) -> Json | None:
        record = self.records.pop(record_id, None)
        if record is not None:
            name = record["name"].lower()
            self.by_name[name].pop(record_id, None)
            if not self.by_name[name]:
                del self.by_name[name]
            self.serial += 1
        return record

    def records_at(self, name: str) -> Iterable[Json]:
        return self.by_name.get(name.lower().rstrip("."), {}).values()

    def setting(self, setting_id: str) -> Any:
        return self.settings[setting_id]["value"]

    def ruleset(self, phase: str) -> Json | None:
        return next((r for r in self.rulesets.values() if r["phase"] == phase), None)


@dataclass(slots=True)
class Registration:
    """What the registrar and the parent zone say about a domain."""

    domain: str
    nameservers: list[str] = field(default_factory=list)
    ds: list[str] = field(default_factory=list)
    """DS rdata in presentation form: ``2371 13 2 ABCD…``."""
    glue: dict[str, list[str]] = field(default_factory=dict)
    registrar: str = "Example Registrar"
    created: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=400))
    expires: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(days=330))
    statuses: list[str] = field(default_factory=lambda: ["client transfer prohibited"])
    manual: set[str] = field(default_factory=set)
    """Of "nameservers", "ds", "glue": what a person set; a registrar that follows the API leaves it."""


@dataclass(slots=True)
class Defect:
    """Something served wrong on purpose, by name; ``where`` is a host, zone or server name.

    The kinds are listed by their owners: ``dns.*`` in edge/dns, ``tls.*`` and ``http.*`` in edge/https,
    ``monitor.*`` in edge/monitoring.
    """

    kind: str
    where: str
    options: Json = field(default_factory=dict)


@dataclass(slots=True)
class EdgeState:
    """The root. ``addresses`` are what proxied names answer with: {"A": [...], "AAAA": [...]}."""

    plan: str = "free"
    account_id: str = ""
    token: str = ""
    addresses: dict[str, list[str]] = field(default_factory=lambda: {"A": ["127.0.0.1"], "AAAA": []})
    zones: dict[str, Zone] = field(default_factory=dict)
    account: Json = field(default_factory=dict)
    """The account's name and collections: policies, webhooks (with their secrets), alerts (tests sent)."""
    registry: dict[str, Registration] = field(default_factory=dict)
    registrar_auto: bool = True
    """The registrar follows what the API says (name servers and DS) without a person."""
    defects: list[Defect] = field(default_factory=list)
    owners_confirm: bool = True
    """Owners of mail addresses open the link that asks them to confirm a subscription."""
    clock: Clock = field(default_factory=Clock)
    connect: dict[str, str] = field(default_factory=dict)
    """``name-or-ip:port`` → ``host:port`` on loopback where it really listens."""
    origins: dict[str, str] = field(default_factory=dict)
    """Foreign host that a zone points at → the address that the outside world gives it."""
    origin_names: dict[str, str] = field(default_factory=dict)
    """The same the other way round."""
    counters: RateCounters = field(default_factory=RateCounters)
    """What rate limits have counted; never part of a change."""
    visitors: dict[IPv4Address | IPv6Address, IPv4Address | IPv6Address] = field(default_factory=dict)
    """Loopback address of a client → the public address that it stands for in this rehearsal."""
    on_change: list[Callable[[], None]] = field(default_factory=list)

    def changed(self) -> None:
        """The API calls this after each accepted write."""
        for callback in self.on_change:
            callback()

    def zone_for(self, name: str) -> Zone | None:
        """The zone with the longest matching suffix."""
        labels = name.lower().rstrip(".").split(".")
        suffixes = {".".join(labels[depth:]) for depth in range(len(labels))}
        found = (zone for zone in self.zones.values() if zone.name in suffixes)
        return max(found, key=lambda zone: len(zone.name), default=None)

    def defect(self, kind: str, where: str) -> Defect | None:
        return next((d for d in self.defects if d.kind == kind and d.where in (where, "*")), None)

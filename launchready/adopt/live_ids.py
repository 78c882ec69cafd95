"""Which resource of the program is which thing of the zone: type token and name → import id.

The forms of the ids are the official provider's, which the local one takes too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.adopt.live_draft import record_key, same_pack
from launchready.adopt.live_read import Found
from launchready.adopt.live_rules import CACHE, HEADERS, REDIRECTS
from launchready.declared import Declared
from launchready.drift.canonical import api_record, declared_record

CLOUDFLARE = "cloudflare:index/"
RULESETS = {REDIRECTS: "redirects", CACHE: "cache", HEADERS: "response-headers"}
"""Phase → the name of its ruleset's resource."""


def token(kind: str) -> str:
    """``DnsRecord`` → ``cloudflare:index/dnsRecord:DnsRecord``."""
    return f"{CLOUDFLARE}{kind[0].lower()}{kind[1:]}:{kind}"


def import_ids(declared: Declared, found: Found) -> dict[str, str]:
    """``<token>::<name>`` → import id, for everything that a first run would create in the zone."""
    zone = found.id
    ids = {f"{token('Zone')}::{declared.domain}": zone}
    ids |= {
        f"{token('DnsRecord')}::{name}": f"{zone}/{id_}" for name, id_ in _records(declared, found).items()
    }
    for setting in declared.settings:
        ids[f"{token('ZoneSetting')}::{setting.id}"] = f"{zone}/{setting.id}"
    ids[f"{token('UniversalSslSetting')}::universal_ssl"] = zone
    if declared.dnssec:
        ids[f"{token('ZoneDnssec')}::dnssec"] = zone
    if declared.tiered_cache is not None:
        ids[f"{token('ArgoTieredCaching')}::tiered-caching"] = zone
        ids[f"{token('TieredCache')}::tiered-cache"] = zone
    phases = {*declared.rulesets, *((REDIRECTS,) if declared.redirects else ())}
    for phase, name in RULESETS.items():
        if phase in phases and phase in found.rulesets:
            ids[f"{token('Ruleset')}::{name}"] = f"zones/{zone}/{found.rulesets[phase]['id']}"
    if declared.certificate is not None:
        packs = found.extra.get("certificate packs") or ()
        own = next((pack for pack in packs if same_pack(pack, declared.certificate)), None)
        if own is not None:
            ids[f"{token('CertificatePack')}::certificate"] = f"{zone}/{own['id']}"
    return ids


def _records(declared: Declared, found: Found) -> dict[str, str]:
    """Resource name → record id. Of records that differ only in how a TXT is cut, each gets its own."""
    free: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for raw in found.records:
        free.setdefault(record_key(api_record(raw)), []).append(raw)
    ids: dict[str, str] = {}
    for record in declared.records:
        there = free.get(record_key(declared_record(record)), [])
        exact = [raw for raw in there if api_record(raw).text == record.content]
        for taken in (exact or there)[:1]:
            ids[record.resource] = str(taken["id"])
            there.remove(taken)
    return ids

"""The zone itself: there, not paused, delegated, signed; its settings, certificates and tiered cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY

from launchready.checklist.dns import rdata
from launchready.checklist.dns.delegation import delegation
from launchready.drift.canonical import name, setting, signing
from launchready.drift.compare import Run, Thing, compared
from launchready.drift.types import Difference
from launchready.evidence.types import DnsResult

HSTS = "security_header"
TIERED = {
    "tiered_caching": ("ArgoTieredCaching", "tiered-caching"),
    "tiered_cache_smart_topology_enable": ("TieredCache", "tiered-cache"),
}
"""Cloudflare's id of a switch → kind and name of its resource."""
SIGNING_KEY = 257
"""Flags of a key that a DS may stand for (RFC 4034 §2.1.1)."""


def differences(run: Run) -> Iterator[Difference]:
    """Everything of the zone that differs."""
    yield from compared(run, _itself(run))
    if run.live.zone is None:
        return
    yield from compared(run, _settings(run))
    yield from compared(run, _switches(run))
    yield from compared(run, _signed(run))
    yield from compared(run, _delegated(run))
    yield from compared(run, _ds(run))


def _itself(run: Run) -> Iterator[Thing]:
    zone, domain = run.live.zone, run.declared.domain
    resource = run.state.get("Zone", domain)
    state = {"zone": resource.values.get("name", domain)} if resource is not None else None
    yield Thing(
        "zone", domain, {"zone": domain}, None if zone is None else {"zone": name(str(zone["name"]))}, state,
        show=lambda side: str(side["zone"]),
    )  # fmt: skip
    if zone is None:
        return
    paused = bool(resource.values.get("paused")) if resource is not None else None
    yield Thing(
        "paused", domain, {"paused": False}, {"paused": bool(zone.get("paused"))},
        None if paused is None else {"paused": paused},
        run.fixes.call("PATCH", "/zones/{zone}", {"paused": False}),
        show=lambda side: "paused" if side["paused"] else "running",
    )  # fmt: skip


# ---- settings -----------------------------------------------------------------------------------


def other_zone(run: Run) -> Iterator[Difference]:
    """Is the zone of this name another one than was launched? Then nothing else is worth comparing."""
    domain = run.declared.domain
    resource = run.state.get("Zone", domain)
    known = resource.id if resource is not None else run.declared.zone_id
    found = str((run.live.zone or {}).get("id", known))
    again = f"{run.fixes.call('DELETE', '/zones/{zone}')} && {run.fixes.up()}"
    yield from compared(run, [Thing(
        "zone_id", domain, {"id": known or found}, {"id": found}, {"id": known or found},
        f"if nothing in the new zone is needed: {again}",
        show=lambda side: str(side["id"]), stateless=True,
    )])  # fmt: skip


def _settings(run: Run) -> Iterator[Thing]:
    if not run.known("settings", f"{run.declared.domain} settings") or run.live.settings is None:
        return
    for one in run.declared.settings:
        if one.id not in run.live.settings:
            run.not_found(f"{run.declared.domain} {one.id}", "API", "the API does not list this setting")
            continue
        declared, live = _value(one.id, one.value), _value(one.id, run.live.settings[one.id])
        resource = run.state.get("ZoneSetting", one.id)
        state = _value(one.id, resource.values.get("value")) if resource is not None else None
        yield Thing(
            "setting", f"{run.declared.domain} {one.id}", declared, live, state,
            facts={"key": one.key, "id": one.id, "want": setting(one.value),
                   "got": setting(run.live.settings[one.id])},
            show=lambda side: ", ".join(
                str(value) if key == "value" else f"{key} {value}" for key, value in side.items()
            ),
        )  # fmt: skip
    live_mode = str(run.live.settings.get("development_mode", "off"))
    yield Thing(
        "setting", f"{run.declared.domain} development_mode", {"value": "off"}, {"value": live_mode}, None,
        run.fixes.call("PATCH", "/zones/{zone}/settings/development_mode", {"value": "off"}),
        {"id": "development_mode", "want": "off", "got": live_mode},
        lambda side: str(side["value"]), stateless=True,
    )  # fmt: skip


def _value(setting_id: str, value: Any) -> dict[str, Any]:
    """A setting's sides: HSTS by its parts, everything else by its value."""
    found = setting(value)
    if setting_id == HSTS and isinstance(found, Mapping):
        inner = found.get("strict_transport_security")
        return dict(inner) if isinstance(inner, Mapping) else {}
    return {"value": found}


def _switches(run: Run) -> Iterator[Thing]:
    domain, live = run.declared.domain, run.live
    if run.known("universal_ssl", f"{domain} universal SSL") and live.universal_ssl is not None:
        resource = run.state.get("UniversalSslSetting", "universal_ssl")
        state = {"enabled": bool(resource.values.get("enabled"))} if resource is not None else None
        yield Thing(
            "universal_ssl", f"{domain} universal SSL", {"enabled": run.declared.universal_ssl},
            {"enabled": live.universal_ssl}, state, show=lambda side: "on" if side["enabled"] else "off",
        )  # fmt: skip
    if run.declared.tiered_cache is None or not run.known("tiered", f"{domain} tiered cache"):
        return
    for switch, value in (live.tiered or {}).items():
        resource = run.state.get(*TIERED[switch])
        yield Thing(
            "tiered", f"{domain} {switch}", {"value": "on" if run.declared.tiered_cache else "off"},
            {"value": value}, None if resource is None else {"value": resource.values.get("value")},
            facts={"key": "cache.tiered"},
            show=lambda side: str(side["value"]),
        )  # fmt: skip


# ---- DNSSEC and the parent ----------------------------------------------------------------------


def _signed(run: Run) -> Iterator[Thing]:
    """Is the zone signed? By the API where it was asked, else by the name servers' keys."""
    if not run.declared.dnssec:
        return
    domain = run.declared.domain
    resource = run.state.get("ZoneDnssec", "dnssec")
    state = {"status": signing(resource.values.get("status"))} if resource is not None else None
    if run.live.dnssec is not None:
        live = signing(run.live.dnssec.get("status"))
    else:
        run.known("dnssec", f"{domain} DNSSEC")
        by_servers = _served_keys(run)
        if by_servers is None:
            return
        live = "active" if by_servers else "disabled"
    if live not in ("active", "disabled"):
        run.not_found(f"{domain} DNSSEC", "API", f"its status is {live}")
        return
    yield Thing(
        "dnssec", f"{domain} DNSSEC", {"status": "active"}, {"status": live}, state,
        facts={"key": "tls.dnssec"},
        show=lambda side: str(side["status"]),
    )  # fmt: skip


def _served_keys(run: Run) -> list[str] | None:
    """The zone's key-signing keys as the name servers show them; None where they could not be asked."""
    answers = [result for result in run.outside.keys if result.answered]
    if not answers:
        return None
    return [text for result in answers for text in result.data if text.startswith(f"{SIGNING_KEY} ")]


def _delegated(run: Run) -> Iterator[Thing]:
    domain = run.declared.domain
    wanted = sorted(name(str(one)) for one in (run.live.zone or {}).get("name_servers") or ())
    answers = _answers(run, run.outside.delegation, f"{domain} delegation")
    if answers is None or not wanted:
        return
    resource = run.state.get("Zone", domain)
    known = resource.values.get("nameServers") if resource is not None else None
    found = {tuple(sorted(name(one) for one in rrset.data)) for rrset in map(delegation, answers) if rrset}
    live = sorted({one for servers in found for one in servers})
    yield Thing(
        "delegation", f"{domain} NS", {"servers": wanted}, {"servers": live} if live else None,
        None if known is None else {"servers": sorted(name(str(one)) for one in known)},
        run.fixes.set_nameservers(wanted), show=lambda side: ", ".join(side["servers"]),
    )  # fmt: skip


def _ds(run: Run) -> Iterator[Thing]:
    """The DS at the parent stands for a key of the zone: all of them do, and there is one."""
    domain = run.declared.domain
    if not run.declared.dnssec or not run.outside.ds:
        return
    own = _own_ds(run)
    answers = _answers(run, run.outside.ds, f"{domain} DS")
    delegated = any(delegation(result) is not None for result in run.outside.delegation)
    if answers is None or own is None or not delegated:
        return  # without a delegation there is no DS: that is an item of its own
    live = sorted({rdata.ds(text) for result in answers for text in result.data})
    resource = run.state.get("ZoneDnssec", "dnssec")
    state = str(resource.values.get("ds") or "").partition(" DS ")[2] if resource is not None else ""
    yield Thing(
        "ds", f"{domain} DS", {"ds": [own]}, {"ds": live} if live else None,
        {"ds": [rdata.ds(state)]} if state else None,
        run.fixes.set_ds(own), {"key": "tls.dnssec", "stale": [text for text in live if text != own]},
        lambda side: ", ".join(side["ds"]),
    )  # fmt: skip


def _own_ds(run: Run) -> str | None:
    """The DS that belongs at the registrar, by the API or the served key; None: not signed."""
    info = run.live.dnssec
    if info is not None:
        if signing(info.get("status")) != "active" or not info.get("digest"):
            return None
        return rdata.ds(f"{info['key_tag']} {info['algorithm']} {info['digest_type']} {info['digest']}")
    keys = sorted(set(_served_keys(run) or ()))
    if len(keys) != 1:
        return None
    try:
        key = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, keys[0])
        owner = dns.name.from_text(run.declared.domain)
        if not isinstance(key, dns.rdtypes.ANY.DNSKEY.DNSKEY):
            return None
        return rdata.ds(dns.dnssec.make_ds(owner, key, "SHA256").to_text())
    except (dns.exception.DNSException, ValueError):
        return None


def _answers(run: Run, results: tuple[DnsResult, ...], subject: str) -> list[DnsResult] | None:
    """The answers, if there are any; else it is written down that there are none."""
    answers = [result for result in results if result.answered]
    if answers:
        return answers
    first = next(iter(results), None)
    if first is not None:
        run.not_found(subject, first.cause.value if first.cause else "NODATA", first.detail)
    return None

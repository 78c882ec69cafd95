"""What a resource is in the field's words, and which guarded thing it is part of.

A *guarded thing* is what nobody may lose by accident: an RRset that mail, names or certificates hang on,
the zone, its signing, a monitor, a variable of the application. It has a name that a person types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RECORD = "cloudflare:index/dnsRecord:DnsRecord"
ZONE = "cloudflare:index/zone:Zone"
DNSSEC = "cloudflare:index/zoneDnssec:ZoneDnssec"
_OWN = "pulumi-python:dynamic/launchready:"

MONITORS = {
    "cloudflare:index/healthcheck:Healthcheck": "monitor",
    "cloudflare:index/notificationPolicy:NotificationPolicy": "alert",
    f"{_OWN}HealthCheck": "monitor",
    f"{_OWN}Alarm": "alarm",
    f"{_OWN}Topic": "alert topic",
    f"{_OWN}Subscription": "alert owner",
}
VARIABLES = (f"{_OWN}Parameter", f"{_OWN}StoredSecret")

_WORDS = {
    "cloudflare:index/ruleset:Ruleset": "rules",
    "cloudflare:index/zoneSetting:ZoneSetting": "setting",
    "cloudflare:index/universalSslSetting:UniversalSslSetting": "setting",
    "cloudflare:index/tieredCache:TieredCache": "setting",
    "cloudflare:index/argoTieredCaching:ArgoTieredCaching": "setting",
    "cloudflare:index/certificatePack:CertificatePack": "certificate",
    "cloudflare:index/workersScript:WorkersScript": "Worker",
    "cloudflare:index/workersRoute:WorkersRoute": "Worker's route",
    f"{_OWN}SettingsMemory": "memory of settings",
    f"{_OWN}DkimKey": "DKIM key",
    f"{_OWN}SesIdentity": "SES identity",
    f"{_OWN}Key": "encryption key",
}
ADDRESSES = frozenset({"A", "AAAA", "CNAME"})
SECRET = "[secret]"  # noqa: S105 - how the engine masks one
_NOWHERE = frozenset({"0.0.0.0", "::", "100::", "192.0.2.0"})  # noqa: S104 - addresses that lead nowhere


@dataclass(frozen=True, slots=True)
class Guarded:
    """A guarded thing: ``name`` is what a person types, ``what`` a word for it."""

    name: str
    what: str


def guarded(kind: str, inputs: Mapping[str, Any], name: str, apex: str) -> Guarded | None:
    """The guarded thing that a resource is (a part of); None where losing it costs little.

    ``name``: the resource's; ``apex``: the zone's name.
    """
    if kind == RECORD:
        return guarded_record(inputs, apex)
    if kind == ZONE:
        return Guarded(f"{inputs.get('name') or name} zone", "the zone")
    if kind == DNSSEC:
        return Guarded(f"{apex} DNSSEC", "DNSSEC")
    if kind in MONITORS:
        return Guarded(name, f"a {MONITORS[kind]}" if MONITORS[kind][0] != "a" else f"an {MONITORS[kind]}")
    if kind in VARIABLES:
        return Guarded(str(inputs.get("name") or name), "a variable of the application")
    if kind == f"{_OWN}DkimKey":
        return Guarded(name, "a DKIM key")
    return None


def guarded_record(record: Mapping[str, Any], apex: str) -> Guarded | None:
    """The guarded RRset of a DNS record: MX, NS, CAA, the apex's address, SPF, DMARC, DKIM."""
    kind, name = str(record.get("type")), host(record)
    if kind == "MX":
        return Guarded(f"{name} MX", "where mail is delivered")
    if kind in ("NS", "DS"):
        return Guarded(f"{name} {kind}", "a delegation")
    if kind == "CAA":
        return Guarded(f"{name} CAA", "who may issue certificates")
    if "._domainkey." in f"{name}." and kind in ("TXT", "CNAME", "NS"):
        return Guarded(f"{name} DKIM", "a DKIM key")
    if kind in ADDRESSES and name == apex:
        return Guarded(f"{name} address", "the apex's address")
    if kind in ("TXT", "CNAME") and name.startswith("_dmarc."):
        return Guarded(f"{name} DMARC", "DMARC")
    if kind == "TXT" and text(record).lower().startswith("v=spf1"):
        return Guarded(f"{name} SPF", "who may send mail")
    return None


def empty(kind: str, inputs: Mapping[str, Any], apex: str) -> bool:
    """Does a resource still exist that does no longer do what it is guarded for?"""
    if kind == RECORD:
        return _empty_record(inputs, apex)
    if kind == DNSSEC:
        return inputs.get("status") == "disabled"
    if kind in MONITORS:
        off = inputs.get("disabled") is True or inputs.get("suspended") is True
        return off or inputs.get("enabled") is False or inputs.get("actions_enabled") is False
    if kind in VARIABLES:
        return inputs.get("value") in ("", None)
    return False


def _empty_record(record: Mapping[str, Any], apex: str) -> bool:
    thing, value = guarded_record(record, apex), text(record)
    if thing is None:
        return False
    words = value.lower().replace(" ", "")
    match thing.name.rsplit(" ", 1)[-1]:
        case "MX":
            return value.strip(". ") == ""
        case "SPF":
            return words in ("v=spf1-all", "v=spf1~all", "v=spf1?all", "v=spf1", "v=spf1+all")
        case "DMARC":
            return "p=none" in words.split(";")
        case "DKIM":
            return record.get("type") == "TXT" and "p=" in words.split(";")
        case "CAA":
            data = record.get("data")
            issuer = data.get("value") if isinstance(data, Mapping) else value.rsplit(" ", 1)[-1]
            return str(issuer).strip('"; ') == ""
        case "address":
            return value in _NOWHERE and record.get("proxied") is not True
    return False


def host(record: Mapping[str, Any]) -> str:
    """A record's full name in lower case, without a trailing dot."""
    return str(record.get("name", "")).lower().rstrip(".")


def text(record: Mapping[str, Any]) -> str:
    """A record's value; of a TXT its strings joined, without quotes."""
    value = record.get("content")
    if not isinstance(value, str):
        data = record.get("data")
        return " ".join(str(part) for part in data.values()) if isinstance(data, Mapping) else ""
    if record.get("type") == "TXT" and value.startswith('"') and value.endswith('"'):
        return value[1:-1].replace('" "', "")
    return value


def described(kind: str, inputs: Mapping[str, Any], name: str) -> str:
    """A resource in plain words. A variable's value is never told."""
    if kind == RECORD:
        return f"{inputs.get('type')} {host(inputs)} → {_value(inputs)}"
    if kind == ZONE:
        return f"the zone {inputs.get('name') or name}"
    if kind == DNSSEC:
        return f"DNSSEC ({inputs.get('status')})" if "status" in inputs else "DNSSEC"
    if kind in VARIABLES:
        return f"variable {inputs.get('name') or name}"
    if kind in MONITORS:
        return f"{MONITORS[kind]} {name}"
    if kind.endswith("ZoneSetting"):
        return f"setting {inputs.get('settingId', name)} = {shown(inputs.get('value'))}"
    if kind.endswith("Ruleset"):
        rules = inputs.get("rules")
        count = f" ({len(rules)})" if isinstance(rules, list) else ""
        return f"rules {name}{count}"
    return f"{_WORDS.get(kind, kind.rsplit(':', 1)[-1])} {name}"


def _value(record: Mapping[str, Any]) -> str:
    priority = f"{record['priority']} " if record.get("priority") is not None else ""
    proxied = " (proxied)" if record.get("proxied") is True else ""
    return f"{priority}{shown(text(record))}{proxied}"


def shown(value: Any, longest: int = 60) -> str:
    """A value on one line, shortened in its middle."""
    line = " ".join(str(value).split())
    return line if len(line) <= longest else f"{line[: longest - 15]}…{line[-12:]}"

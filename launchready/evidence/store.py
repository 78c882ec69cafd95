"""Evidence as a JSON file, and back: what one run saw can be judged again, offline, by later checks.

Certificates and bodies are base64. The file may hold cookies that a site sent: it is written for its
owner only.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from launchready.errors import InputError, Where
from launchready.evidence.types import (
    AwsProbe,
    AwsResult,
    BurstProbe,
    BurstResult,
    Cause,
    DnsProbe,
    DnsResult,
    Evidence,
    HttpProbe,
    HttpResult,
    LoadProbe,
    LoadResult,
    PortalProbe,
    PortalResult,
    RdapProbe,
    RdapResult,
    Result,
    RRset,
    Step,
    TlsProbe,
    TlsResult,
)

SCHEMA = "launchready.evidence/1"
Json = dict[str, Any]


def save(evidence: Evidence, path: Path) -> None:
    """Write the evidence, readable by its owner only; whole or not at all."""
    document = {"schema": SCHEMA, **to_json(evidence)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1, sort_keys=True)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path: Path) -> Evidence:
    """Read what ``save`` wrote. Raises InputError naming the file and what is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"can't read the evidence: {error.strerror}", where=Where(path)) from error
    except ValueError as error:
        raise InputError(f"no JSON: {error}", where=Where(path)) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"no evidence file (schema {SCHEMA})", where=Where(path))
    try:
        return from_json(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"damaged evidence: {error!r}", where=Where(path)) from error


def to_json(evidence: Evidence) -> Json:
    """``{"facts", "results"}`` in plain JSON."""
    return {
        "facts": {key: _fact(value) for key, value in evidence.facts.items()},
        "results": {key: [_result(result) for result in found] for key, found in evidence.results.items()},
    }


def from_json(document: Mapping[str, Any]) -> Evidence:
    """The inverse of ``to_json``. Raises KeyError, TypeError or ValueError on what it did not write."""
    facts = {key: _read_fact(key, value) for key, value in document["facts"].items()}
    results = {key: tuple(_read(result) for result in found) for key, found in document["results"].items()}
    return Evidence(results, facts)


def _fact(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _read_fact(key: str, value: object) -> object:
    if key == "now":
        return datetime.fromisoformat(str(value))
    if isinstance(value, list):
        return tuple(tuple(item) if isinstance(item, list) else item for item in value)
    return value


def _result(result: Result) -> Json:
    probe = {
        name: value for name in result.probe.__slots__ if (value := getattr(result.probe, name)) is not None
    }
    common: Json = {"probe": probe, "cause": result.cause, "detail": result.detail}
    if isinstance(result, DnsResult):
        sections = {name: [_rrset(rrset) for rrset in getattr(result, name)] for name in _SECTIONS}
        flags = sorted(result.flags)
        return {
            "kind": "dns",
            **common,
            "server": result.server,
            "flags": flags,
            "seconds": result.seconds,
            **sections,
        }
    if isinstance(result, TlsResult):
        plain = {name: getattr(result, name) for name in _TLS_FIELDS}
        return {"kind": "tls", **common, **plain, "chain": [_encode(der) for der in result.chain]}
    if isinstance(result, AwsResult):
        return {"kind": "aws", **common, "data": dict(result.data), "error": result.error}
    if isinstance(result, BurstResult):
        plain = {name: getattr(result, name) for name in _BURST_FIELDS}
        return {"kind": "burst", **common, **plain}
    if isinstance(result, LoadResult):
        plain = {name: getattr(result, name) for name in _LOAD_FIELDS}
        pairs = {name: [list(pair) for pair in getattr(result, name)] for name in _LOAD_PAIRS}
        return {"kind": "load", **common, **plain, **pairs}
    if isinstance(result, RdapResult):
        plain = {name: getattr(result, name) for name in (*_RDAP_FIELDS, *_RDAP_LISTS)}
        return {"kind": "rdap", **common, **plain, "events": [list(pair) for pair in result.events]}
    if isinstance(result, PortalResult):
        steps = [_step(step) for step in result.steps]
        return {"kind": "portal", **common, "steps": steps, "facts": dict(result.facts)}
    plain = {name: getattr(result, name) for name in _HTTP_FIELDS}
    headers = [list(pair) for pair in result.headers]
    return {"kind": "http", **common, **plain, "headers": headers, "body": _encode(result.body)}


_SECTIONS = ("answer", "authority", "additional")
_TLS_FIELDS = ("version", "cipher", "alpn", "trusted", "trust_error", "alert", "address")
_BURST_FIELDS = ("statuses", "refused_at", "retry_after", "others")
_LOAD_FIELDS = ("sent", "matched", "p50", "p95", "p99", "most", "histogram", "floor", "lag", "saturated")
_RDAP_FIELDS = ("missing", "server", "registrar", "signed")
_RDAP_LISTS = ("statuses", "nameservers", "ds")
_LOAD_PAIRS = ("statuses", "failures", "buckets")
_HTTP_FIELDS = ("status", "http_version", "address", "seconds", "first_byte", "wire_bytes")


def _read(data: Json) -> Result:
    cause = None if data["cause"] is None else Cause(data["cause"])
    if data["kind"] == "dns":
        sections = {name: tuple(_read_rrset(rrset) for rrset in data[name]) for name in _SECTIONS}
        return DnsResult(
            DnsProbe(**data["probe"]), data["server"], cause, **sections,
            flags=frozenset(data["flags"]), detail=data["detail"], seconds=data["seconds"],
        )  # fmt: skip
    if data["kind"] == "tls":
        chain = tuple(base64.b64decode(der, validate=True) for der in data["chain"])
        plain = {name: data[name] for name in _TLS_FIELDS}
        return TlsResult(TlsProbe(**data["probe"]), cause, chain=chain, detail=data["detail"], **plain)
    if data["kind"] == "aws":
        return AwsResult(AwsProbe(**data["probe"]), cause, dict(data["data"]), data["error"], data["detail"])
    if data["kind"] == "burst":
        return _read_burst(data, cause)
    if data["kind"] == "load":
        plain = {name: data[name] for name in _LOAD_FIELDS}
        pairs: Json = {name: tuple((one, count) for one, count in data[name]) for name in _LOAD_PAIRS}
        return LoadResult(LoadProbe(**data["probe"]), cause, **(plain | pairs), detail=data["detail"])
    if data["kind"] == "rdap":
        plain = {name: data[name] for name in _RDAP_FIELDS} | {
            name: tuple(data[name]) for name in _RDAP_LISTS
        }
        asked = RdapProbe(**data["probe"])
        return RdapResult(asked, cause, events=_pairs(data["events"]), detail=data["detail"], **plain)
    if data["kind"] == "portal":
        steps = tuple(_read_step(step) for step in data["steps"])
        return PortalResult(PortalProbe(**data["probe"]), cause, steps, dict(data["facts"]), data["detail"])
    if data["kind"] != "http":
        raise ValueError(f"no such kind of result: {data['kind']!r}")
    probe = {**data["probe"], "headers": _pairs(data["probe"]["headers"])}
    plain = {name: data[name] for name in _HTTP_FIELDS if name in data}
    return HttpResult(
        HttpProbe(**probe), cause, headers=_pairs(data["headers"]),
        body=base64.b64decode(data["body"], validate=True), detail=data["detail"], **plain,
    )  # fmt: skip


def _read_burst(data: Json, cause: Cause | None) -> BurstResult:
    probe = BurstProbe(**{**data["probe"], "urls": tuple(data["probe"]["urls"])})
    plain = {name: data[name] for name in _BURST_FIELDS}
    others = tuple((url, status) for url, status in data["others"])
    more = {"statuses": tuple(data["statuses"]), "others": others}
    return BurstResult(probe, cause, **(plain | more), detail=data["detail"])


def _step(step: Step) -> Json:
    plain = {name: getattr(step, name) for name in step.__slots__}
    return plain | {"headers": [list(pair) for pair in step.headers], "body": _encode(step.body)}


def _read_step(data: Json) -> Step:
    cause = None if data["cause"] is None else Cause(data["cause"])
    body = base64.b64decode(data["body"], validate=True)
    rest = {"cause": cause, "headers": _pairs(data["headers"]), "body": body, "leaks": tuple(data["leaks"])}
    return Step(**(data | rest))


def _pairs(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)


def _rrset(rrset: RRset) -> Json:
    return {"name": rrset.name, "type": rrset.type, "ttl": rrset.ttl, "data": list(rrset.data)}


def _read_rrset(data: Json) -> RRset:
    return RRset(data["name"], data["type"], data["ttl"], tuple(data["data"]))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

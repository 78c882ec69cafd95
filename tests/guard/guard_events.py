"""Events as the engine logs them in a preview, made out of a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RECORD = "cloudflare:index/dnsRecord:DnsRecord"
DOMAIN = "six.example"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:six::launchready::launchready:index:ClientLaunch${kind}::{name}"


def event(
    op: str, kind: str, name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, **more: Any
) -> dict[str, Any]:
    """One step's event. ``more``: of the metadata (``diffs``), or of both states (``protect``)."""
    diffs = more.pop("diffs", None)
    state = {"type": kind, "urn": urn(kind, name), "custom": True}
    metadata = {
        "op": op,
        "urn": urn(kind, name),
        "type": kind,
        "old": None if old is None else {**state, "inputs": {"__defaults": [], **old}},
        "new": None if new is None else {**state, "inputs": {"__defaults": [], **new}, **more},
        "diffs": diffs,
    }
    return {"resourcePreEvent": {"metadata": metadata}}


def record(kind: str, content: str, name: str = DOMAIN, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "content": content, "ttl": 1, **more}


def delete(name: str, old: Mapping[str, Any], kind: str = RECORD) -> dict[str, Any]:
    return event("delete", kind, name, old, None)


def create(name: str, new: Mapping[str, Any], kind: str = RECORD) -> dict[str, Any]:
    return event("create", kind, name, None, new)


def update(name: str, old: Mapping[str, Any], new: Mapping[str, Any], kind: str = RECORD) -> dict[str, Any]:
    diffs = [key for key in new if old.get(key) != new[key]]
    return event("update", kind, name, old, new, diffs=diffs)


def replace(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], kind: str = RECORD, *, delete_first: bool
) -> list[dict[str, Any]]:
    steps = [
        event("create-replacement", kind, name, old, new),
        event("replace", kind, name, old, new),
        event("delete-replaced", kind, name, old, None),
    ]
    return [steps[2], steps[1], steps[0]] if delete_first else steps

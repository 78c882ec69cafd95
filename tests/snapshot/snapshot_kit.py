"""Snapshots made by hand: a state, a zone, a client file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from launchready.client_file.secrets import PassphraseKey
from launchready.snapshot.manifest import Kind, Manifest
from launchready.snapshot.state import State, parse_state
from launchready.snapshot.store import Store
from launchready.snapshot.take import Taking, take
from launchready.snapshot.world import World

PASSPHRASE = "rehearsal"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CLIENT_FILE = b"config:\n  launchready:domain: six.example\n"
SECRET = "lr-snapshot-secret-77"  # a canary: no file of a snapshot may show it
_KEYS: list[PassphraseKey] = []


def key() -> PassphraseKey:
    """One key for all tests: deriving one takes a second."""
    if not _KEYS:
        _KEYS.append(PassphraseKey.create(PASSPHRASE))
    return _KEYS[0]


def state(*resources: dict[str, Any]) -> State:
    salt = key().encryptionsalt
    provider = {"type": "passphrase", "state": {"salt": salt}}
    body = {"version": 3, "deployment": {"secrets_providers": provider, "resources": list(resources)}}
    return parse_state(json.dumps(body).encode())


def record(name: str, content: str, kind: str = "A", **more: Any) -> dict[str, Any]:
    return {"id": f"{name}-{content}", "name": name, "type": kind, "content": content, "ttl": 1,
            "proxied": False, **more}  # fmt: skip


def world(*records: dict[str, Any], **more: Any) -> World:
    values: dict[str, Any] = {
        "zone": {"id": "z" * 32, "name": "six.example", "status": "active", "name_servers": ["a.ns", "b.ns"]},
        "bind": "\n".join(f"{one['name']}. 1 IN {one['type']} {one['content']}" for one in records),
        "records": records,
        "settings": {"ssl": "strict", "rocket_loader": "off"},
        "editable": frozenset({"ssl", "rocket_loader"}),
        "dnssec": {"status": "active"},
        "rulesets": (),
        "routes": (),
    }
    return World(**{**values, **more})


def taking(kind: Kind = Kind.LAUNCH, **changes: Any) -> Taking:
    values: dict[str, Any] = {
        "kind": kind, "client": "six", "domain": "six.example", "world_name": "live", "reason": "up",
        "state": state({"urn": "urn:a", "custom": True, "type": "x", "inputs": {"value": SECRET}}),
        "world": world(record("six.example", "203.0.113.10")), "client_file": CLIENT_FILE,
        "client_file_is": "launched", "git": None,
    }  # fmt: skip
    return Taking(**{**values, **changes})


def put(store: Store, kind: Kind = Kind.LAUNCH, at: datetime = NOW, **changes: Any) -> Manifest:
    return take(store, taking(kind, **changes), key(), at)

"""Evidence as a file: everything comes back as it was, damage is named, nobody else can read it."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready.errors import InputError
from launchready.evidence import store
from launchready.evidence.types import (
    Cause,
    DnsProbe,
    DnsResult,
    Evidence,
    HttpProbe,
    HttpResult,
    RRset,
    TlsProbe,
    TlsResult,
)


def everything() -> Evidence:
    dns_probe = DnsProbe("acme.example", "TXT", "198.51.100.1", "tcp", True, True)
    rrset = RRset("acme.example", "TXT", 300, ('"\\000\\255"', '"ü"'))
    tls_probe = TlsProbe("acme.example", version="1.1")
    http_probe = HttpProbe("https://acme.example/", "HEAD", (("x-a", "1"), ("x-a", "2")))
    results = {
        dns_probe.id: (
            DnsResult(
                dns_probe, "198.51.100.1", None, (rrset,), (rrset,), (), frozenset({"aa", "tc"}), "", 0.25
            ),
            DnsResult(dns_probe, "198.51.100.2", Cause.TIMEOUT, detail="no answer"),
        ),
        tls_probe.id: (
            TlsResult(
                tls_probe,
                Cause.TLS,
                "TLSv1.2",
                "X",
                "h2",
                (b"\x00\xff",),
                False,
                "why",
                "alert",
                "192.0.2.1",
                "d",
            ),
        ),
        http_probe.id: (
            HttpResult(
                http_probe,
                None,
                200,
                (("set-cookie", "a"), ("set-cookie", "b")),
                b"\x00\xff",
                "1.1",
                "192.0.2.1",
                "",
                1.5,
            ),
        ),
    }
    facts: dict[str, object] = {
        "now": datetime(2026, 11, 24, 12, 30, 5, 250, tzinfo=UTC),
        "target": "edge",
        "nameservers": (("ns1.example", "198.51.100.1"),),
        "edge_addresses": ("127.0.0.1",),
        "public": False,
    }
    return Evidence(results, facts)


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    store.save(everything(), path)
    loaded = store.load(path)
    assert loaded.results == everything().results
    assert loaded.facts == everything().facts


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    store.save(everything(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("[]", "no evidence file"),
        ('{"schema": "launchready.edge/1"}', "no evidence file"),
        ('{"schema": "launchready.evidence/1"}', "damaged"),
        ('{"schema": "launchready.evidence/1", "facts": {}, "results": {"x": [{"kind": "dns"}]}}', "damaged"),
    ],
)
def test_damage_is_named_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        store.load(path)
    assert str(path) in str(caught.value)


def test_a_kind_of_result_that_nobody_knows_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    store.save(everything(), path)
    path.write_text(path.read_text().replace('"kind": "http"', '"kind": "smtp"'))
    with pytest.raises(InputError, match="smtp"):
        store.load(path)
    assert json.loads(path.read_text())["schema"] == store.SCHEMA


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.json"):
        store.load(tmp_path / "nothing.json")

"""What is the same shows as the same, whoever wrote it: client file, Cloudflare, the plugin in the state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.declared import declare
from launchready.drift import canonical
from launchready.engine.cloudflare_plugin.kinds import KINDS as PLUGIN
from tests.drift.drift_clients import client
from tests.drift.drift_kit import client_of

DNS = "cloudflare:index/dnsRecord:DnsRecord"
RULESET = "cloudflare:index/ruleset:Ruleset"

SAME: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = [
    ({"type": "TXT", "content": '"v=spf1 -all"'}, {"type": "TXT", "content": "v=spf1 -all"}),
    ({"type": "TXT", "content": f'"{"x" * 255}" "{"x" * 45}"'}, {"type": "TXT", "content": f'"{"x" * 300}"'}),
    ({"type": "TXT", "content": '"a" "b"'}, {"type": "TXT", "content": '"ab"'}),
    ({"type": "TXT", "content": '"say \\"hi\\" \\\\"'}, {"type": "TXT", "content": 'say "hi" \\'}),
    ({"type": "CNAME", "content": "App.Host.Example."}, {"type": "CNAME", "content": "app.host.example"}),
    ({"type": "CNAME", "content": "bücher.example"}, {"type": "CNAME", "content": "xn--bcher-kva.example"}),
    ({"type": "A", "name": "WWW.acme.example."}, {"type": "A", "name": "www.acme.example"}),
    ({"type": "A", "name": "bücher.acme.example"}, {"type": "A", "name": "xn--bcher-kva.acme.example"}),
    ({"type": "AAAA", "content": "2001:DB8:0:0::1"}, {"type": "AAAA", "content": "2001:db8::1"}),
    ({"type": "A", "ttl": 300, "proxied": True}, {"type": "A", "ttl": 1, "proxied": True}),
    ({"type": "A", "ttl": 300.0}, {"type": "A", "ttl": "300"}),
    ({"type": "MX", "content": "Mail.Acme.example.", "priority": "10"},
     {"type": "MX", "content": "mail.acme.example", "priority": 10.0}),
    ({"type": "URI", "priority": 10.0, "data": {"weight": 1.0, "target": "https://acme.example/"}},
     {"type": "URI", "priority": 10, "content": '1 "https://acme.example/"'}),
    ({"type": "CAA", "content": '0 issue "letsencrypt.org"'},
     {"type": "CAA", "data": {"flags": 0.0, "tag": "issue", "value": "letsencrypt.org"}}),
    ({"type": "CAA", "content": "0 issue letsencrypt.org", "data": {"flags": "0", "tag": "issue",
      "value": "letsencrypt.org"}}, {"type": "CAA", "data": {"flags": 0, "tag": "issue",
      "value": "letsencrypt.org", "target": None}}),
    ({"type": "SRV", "content": "10 5 5060 sip.acme.example."},
     {"type": "SRV", "content": "5 5060 sip.acme.example", "priority": 10,
      "data": {"priority": 10, "weight": 5, "port": 5060, "target": "SIP.acme.example"}}),
    ({"type": "TLSA", "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "AB" * 32}},
     {"type": "TLSA", "content": f"3 1 1 {'ab' * 32}"}),
    ({"type": "HTTPS", "data": {"priority": 1, "target": ".", "value": 'alpn="h2,h3" port=443'}},
     {"type": "HTTPS", "content": "1 . port=443 alpn=h2,h3"}),
    ({"type": "A", "comment": None, "tags": []}, {"type": "A", "comment": ""}),
    ({"type": "A", "tags": ["b:2", "a:1"]}, {"type": "A", "tags": ["a:1", "b:2"]}),
]  # fmt: skip
_USUAL = {"name": "acme.example", "content": "203.0.113.1", "ttl": 1, "proxied": False}


def _full(given: Mapping[str, Any]) -> dict[str, Any]:
    usual = {key: value for key, value in _USUAL.items() if key != "content" or "data" not in given}
    return {**usual, **given}


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_record_are_one(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    first, second = canonical.api_record(_full(one)), canonical.api_record(_full(other))
    assert first[:8] == second[:8]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"type": "TXT", "content": '"a"'}, {"type": "TXT", "content": '"A"'}),
        ({"type": "TXT", "content": '"a b"'}, {"type": "TXT", "content": '"ab"'}),
        ({"type": "A", "ttl": 300}, {"type": "A", "ttl": 301}),
        ({"type": "A", "proxied": True}, {"type": "A", "proxied": False}),
        ({"type": "MX", "content": "m.example", "priority": 1},
         {"type": "MX", "content": "m.example", "priority": 2}),
    ],
)  # fmt: skip
def test_what_differs_stays_different(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    assert canonical.api_record(_full(one))[:8] != canonical.api_record(_full(other))[:8]


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=600), st.integers(1, 255))
def test_any_text_survives_quoting_and_any_cut(text: str, size: int) -> None:
    raw = text.encode()
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)] or [b""]
    quoted = " ".join('"' + "".join(f"\\{byte:03d}" for byte in chunk) + '"' for chunk in chunks)
    assert canonical.api_record(_full({"type": "TXT", "content": quoted})).value == text


@given(st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.floats() | st.text(max_size=40)))
def test_no_answer_of_the_api_breaks_the_comparison(junk: dict[str, Any]) -> None:
    canonical.api_record({**junk, "type": junk.get("type", "SRV")})
    canonical.api_rule(junk)
    canonical.setting(junk)


def test_every_declared_record_is_the_same_as_the_api_and_the_state_show_it() -> None:
    declared = declare(client_of(client()))
    plugin = PLUGIN[DNS]
    for record in declared.records:
        wanted = canonical.declared_record(record)
        body: dict[str, Any] = {
            "name": record.name, "type": record.type, "ttl": float(record.ttl), "proxied": record.proxied,
            "content": record.content, "comment": None, "tags": [], "meta": {}, "settings": {},
        }  # fmt: skip
        body |= {"data": dict(record.data)} if record.data is not None else {}
        body |= {"priority": record.priority} if record.priority is not None else {}
        assert canonical.api_record(body)[:8] == wanted[:8], record
        assert canonical.state_record(plugin.properties(body))[:8] == wanted[:8], record


def test_every_declared_rule_is_the_same_as_the_state_shows_it() -> None:
    declared = declare(client_of(client()))
    plugin = PLUGIN[RULESET]
    wanted = [canonical.declared_redirect(one) for one in declared.redirects]
    wanted += [canonical.declared_rule(rule) for rules in declared.rulesets.values() for rule in rules]
    assert len(wanted) > 10
    for rule in wanted:
        shown = {
            **rule, "id": "1" * 32, "version": "3", "last_updated": "2026-01-01T00:00:00Z",
            "categories": ["x"], "logging": {"enabled": True},
        }  # fmt: skip
        kept = plugin.properties({"rules": [shown]})["rules"][0]
        assert canonical.api_rule(shown) == rule
        assert canonical.state_rule(kept) == rule


def test_a_rule_keeps_the_names_of_headers_and_the_order_of_lists() -> None:
    rule = {
        "ref": "r", "expression": "true", "action": "rewrite",
        "action_parameters": {"headers": {"X-Frame-Options": {"operation": "set", "value": "DENY"}}},
    }  # fmt: skip
    state = {
        "ref": "r", "expression": "true", "action": "rewrite", "enabled": True,
        "actionParameters": {"headers": {"X-Frame-Options": {"operation": "set", "value": "DENY"}}},
    }  # fmt: skip
    assert canonical.api_rule(rule) == canonical.state_rule(state)
    assert "X-Frame-Options" in canonical.state_rule(state)["action_parameters"]["headers"]


def test_statuses_and_settings_have_one_form() -> None:
    assert canonical.signing("pending") == canonical.signing("active") == "active"
    assert canonical.signing("pending-disabled") == canonical.signing(None) == "disabled"
    assert canonical.setting("14400") == canonical.setting(14400.0) == 14400
    assert canonical.setting({"strict_transport_security": {"max_age": "300", "enabled": True}}) == {
        "strict_transport_security": {"max_age": 300, "enabled": True}
    }
    assert canonical.setting("1.2") == "1.2"


@pytest.mark.oracle
def test_what_the_official_plugin_sends_and_reads_is_one_with_what_it_was_told(shared: Path) -> None:
    """Every record and ruleset on the wire of the official plugin: request and answer in one form."""
    lines = (shared / "data" / "official-plugin-wire.jsonl").read_text().splitlines()
    seen = 0
    for line in map(json.loads, lines):
        request, result, path = line["request"], line["result"], line["path"]
        if not isinstance(request, dict) or not isinstance(result, dict):
            continue
        if "/dns_records" in path and "type" in request:
            assert canonical.api_record(request)[:8] == canonical.api_record(result)[:8]
            seen += 1
        if "/rulesets" in path:
            pairs = zip(request["rules"], result["rules"], strict=True)
            assert all(canonical.api_rule(one) == canonical.api_rule(other) for one, other in pairs)
            seen += 1
    assert seen >= 12

"""What counts as a difference, what replaces, and what is only another spelling of the same thing."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_rig import plugin
from pulumi.runtime.proto import provider_pb2

from launchready.engine.cloudflare_plugin.values import UNKNOWN, Secret

Kind = provider_pb2.PropertyDiff.Kind
ZONE = "z" * 32
A = {"zoneId": ZONE, "name": "www.acme.example", "type": "A", "content": "192.0.2.1", "ttl": 1}
CAA = {**A, "type": "CAA", "content": None, "data": {"flags": 0, "tag": "issue", "value": "pki.goog"}}
TXT = {**A, "type": "TXT"}


def rules(*some: dict[str, Any]) -> dict[str, Any]:
    return {"zoneId": ZONE, "kind": "zone", "name": "r", "phase": "http_ratelimit", "rules": list(some)}


BLOCK = {"ref": "a", "action": "block", "expression": "true"}

SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("DnsRecord", A, {**A, "name": "WWW.acme.example."}),
    ("DnsRecord", A, {**A, "proxied": False, "comment": "", "tags": [], "settings": {}}),
    ("DnsRecord", A, {**A, "settings": {"flattenCname": False}, "ttl": 1.0}),
    ("DnsRecord", {**A, "tags": ["a:1", "b:2"]}, {**A, "tags": ["b:2", "a:1"]}),
    ("DnsRecord", {**A, "type": "AAAA", "content": "2001:DB8:0::1"},
     {**A, "type": "AAAA", "content": "2001:db8::1"}),
    ("DnsRecord", {**A, "type": "CNAME", "content": "Acme.Example."},
     {**A, "type": "CNAME", "content": "acme.example"}),
    ("DnsRecord", {**A, "name": "bücher.example"}, {**A, "name": "xn--bcher-kva.example"}),
    ("DnsRecord", {**TXT, "content": "v=spf1 -all"}, {**TXT, "content": '"v=spf1 -all"'}),
    ("DnsRecord", {**TXT, "content": f'"{"a" * 300}"'}, {**TXT, "content": f'"{"a" * 255}" "{"a" * 45}"'}),
    ("DnsRecord", CAA, {**CAA, "data": {"flags": "0", "tag": "issue", "value": "pki.goog"}}),
    ("DnsRecord", {**CAA, "type": "SRV", "data": {"port": 1, "priority": 1, "weight": 1, "target": "A.b."}},
     {**CAA, "type": "SRV", "data": {"port": 1, "priority": 1, "weight": 1, "target": "a.b"}}),
    ("DnsRecord", {**CAA, "type": "DS",
                   "data": {"keyTag": 1, "algorithm": 13, "digestType": 2, "digest": "AB CD"}},
     {**CAA, "type": "DS", "data": {"keyTag": 1, "algorithm": 13, "digestType": 2, "digest": "abcd"}}),
    ("DnsRecord", {**CAA, "type": "HTTPS",
                   "data": {"priority": 1, "target": ".", "value": 'alpn="h2" port=1'}},
     {**CAA, "type": "HTTPS", "data": {"priority": 1, "target": ".", "value": "port=1 alpn=h2"}}),
    ("DnsRecord", {**CAA, "type": "TLSA", "data": {"usage": 3, "certificate": "ABCD"}},
     {**CAA, "type": "TLSA", "data": {"usage": 3, "certificate": "abcd"}}),
    ("DnsRecord", A, {**A, "content": Secret("192.0.2.1")}),
    ("ZoneDnssec", {"zoneId": ZONE, "status": "pending"}, {"zoneId": ZONE, "status": "active"}),
    ("Ruleset", rules(BLOCK), rules({**BLOCK, "enabled": True, "description": "", "actionParameters": {}})),
    ("Ruleset", rules({**BLOCK, "id": "1" * 32}), rules(BLOCK)),
    ("ZoneSetting", {"zoneId": ZONE, "settingId": "security_header", "value": {
        "strict_transport_security": {"enabled": True, "max_age": 1, "preload": False}}},
     {"zoneId": ZONE, "settingId": "security_header", "value": {
         "strict_transport_security": {"enabled": True, "max_age": 1}}}),
    ("Zone", {"name": "acme.example", "account": {"id": "a", "name": "Acme"}},
     {"name": "Acme.Example", "account": {"id": "a"}, "type": "full", "paused": False}),
    ("Healthcheck", {"zoneId": ZONE, "name": "h", "address": "a.b",
                     "httpConfig": {"method": "GET", "path": "/x"}},
     {"zoneId": ZONE, "name": "h", "address": "a.b", "httpConfig": {"path": "/x"}, "interval": 60}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "old", "news"), SAME, ids=[f"{row[0]}-{i}" for i, row in enumerate(SAME)])
async def test_another_spelling_of_the_same_is_no_difference(
    kind: str, old: dict[str, Any], news: dict[str, Any]
) -> None:
    async with plugin() as under_test:
        for before, after in ((old, news), (news, old)):
            found = await under_test.diff(kind, before, after)
            assert found.changes == found.DIFF_NONE, dict(found.detailedDiff)


DIFFERENT: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ("DnsRecord", A, {**A, "content": "192.0.2.2"}, {"content": "UPDATE"}),
    ("DnsRecord", A, {**A, "name": "w.acme.example"}, {"name": "UPDATE"}),
    ("DnsRecord", A, {**A, "comment": "x"}, {"comment": "ADD"}),
    ("DnsRecord", {**A, "comment": "x"}, A, {"comment": "DELETE"}),
    ("DnsRecord", A, {**A, "zoneId": "y" * 32}, {"zoneId": "UPDATE_REPLACE"}),
    ("DnsRecord", A, {**A, "zoneId": UNKNOWN}, {"zoneId": "UPDATE_REPLACE"}),
    ("DnsRecord", A, {**A, "content": UNKNOWN}, {"content": "UPDATE"}),
    ("DnsRecord", CAA, {**CAA, "data": {**CAA["data"], "value": "b"}}, {"data.value": "UPDATE"}),
    ("DnsRecord", TXT, {**TXT, "content": '"192.0.2.1 "'}, {"content": "UPDATE"}),
    ("DnsRecord", {**TXT, "content": '"V"'}, {**TXT, "content": '"v"'}, {"content": "UPDATE"}),
    ("DnsRecord", A, {**A, "settings": {"ipv4Only": True}}, {"settings": "ADD"}),
    ("DnsRecord", {**CAA, "type": "CERT", "data": {"type": 1, "certificate": "AbCd"}},
     {**CAA, "type": "CERT", "data": {"type": 1, "certificate": "abcd"}}, {"data.certificate": "UPDATE"}),
    ("Ruleset", rules(BLOCK), rules({**BLOCK, "expression": "false"}), {"rules[0].expression": "UPDATE"}),
    ("Ruleset", rules(BLOCK), rules(BLOCK, {**BLOCK, "ref": "b"}), {"rules[1]": "ADD"}),
    ("Ruleset", rules(BLOCK, {**BLOCK, "ref": "b"}), rules(BLOCK), {"rules[1]": "DELETE"}),
    ("Ruleset", rules(BLOCK), rules({**BLOCK, "enabled": False}), {"rules[0].enabled": "ADD"}),
    ("Ruleset",
     rules({**BLOCK, "actionParameters": {"headers": {"X-A b": {"operation": "set", "value": "1"}}}}),
     rules({**BLOCK, "actionParameters": {"headers": {"X-A b": {"operation": "set", "value": "2"}}}}),
     {'rules[0].actionParameters.headers["X-A b"].value': "UPDATE"}),
    ("ZoneSetting", {"zoneId": ZONE, "settingId": "ssl", "value": "full"},
     {"zoneId": ZONE, "settingId": "ssl", "value": "strict"}, {"value": "UPDATE"}),
    ("ZoneSetting", {"zoneId": ZONE, "settingId": "browser_cache_ttl", "value": 14400},
     {"zoneId": ZONE, "settingId": "browser_cache_ttl", "value": 0}, {"value": "UPDATE"}),
    ("Zone", {"name": "a.example", "account": {"id": "a"}}, {"name": "b.example", "account": {"id": "a"}},
     {"name": "UPDATE_REPLACE"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "old", "news", "paths"), DIFFERENT, ids=[f"{row[0]}-{i}" for i, row in enumerate(DIFFERENT)]
)
async def test_a_difference_is_told_by_its_smallest_path(
    kind: str, old: dict[str, Any], news: dict[str, Any], paths: dict[str, str]
) -> None:
    async with plugin() as under_test:
        found = await under_test.diff(kind, old, news)
        assert found.changes == found.DIFF_SOME
        assert found.hasDetailedDiff
        assert {path: Kind.Name(part.kind) for path, part in found.detailedDiff.items()} == paths
        assert bool(found.replaces) == any("REPLACE" in kind for kind in paths.values())


@pytest.mark.parametrize(
    ("old", "news", "first"),
    [
        (A, {**A, "type": "CNAME", "content": "a.b"}, True),
        ({**A, "type": "CNAME", "content": "a.b"}, A, True),
        (A, {**A, "type": "AAAA", "content": "::1"}, False),
        (A, {**A, "type": "CNAME", "content": "a.b", "zoneId": "y" * 32}, False),
    ],
    ids=["a-to-cname", "cname-to-a", "a-to-aaaa", "to-another-zone"],
)
async def test_a_record_that_stands_in_the_way_of_its_replacement_goes_first(
    old: dict[str, Any], news: dict[str, Any], first: bool
) -> None:
    async with plugin() as under_test:
        found = await under_test.diff("DnsRecord", old, news)
        assert list(found.replaces)
        assert found.deleteBeforeReplace is first


async def test_a_ruleset_makes_room_in_its_phase_for_its_replacement() -> None:
    async with plugin() as under_test:
        found = await under_test.diff("Ruleset", rules(BLOCK), {**rules(BLOCK), "name": "other"})
        assert found.deleteBeforeReplace
        moved = {**rules(BLOCK), "phase": "http_request_firewall_custom"}
        assert not (await under_test.diff("Ruleset", rules(BLOCK), moved)).deleteBeforeReplace


async def test_what_the_api_decides_when_the_program_does_not_is_no_difference() -> None:
    async with plugin() as under_test:
        old = {"zoneId": ZONE, "name": "h", "address": "a.b", "checkRegions": ["WNAM"]}
        news = {"zoneId": ZONE, "name": "h", "address": "a.b"}
        found = await under_test.diff("Healthcheck", old, news)
        assert found.changes == found.DIFF_NONE


async def test_a_short_name_and_the_full_one_are_the_same_when_the_state_shows_it() -> None:
    async with plugin() as under_test:
        state = {**A, "name": "www.acme.example"}
        short, full = {**A, "name": "www"}, A
        assert (await under_test.diff("DnsRecord", short, full, state)).changes == 1
        apex = {**A, "name": "@"}
        whole = {**A, "name": "acme.example"}
        assert (await under_test.diff("DnsRecord", apex, whole, whole)).changes == 1
        assert (await under_test.diff("DnsRecord", short, {**A, "name": "web"}, state)).changes == 2


async def test_without_old_inputs_the_state_stands_in_for_them() -> None:
    async with plugin() as under_test:
        state = {**A, "createdOn": "2026-01-01", "proxied": False, "proxiable": True}
        assert (await under_test.diff("DnsRecord", {}, A, state)).changes == 1
        assert (await under_test.diff("DnsRecord", {}, {**A, "ttl": 300}, state)).changes == 2

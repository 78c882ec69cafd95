"""Every record type that Cloudflare serves, as people write it: made, refreshed, imported, without drift."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_rig import rig
from test_plugin_lifecycle import zone_of

from launchready.engine.cloudflare_plugin.kinds.dns_record import BY_CONTENT, BY_DATA

HASH = "2BB183AF5F22588179A53B0A98631FAD1A292118A1D4F1C2E6E5D4D3C2B1A099"
RECORDS: list[tuple[str, dict[str, Any]]] = [
    ("A", {"content": "192.0.2.1", "ttl": 1, "proxied": True}),
    ("AAAA", {"content": "2001:0DB8:0000::0001"}),
    ("CNAME", {"content": "Host.Example.NET."}),
    ("CNAME", {"content": "host.example.net", "settings": {"flattenCname": True}}),
    ("MX", {"content": "MX.Example.net.", "priority": 0}),
    ("NS", {"content": "ns1.example.net."}),
    ("PTR", {"content": "host.example.net"}),
    ("TXT", {"content": "v=spf1 include:_spf.example.net -all"}),
    ("TXT", {"content": '"quoted" "in parts"'}),
    ("TXT", {"content": 'with "quotes" inside'}),
    ("TXT", {"content": '"with \\"quotes\\" inside"'}),
    ("TXT", {"content": "k" * 700}),
    ("TXT", {"content": "ümläut"}),
    ("TXT", {"content": "ends in space "}),
    ("CAA", {"data": {"flags": 128, "tag": "issuewild", "value": ";"}}),
    ("CERT", {"data": {"type": 9, "keyTag": 0, "algorithm": 0, "certificate": "AQ ID"}}),
    ("DNSKEY", {"data": {"flags": 257, "protocol": 3, "algorithm": 13, "publicKey": "AQID"}}),
    ("DS", {"data": {"keyTag": 2371, "algorithm": 13, "digestType": 2, "digest": HASH}}),
    ("HTTPS", {"data": {"priority": 1, "target": ".", "value": 'alpn="h3,h2" ipv4hint=192.0.2.1'}}),
    ("LOC", {"data": {"latDegrees": 37, "latMinutes": 46, "latSeconds": 46.5, "latDirection": "N",
                      "longDegrees": 122, "longMinutes": 23, "longSeconds": 35, "longDirection": "W",
                      "altitude": 0, "size": 100, "precisionHorz": 0, "precisionVert": 0}}),
    ("NAPTR", {"data": {"order": 100, "preference": 10, "flags": "S", "service": "SIP+D2U",
                        "regex": "", "replacement": "_sip._udp.example.net."}}),
    ("SMIMEA", {"data": {"usage": 3, "selector": 0, "matchingType": 1, "certificate": HASH.lower()}}),
    ("SRV", {"data": {"priority": 10, "weight": 5, "port": 5060, "target": "Sip.example.net."}}),
    ("SRV", {"data": {"priority": 0, "weight": 0, "port": 0, "target": "."}}),
    ("SSHFP", {"data": {"algorithm": 4, "type": 2, "fingerprint": HASH}}),
    ("SVCB", {"data": {"priority": 0, "target": "svc.example.net", "value": ""}}),
    ("TLSA", {"data": {"usage": 3, "selector": 1, "matchingType": 1, "certificate": HASH}}),
    ("URI", {"data": {"target": "https://Example.net/Path", "weight": 1}, "priority": 10}),
    ("OPENPGPKEY", {"content": "AQID"}),
]  # fmt: skip
IDS = [f"{kind}-{index}" for index, (kind, _) in enumerate(RECORDS)]
NAMES = {"SRV": "_sip._tcp", "TLSA": "_443._tcp", "SMIMEA": "hash._smimecert", "URI": "_http._tcp"}


@pytest.mark.parametrize(("kind", "more"), RECORDS, ids=IDS)
async def test_a_record_of_every_type_shows_no_drift(kind: str, more: dict[str, Any]) -> None:
    async with rig("enterprise") as (plugin, api):
        zone = await zone_of(api)
        inputs = {"zoneId": zone, "name": NAMES.get(kind, "Sub"), "type": kind, "ttl": 300, **more}
        _, failures = await plugin.check("DnsRecord", inputs)
        assert failures == {}
        if kind == "DS":
            delegation = {"type": "NS", "name": "sub", "content": "ns.example.net", "ttl": 300}
            await api.call("POST", f"/zones/{zone}/dns_records", delegation)
        own_id, state = await plugin.create("DnsRecord", inputs)
        _, state, kept = await plugin.read("DnsRecord", own_id, state, inputs)
        assert kept == inputs
        _, imported, declared = await plugin.read("DnsRecord", f"{zone}/{own_id}")
        found = await plugin.diff("DnsRecord", declared, inputs, imported, own_id)
        assert found.changes == found.DIFF_NONE, (declared, dict(found.detailedDiff))
        _, failures = await plugin.check("DnsRecord", declared)
        assert failures == {}, "what an import declares can be declared"


def test_every_type_is_tried() -> None:
    assert {kind for kind, _ in RECORDS} == BY_CONTENT | BY_DATA

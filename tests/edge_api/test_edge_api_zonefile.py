"""Zone files in and out: what is exported comes back as the same records, proxied marks included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import dns.zone
import pytest
from edge_api_kit import TOKEN, Answer, Client
from test_edge_api_shapes import RECORDS

REAL = Path(__file__).parents[3] / "shared" / "data" / "is-a.dev-sample.zone"


async def import_file(api: Client, zone: str, text: str, *, proxied: bool = False) -> Answer:
    form = aiohttp.FormData()
    form.add_field("file", text, filename="zone.txt", content_type="text/plain")
    form.add_field("proxied", str(proxied).lower())
    return await api.call(
        "POST",
        f"/zones/{zone}/dns_records/import",
        data=form,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


def values(api: Client, zone: str) -> set[str]:
    shown = ("type", "name", "content", "ttl", "proxied", "priority", "comment")
    records = api.state.zones[zone].records.values()
    return {repr([r.get(key) for key in shown] + sorted(r["tags"])) for r in records}


async def test_what_is_exported_can_be_imported_again(pro: Client) -> None:
    first = await pro.zone("acme.example")
    await pro.post(f"/zones/{first}/dns_records/batch", {"posts": RECORDS})
    exported = await pro.get(f"/zones/{first}/dns_records/export")
    assert exported.headers["Content-Type"].startswith("text/plain")
    dns.zone.from_text(exported.text, origin="acme.example", check_origin=True)
    before = values(pro, first)
    held = pro.state.zones[first]
    for record_id in list(held.records):
        held.drop_record(record_id)
    done = await import_file(pro, first, exported.text)
    assert done.document["messages"] == []
    assert done.result == {"recs_added": len(RECORDS), "total_records_parsed": len(RECORDS)}
    assert values(pro, first) == before


async def test_a_file_in_every_legal_notation_is_read(api: Client) -> None:
    zone = await api.zone()
    text = """
$TTL 1h
$ORIGIN acme.example.
@   IN SOA ns1 hostmaster ( 1 7200 3600 ; a comment (with one parenthesis
        86400 3600 )
    IN NS ns1.other.example.
@   300 IN A 203.0.113.1 ; cf_tags=cf-proxied:true
    IN 600 MX 10 mx
www CNAME @
txt IN TXT "one; two" plain "say \\"hi\\""
_sip._tcp SRV 1 2 5060 sip
$ORIGIN sub.acme.example.
deep A 203.0.113.2 ; a note
sub  NS ns.elsewhere.example.
"""
    done = await import_file(api, zone, text)
    assert done.document["messages"] == []
    by_key = {(r["type"], r["name"]): r for r in api.state.zones[zone].records.values()}
    assert by_key[("A", "acme.example")]["proxied"] is True
    assert (by_key[("MX", "acme.example")]["content"], by_key[("MX", "acme.example")]["ttl"]) == (
        "mx.acme.example",
        600,
    )
    assert by_key[("CNAME", "www.acme.example")]["content"] == "acme.example"
    assert by_key[("CNAME", "www.acme.example")]["ttl"] == 3600
    assert by_key[("TXT", "txt.acme.example")]["content"] == '"one; two" "plain" "say \\"hi\\""'
    assert by_key[("SRV", "_sip._tcp.acme.example")]["data"]["target"] == "sip.acme.example"
    assert by_key[("A", "deep.sub.acme.example")]["comment"] == "a note"
    assert by_key[("NS", "sub.sub.acme.example")]["content"] == "ns.elsewhere.example"
    assert len(by_key) == 7, "SOA and the apex's NS are the service's own"


async def test_unmarked_records_take_the_proxied_of_the_form(api: Client) -> None:
    zone = await api.zone()
    text = "a 60 IN A 203.0.113.1\nb 60 IN A 203.0.113.1 ; cf_tags=cf-proxied:false\nc 60 IN TXT x\n"
    await import_file(api, zone, text, proxied=True)
    found = {r["name"][0]: r["proxied"] for r in api.state.zones[zone].records.values()}
    assert found == {"a": True, "b": False, "c": False}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a 60 IN A 203.0.113.1\nb 60 IN BOGUS x\n", "line 2"),
        ("a 60 IN TXT ( x\n", "never closed"),
        ("a 60 IN TXT x )\n", "closes"),
        ('a 60 IN TXT "x\n', "unexpected"),
        ("$INCLUDE /etc/passwd\n", "$INCLUDE"),
        ("a 60 IN\n", "type and a value"),
        ("a 60 IN MX mx.example.\n", "priority"),
    ],
)
async def test_a_broken_file_is_refused_with_its_line(api: Client, text: str, why: str) -> None:
    zone = await api.zone()
    answer = await import_file(api, zone, text)
    assert answer.status == 400
    assert why in answer.document["errors"][0]["message"]
    assert api.state.zones[zone].records == {}


async def test_records_that_are_refused_are_named_and_the_rest_added(api: Client) -> None:
    zone = await api.zone()
    text = "a 60 IN A 203.0.113.1\na 60 IN CNAME x.example.\nb 10 IN A 203.0.113.1\n"
    answer = await import_file(api, zone, text)
    assert answer.result == {"recs_added": 1, "total_records_parsed": 3}
    faults = [(m["code"], m["message"].split(":")[0]) for m in answer.document["messages"]]
    assert faults == [(81053, "line 2"), (9021, "line 3")]


@pytest.mark.oracle
@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
async def test_a_real_zone_of_two_thousand_records_is_imported_whole(start_api: Any) -> None:
    api: Client = await start_api("enterprise")
    zone = await api.zone("is-a.dev")
    answer = await import_file(api, zone, REAL.read_text())
    assert answer.document["messages"] == []
    assert answer.result["recs_added"] == answer.result["total_records_parsed"] == 2193
    assert sum(r["proxied"] for r in api.state.zones[zone].records.values()) == 213
    page = await api.get(f"/zones/{zone}/dns_records?per_page=5000")
    assert len(page.result) == 2193

"""RDAP, the sink and the ``connect`` entries of a running world."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest
from edge_world_kit import SERVERS, acme, record, running

from launchready.edge.world import registrar
from launchready.edge.world.sink import MAX_MESSAGE


@pytest.fixture
async def edge():
    async with running(acme()) as made:
        yield made


@pytest.fixture
async def http():
    async with httpx.AsyncClient(timeout=5) as client:
        yield client


async def test_rdap_tells_what_the_registry_says(edge, http):
    registrar.set_ns(
        edge.state, "acme.example", [*SERVERS, "ns1.acme.example"], {"ns1.acme.example": ["192.0.2.1"]}
    )
    entry = edge.state.registry["acme.example"]
    entry.expires = datetime(2027, 3, 1, 12, tzinfo=UTC)
    reply = await http.get(f"{edge.world.rdap}/domain/ACME.example.")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("application/rdap+json")
    document = reply.json()
    assert (document["objectClassName"], document["ldhName"]) == ("domain", "acme.example")
    events = {event["eventAction"]: event["eventDate"] for event in document["events"]}
    assert events["expiration"] == "2027-03-01T12:00:00Z"
    assert {"registration", "last changed"} <= set(events)
    assert [server["ldhName"] for server in document["nameservers"]] == [*SERVERS, "ns1.acme.example"]
    assert document["nameservers"][2]["ipAddresses"] == {"v4": ["192.0.2.1"]}
    client = next(iter(edge.state.zones.values()))
    assert document["secureDNS"]["delegationSigned"] is True
    assert document["secureDNS"]["dsData"][0]["digest"] == client.dnssec["digest"]
    assert document["status"] == ["client transfer prohibited"]
    assert document["entities"][0]["roles"] == ["registrar"]


async def test_rdap_says_404_503_and_where_to_ask(edge, http):
    missing = await http.get(f"{edge.world.rdap}/domain/nobody.example")
    assert (missing.status_code, missing.json()["errorCode"]) == (404, 404)
    assert (await http.get(f"{edge.world.rdap}/domain/a..b")).status_code == 400
    assert (await http.get(f"{edge.world.rdap}/nameserver/x")).status_code == 404
    bootstrap = (await http.get(f"{edge.world.rdap}/dns.json")).json()
    assert bootstrap["services"] == [[["example"], [f"{edge.world.rdap}/"]]]
    edge.defect("world.no_rdap", "acme.example")
    assert (await http.get(f"{edge.world.rdap}/domain/acme.example")).status_code == 503


def send(endpoint: str, text: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@acme.example", "b@acme.example", "Hällo"
    message.set_content(text)
    host, _, port = endpoint.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=5) as smtp:
        smtp.send_message(message)


async def test_mail_slack_and_sms_arrive_in_the_sink(edge, http):
    sink = edge.world.sink
    await asyncio.to_thread(send, sink["smtp"], "Grüße")
    await http.post(f"{sink['http']}/slack", json={"text": "down"})
    await http.post(f"{sink['http']}/sms", content="plain text")
    mail, slack, sms = (await http.get(f"{sink['http']}/messages")).json()
    assert (mail["kind"], mail["from"], mail["to"]) == ("mail", "a@acme.example", ["b@acme.example"])
    assert (mail["subject"], mail["text"].strip()) == ("Hällo", "Grüße")
    assert slack["body"] == {"text": "down"}
    assert sms["body"] == "plain text"
    only = (await http.get(f"{sink['http']}/messages", params={"kind": "sms"})).json()
    assert only == [sms]
    assert (await http.delete(f"{sink['http']}/messages")).status_code == 204
    assert (await http.get(f"{sink['http']}/messages")).json() == []


async def test_the_sink_refuses_what_is_too_big(edge, http):
    assert (
        await http.post(f"{edge.world.sink['http']}/sms", content=b"x" * (MAX_MESSAGE + 1))
    ).status_code == 413
    with pytest.raises(smtplib.SMTPException):
        await asyncio.to_thread(send, edge.world.sink["smtp"], "x" * (MAX_MESSAGE + 1))
    assert (await http.get(f"{edge.world.sink['http']}/messages")).json() == []


async def test_connect_leads_name_servers_and_mail_hosts_to_where_they_listen(edge):
    state, sink = edge.state, edge.world.sink["smtp"]
    assert {state.connect[f"{address}:53"] for address in edge.world.nameservers} == set(
        edge.world.nameservers.values()
    )
    assert state.connect["mx.mail.test:25"] == sink
    assert state.connect["192.0.2.25:25"] == state.connect["[2001:db8::25]:25"] == sink
    client = next(iter(state.zones.values()))
    client.put_record(record("mail.acme.example", "A", "203.0.113.25"))
    mx = record("acme.example", "MX", "mail.acme.example", priority=20)
    client.put_record(mx)
    state.changed()
    assert state.connect["mail.acme.example:25"] == state.connect["203.0.113.25:25"] == sink
    client.drop_record(mx["id"])
    state.changed()
    assert "mail.acme.example:25" not in state.connect


async def test_closing_leaves_nothing_listening():
    async with running(acme()) as edge:
        endpoints = [edge.world.resolver, edge.world.sink["smtp"], *edge.world.nameservers.values()]
    for endpoint in endpoints:
        host, _, port = endpoint.rpartition(":")
        with pytest.raises(OSError, match=r"Connect call failed|refused"):
            await asyncio.open_connection(host, int(port))

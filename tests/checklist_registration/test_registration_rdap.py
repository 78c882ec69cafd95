"""RDAP as it is read: which service, over what, how much of it, and what becomes of odd answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from launchready.evidence import rdap, store
from launchready.evidence.collector import Collector, World
from launchready.evidence.limits import Limits
from launchready.evidence.types import Cause, Evidence, RdapProbe, RdapResult
from tests.evidence.loopback import listening

DOMAIN = "acme.example"
PROBE = RdapProbe(DOMAIN)
LIMITS = Limits(http_timeout=0.5, connect_timeout=2.0, body_bytes=20_000)
DOCUMENT: dict[str, Any] = {
    "objectClassName": "domain",
    "ldhName": "ACME.EXAMPLE.",
    "status": ["clientTransferProhibited https://icann.org/epp#clientTransferProhibited", "ACTIVE"],
    "events": [{"eventAction": "expiration", "eventDate": "2027-03-01T12:00:00Z"}, {"eventAction": 7}, "x"],
    "nameservers": [{"ldhName": "NS2.Host.Example."}, {"ldhName": "ns1.host.example"}, None],
    "secureDNS": {
        "delegationSigned": True,
        "dsData": [{"keyTag": 2371, "algorithm": 13, "digestType": 2, "digest": "ab cd"}, {"keyTag": "x"}],
    },
    "entities": [
        {"roles": ["abuse"], "handle": "1"},
        {"roles": ["registrar"], "vcardArray": ["vcard", [["x"], ["fn", {}, "text", "Reg Ltd"]]]},
    ],
}  # fmt: skip


def response(body: bytes | str, status: str = "200 OK", *more: str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", f"content-length: {len(data)}", "connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + data


async def read(
    answers: Mapping[str, bytes | None], domain: str = DOMAIN, *, suffix: str = "example"
) -> tuple[RdapResult, list[str]]:
    """The result from a server with these answers by path ({base} filled in), and the paths asked."""
    asked: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        asked.append(path)
        list_of_services = response(json.dumps({"services": [[[suffix], [f"{base}/r"]]]}))
        answer = answers.get(path, list_of_services if path == "/dns.json" else response("", "404 Not Found"))
        if answer is None:
            await asyncio.sleep(5)
        else:
            writer.write(answer.replace(b"{base}", base.encode()))
            await writer.drain()

    async with listening(handle) as (host, port):
        base = f"http://{host}:{port}"
        world = World(DOMAIN, (), lambda _: False, connect={}, rdap=f"{base}/dns.json")
        async with Collector(world, LIMITS) as collector:
            probe = RdapProbe(domain)
            (result,) = (await collector.collect([probe]))[probe.id]
    assert isinstance(result, RdapResult)
    return result, asked


ANSWER = "/r/domain/acme.example"


async def test_a_registration_is_read_in_one_form():
    result, asked = await read({ANSWER: response(json.dumps(DOCUMENT))})
    assert (result.cause, asked) == (None, ["/dns.json", ANSWER])
    assert result.statuses == ("client transfer prohibited", "active")
    assert result.expires == datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert result.nameservers == ("ns1.host.example", "ns2.host.example")
    assert (result.signed, result.ds) == (True, ("2371 13 2 ABCD",))
    assert result.registrar == "Reg Ltd"


async def test_what_the_registry_does_not_know_is_an_answer():
    result, _ = await read({})
    assert (result.cause, "does not know acme.example" in result.missing) == (None, True)
    result, asked = await read({}, suffix="test")
    assert (result.cause, "no RDAP" in result.missing, asked) == (None, True, ["/dns.json"])


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (response("", "429 Too Many Requests"), Cause.REFUSED),
        (response("", "503 Service Unavailable"), Cause.UNREACHABLE),
        (response("<html>"), Cause.MALFORMED),
        (response("[1]"), Cause.MALFORMED),
        (response("[" * 15_000), Cause.MALFORMED),
        (response(json.dumps({**DOCUMENT, "ldhName": "other.example"})), Cause.MALFORMED),
        (response(json.dumps({"objectClassName": "entity"})), Cause.MALFORMED),
        (response('{"a": "' + "x" * 30_000 + '"}'), Cause.TOO_LARGE),
        (response("", "302 Found", "location: {base}/r/domain/acme.example"), Cause.TOO_MANY_REDIRECTS),
        (response("", "302 Found", "location: https://rdap.elsewhere.example/x"), Cause.NOT_PROBED),
        (response("", "302 Found", "location: file:///etc/passwd"), Cause.MALFORMED),
        (response("", "302 Found", "location: http://[::1"), Cause.MALFORMED),
        (None, Cause.TIMEOUT),
    ],
)
async def test_an_odd_answer_has_its_cause(answer, cause):
    result, asked = await read({ANSWER: answer})
    assert result.cause is cause, result.detail
    assert len(asked) <= 2 + rdap.MOST_REDIRECTS


async def test_a_redirect_on_the_same_ground_is_followed():
    moved = response("", "301 Moved Permanently", "location: /s/acme")
    result, _ = await read({ANSWER: moved, "/s/acme": response(json.dumps(DOCUMENT))})
    assert (result.cause, result.registrar) == (None, "Reg Ltd")


async def test_only_the_domain_of_the_run_is_asked_about():
    result, asked = await read({}, "other.example")
    assert (result.cause, asked) == (Cause.NOT_PROBED, [])


async def test_on_the_internet_nothing_but_https_to_a_public_address_is_asked():
    for url in ("http://data.iana.example/dns.json", "https://127.0.0.1:1/dns.json", "https://10.0.0.1/x"):
        async with Collector(World(DOMAIN, (), lambda _: True, rdap=url), LIMITS) as collector:
            (result,) = (await collector.collect([PROBE]))[PROBE.id]
        assert result.cause in (Cause.NOT_PROBED, Cause.UNREACHABLE)
        assert "not HTTPS" in result.detail or "no public address" in result.detail


def test_the_longest_suffix_wins_and_https_goes_first():
    services = [
        [["example"], ["https://all.test/"]],
        [["co.example", "x"], ["http://co.test/", "https://co.test/"]],
        [["old"], ["http://old.test/"]],
        ["nonsense"],
        [[7], [8]],
    ]
    bootstrap = {"services": services}
    assert rdap.service_of(bootstrap, "acme.example") == "https://all.test/"
    assert rdap.service_of(bootstrap, "acme.co.example") == "https://co.test/"
    assert rdap.service_of(bootstrap, "notco.example") == "https://all.test/"
    assert rdap.service_of(bootstrap, "acme.old") is None
    assert rdap.service_of(bootstrap, "acme.old", plain=True) == "http://old.test/"
    assert rdap.service_of({"services": "no"}, "acme.example") is None


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [None], [[]], {"a": [{}]}])
def test_no_form_of_a_member_breaks_the_reading(odd):
    for key in ("status", "events", "nameservers", "secureDNS", "entities"):
        assert rdap.registration(PROBE, {**DOCUMENT, key: odd}, "s").cause is None
    card = {**DOCUMENT, "entities": [{"roles": ["registrar"], "vcardArray": odd, "handle": "292"}]}
    assert rdap.registration(PROBE, card, "s").registrar == "292"


def test_a_registration_comes_back_from_a_file():
    found = rdap.registration(PROBE, DOCUMENT, "https://rdap.test/")
    lost = RdapResult(PROBE, Cause.TIMEOUT, detail="slow")
    document = json.loads(json.dumps(store.to_json(Evidence({PROBE.id: (found, lost)}))))
    assert store.from_json(document).results[PROBE.id] == (found, lost)

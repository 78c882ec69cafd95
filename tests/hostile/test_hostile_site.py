"""A whole verification of a site that means it ill: nobody else is asked, and no report runs what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from selectolax.lexbor import LexborHTMLParser

from launchready import checklist
from launchready.evidence.dialer import Dialer, Unreachable
from launchready.evidence.types import Cause, DnsProbe, DnsResult, RRset
from launchready.report import FORMATS, Context
from launchready.verify import Verification
from tests import browser as browsers
from tests.bad_twins.clients import APP, DOMAIN, client
from tests.bad_twins.harness import Scene, Twin, stage
from tests.evidence.loopback import listening

EVIL = "evil.example"
SCRIPT = "<script>document.title='owned'</script>"
TXT = f"v=spf1 {SCRIPT} ]]> \x1b[2J -all"
PAGE = {
    "status": 200,
    "headers": {
        "content-type": "text/html",
        "server": f"{SCRIPT}]]>",
        "set-cookie": f"session={SCRIPT}",
        "content-security-policy": f"default-src 'unsafe-inline' {SCRIPT} * ]]>",
        "x-powered-by": "\"><img src=x onerror=document.title='owned'>",
    },
    "body": f"{SCRIPT}<a href='javascript:alert(1)'>x</a><script src='https://{EVIL}/x.js'></script>"
    f"<script src='//{EVIL}/y.js'></script><img src='http://127.0.0.1/'><a href='https://staging.{DOMAIN}/'>",
}
AWAY = {"status": 302, "headers": {"location": f"https://{EVIL}/{SCRIPT}]]>"}, "body": SCRIPT}

REACHED: list[bytes] = []
"""What came to the host that the client file does not declare."""


async def _hostile(scene: Scene) -> None:
    async def evil(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        REACHED.append(await reader.read(65_536))

    host, port = await scene.stack.enter_async_context(listening(evil))
    scene.connect |= {f"{EVIL}:{known}": f"{host}:{port}" for known in (80, 443)}
    scene.pages("203.0.113.10", {"/": AWAY, "*": PAGE})
    scene.pages("acme-app.host.example", {"/": PAGE, "*": PAGE})
    await scene.api.add_record(
        scene.zone_id, name=DOMAIN, type="TXT", content='"' + TXT.replace("\x1b", "") + '"'
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judged() -> AsyncIterator[Verification]:
    async with stage() as running:
        yield await running.verification(Twin(client(), frozenset(), _hostile), checklist.load())


@pytest.mark.edge
@pytest.mark.asyncio(loop_scope="module")
async def test_a_hostile_site_fails_and_nobody_else_is_asked(judged: Verification) -> None:
    assert judged.verdict == "not_ready"
    assert {f.subject for f in judged.findings if SCRIPT in f.observed}
    assert not any(f.cause is Cause.CHECK_ERROR for f in judged.findings)
    assert REACHED == []
    hosts = {APP, DOMAIN, f"www.{DOMAIN}", f"mta-sts.{DOMAIN}"}
    asked = [key for key in judged.evidence.results if key.startswith("http:GET:")]
    assert all(any(f"//{host}/" in key for host in hosts) for key in asked)


@pytest.mark.edge
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", FORMATS)
async def test_a_report_holds_the_sites_words_as_words(judged: Verification, name: str) -> None:
    text = FORMATS[name].render(judged, Context())
    assert "\x1b" not in text
    if name == "html":
        page = LexborHTMLParser(text)
        assert page.css("script, iframe, object, embed, base") == []
        attributes = [(key, value or "") for node in page.css("*") for key, value in node.attributes.items()]
        assert not any(key.startswith("on") or "javascript:" in value.lower() for key, value in attributes)
        assert all(not value.startswith("http") for key, value in attributes if key == "src")
    if name == "junit":
        ET.fromstring(text)


@pytest.mark.edge
@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_no_script_of_the_sites_runs_in_the_report(
    judged: Verification, browser: browsers.Browser, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(FORMATS["html"].render(judged, Context()))

    def opened() -> tuple[str, list[str]]:
        page = browser.open(path.as_uri())
        return str(page.run("document.title")), page.requests()

    title, requests = await asyncio.to_thread(opened)
    assert "owned" not in title
    assert [url for url in requests if not url.startswith("file:")] == []


async def test_a_name_that_leads_elsewhere_later_is_not_followed_there() -> None:
    """Rebinding: what a name was resolved to first holds for the whole run."""
    answers = iter(["93.184.215.14", "127.0.0.1", "10.0.0.1"])
    asked: list[str] = []

    async def resolve(probe: DnsProbe) -> DnsResult:
        asked.append(probe.id)
        return DnsResult(probe, "", None, (RRset(probe.name, "A", 0, (next(answers),)),))

    dialer = Dialer(resolve, None, ipv6=False)
    found = {target.host for _ in range(3) for target in await dialer.targets(DOMAIN, 443)}
    assert found == {"93.184.215.14"}
    assert len(asked) == 1
    with pytest.raises(Unreachable, match="no public address"):
        await dialer.targets("second.example", 443)

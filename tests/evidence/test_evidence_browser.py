"""The browser: it has no network, what it says of a page is kept, its forms are sent, and it ends."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from launchready.client_file.portal_model import Portal
from launchready.evidence.browser import chromium
from launchready.evidence.browser.chromium import BrowserError, Chromium, started
from launchready.evidence.browser.tab import Asked, Given, Tab, opened
from launchready.evidence.portal import PortalAccess
from launchready.evidence.portal.play import Player
from launchready.evidence.types import Cause, HttpProbe, HttpResult, PortalProbe
from tests.evidence.loopback import listening

HOST = "portal.acme.example"
HTML = (("content-type", "text/html; charset=utf-8"),)
WITH_POLICY = (*HTML, ("content-security-policy", "default-src 'self'"))
needs_browser = pytest.mark.skipif(chromium.find() is None, reason=f"no browser: {chromium.INSTALL}")
pytestmark = pytest.mark.slow


class Site:
    """Answers a tab from a table of paths, and keeps what it was asked."""

    def __init__(self, **pages: Given) -> None:
        self.pages = {f"/{name}": page for name, page in pages.items()}
        self.asked: list[Asked] = []

    async def __call__(self, asked: Asked) -> Given | None:
        self.asked.append(asked)
        if not asked.url.startswith(f"https://{HOST}/"):
            return None
        return self.pages.get(asked.url.removeprefix(f"https://{HOST}"), Given(404, HTML, b"nothing"))


def page(body: str, headers: tuple[tuple[str, str], ...] = HTML) -> Given:
    head = "<!DOCTYPE html><html lang=en><meta name=viewport content='width=device-width'><title>t</title>"
    return Given(200, headers, f"{head}{body}".encode())


async def visited(site: Site, path: str = "/page", width: int = 390) -> tuple[Tab, dict[str, object]]:
    async with started(chromium.find() or "") as browser, opened(browser, width, site) as tab:
        await tab.go(f"https://{HOST}{path}")
        return tab, await tab.look()


@needs_browser
async def test_a_good_page_gives_nothing_to_complain_about() -> None:
    label = "<label>Name <input name=name></label><button style='width:90px;height:30px'>Go</button>"
    policy = (*HTML, ("content-security-policy", "default-src 'self'; style-src 'unsafe-inline'"))
    tab, look = await visited(Site(page=page(f"<form>{label}</form>", policy)))
    complaints = tab.complaints
    assert (complaints.errors, complaints.missing, complaints.violations, complaints.mixed) == (
        [],
        [],
        [],
        [],
    )
    assert (look["fields"], look["unlabelled"], look["small"], look["language"]) == (1, [], [], "en")
    assert look["width"] == 390


@needs_browser
async def test_what_is_wrong_with_a_page_is_told() -> None:
    body = (
        "<script>1</script><script src=/gone.js></script><img src=https://evil.example/x.png>"
        "<div style='width:900px'>wide</div><form><input name=bare><button>x</button></form>"
    )
    site = Site(page=page(body, WITH_POLICY))
    tab, look = await visited(site)
    assert any(told.startswith("script-src") for told in tab.complaints.violations)
    assert any("evil.example" in told for told in tab.complaints.violations)
    assert tab.complaints.missing == [f"https://{HOST}/gone.js answers 404"]
    assert look["unlabelled"] == ["input bare"]
    without = Site(
        page=page(
            "<script>console.error('no', 7); throw new TypeError('broken')</script><p style=width:900px>wide"
        )
    )
    tab, look = await visited(without)
    assert tab.complaints.errors == ["no 7", "TypeError: broken"]
    assert look["width"] == 908, "with the body's margin"


@needs_browser
async def test_the_browser_asks_nobody_but_us() -> None:
    reached: list[bytes] = []

    async def evil(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(100))

    async with listening(evil) as (host, port):
        body = "".join(
            f"<script src=http://{name}:{port}/x.js></script><img src=http://{name}:{port}/x.png>"
            for name in (host, "localhost", "evil.example")
        )
        site = Site(
            page=page(
                body + f"<script>fetch('http://{host}:{port}/');new WebSocket('ws://{host}:{port}/')</script>"
            )
        )
        await visited(site)
        await asyncio.sleep(0.2)
    assert reached == []


@needs_browser
@pytest.mark.parametrize("width", [390, 1440])
async def test_a_form_is_filled_in_and_sent(width: int) -> None:
    form = (
        "<form method=post action=/sent><input name=q hidden value=1>"
        "<label>Mail <input type=email name=mail required></label>"
        "<label>Password <input type=password name=pass></label>"
        "<label>Seats <input type=number name=seats></label>"
        "<label><input type=checkbox name=terms required> Terms</label>"
        "<label>Plan <select name=plan><option value=''>-</option><option value=a>A</option></select></label>"
        "<button>Send</button></form>"
    )
    site = Site(page=page(form), sent=page("thanks"))
    async with started(chromium.find() or "") as browser, opened(browser, width, site) as tab:
        await tab.go(f"https://{HOST}/page")
        assert await tab.submit({"user": "ada@north.example", "password": "p&w", "text": "x", "totp": ""})
        await tab.rest()
    sent = next(one for one in site.asked if one.url.endswith("/sent"))
    assert sent.method == "POST"
    assert sent.body == b"q=1&mail=ada%40north.example&pass=p%26w&seats=3&terms=on&plan=a"


@needs_browser
async def test_a_browser_that_ends_is_an_error_and_leaves_nothing() -> None:
    async def broken(browser: Chromium) -> None:
        await browser.call("Browser.crash")

    with pytest.raises(BrowserError):
        async with started(chromium.find() or "") as browser:
            await broken(browser)
    assert not [
        path for path in Path("/proc").glob("[0-9]*/cmdline") if b"launchready-browser-" in _read(path)
    ]


def _read(path: Path) -> bytes:
    try:
        command = path.read_bytes()
    except OSError:
        return b""
    return command if f"{os.getpid()}" == _parent(path) else b""


def _parent(path: Path) -> str:
    try:
        return next(
            line.split()[1]
            for line in (path.parent / "status").read_text().splitlines()
            if line[:5] == "PPid:"
        )
    except OSError:
        return ""


async def test_what_is_no_browser_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrowserError, match="can't be started"):
        async with started(str(tmp_path / "none")):
            pass


async def test_without_a_browser_nothing_is_proved_and_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(chromium.VARIABLE, "/nowhere/chromium")

    async def send(probe: HttpProbe, body: bytes | None, source: str | None) -> HttpResult:
        raise AssertionError("nothing may be sent")

    portal = Portal.model_validate({"base": f"https://{HOST}", "login": {"path": "/login"}})
    result = await Player(PortalAccess(portal, "lr"), send).play(PortalProbe("browser"))
    assert (result.cause, result.steps) == (Cause.NOT_PROBED, ())
    assert "apt-get install chromium" in result.detail

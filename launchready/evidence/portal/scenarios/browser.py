"""The portal's pages in a real browser, on a phone and on a desk: looked at, and their forms sent.

What a page asks for is asked by the collector like everything else: of the portal's host, within the budget,
and of nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from launchready.client_file.portal_model import Answer as Expected
from launchready.client_file.portal_model import Call
from launchready.evidence.portal import answers
from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.scenarios.sessions import ordinary
from launchready.evidence.portal.stage import Stage, Stopped, password_of
from launchready.evidence.types import Cause, HttpResult

if TYPE_CHECKING:
    from launchready.evidence.browser.tab import Asked, Given, Tab

PATIENCE = 5.0
"""Seconds that a form has to make its request, and the portal to answer."""
WIDTHS = (390, 1440)
"""CSS pixels: a phone's and a desk's."""
_NOT_BACK = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"})
_OURS = frozenset({"host", "content-length", "connection", "accept-encoding", "upgrade-insecure-requests"})


@dataclass(frozen=True)
class Flow:
    """A page with a form, and the declared request that the form makes.

    ``who`` is logged in before. ``live``: may the form be sent at a live portal? (Only a test account's.)
    """

    name: str
    path: str
    call: Call
    who: str | None
    live: bool


@dataclass
class Seen:
    """What was seen of a page. ``status``: of the form's request, None when it made none."""

    flow: str
    width: int
    path: str
    page: int | None = None
    look: dict[str, Any] = field(default_factory=dict)
    sent: bool = False
    status: int | None = None
    matched: bool | None = None
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    trouble: str = ""


@scenario("browser", long=True)
async def browser(stage: Stage) -> None:
    """Every flow at both widths; fact ``seen``: one Seen for each."""
    from launchready.evidence.browser import chromium

    executable = chromium.find()
    if executable is None:
        raise Stopped(Cause.NOT_PROBED, f"there is no browser here: {chromium.INSTALL}")
    seen: list[dict[str, Any]] = []
    stage.facts["seen"] = seen
    try:
        async with chromium.started(executable) as running:
            walks = await asyncio.gather(*(_walks(stage, running, width) for width in WIDTHS))
            seen += [asdict(page) for walk in walks for page in walk]
    except chromium.BrowserError as error:
        raise Stopped(Cause.NOT_PROBED, f"the browser failed: {error}") from error


def _flows(stage: Stage) -> list[Flow]:
    portal, pages = stage.portal, stage.portal.pages
    who = ordinary(stage) if portal.identities else None
    found: list[Flow] = []
    if portal.signup is not None:
        found.append(Flow("signup", pages.signup, portal.signup, None, live=False))
    if portal.reset is not None and who is not None:
        found.append(Flow("reset", pages.reset, portal.reset, None, live=True))
    if who is not None:
        found.append(Flow("login", pages.login, portal.login, None, live=True))
    if portal.invite is not None and portal.invite.identity in portal.identities:
        found.append(Flow("invite", pages.invite, portal.invite, portal.invite.identity, live=False))
    if portal.onboarding:
        first = portal.onboarding[0]
        found.append(Flow("onboarding", pages.onboarding, first, first.identity or who, live=True))
    return found


async def _walks(stage: Stage, running: Any, width: int) -> list[Seen]:
    """Every flow, one after another, at one width."""
    return [await _walk(stage, running, flow, width) for flow in _flows(stage)]


async def _walk(stage: Stage, running: Any, flow: Flow, width: int) -> Seen:
    """One page at one width, in a browser that nobody has used; logged in first where the page wants it."""
    from launchready.evidence.browser.chromium import BrowserError
    from launchready.evidence.browser.tab import opened

    desk = _Desk(stage)
    seen = Seen(flow.name, width, flow.path)
    try:
        async with opened(running, width, desk.answer) as tab:
            if flow.who is not None and not await _log_in(desk, tab, flow.who):
                seen.trouble = f"{flow.who} can't log in with the browser"
                return seen
            await _page(desk, tab, flow, seen)
    except BrowserError as error:
        seen.trouble = str(error)
    return seen


async def _page(desk: _Desk, tab: Tab, flow: Flow, seen: Seen) -> None:
    desk.expect(flow.call.path, flow.call.method, [flow.call.success, *_second(flow.call)])
    tab.complaints = type(tab.complaints)()
    await tab.go(desk.url(flow.path))
    seen.page, seen.look = desk.document, await tab.look()
    if seen.page == 200 and seen.look["fields"] and (flow.live or desk.stage.on_edge):
        seen.sent = await tab.submit(desk.values(flow))
        await desk.until_answered(tab)
        seen.status, seen.matched = desk.status, desk.matched
    for kind in ("errors", "missing", "violations", "mixed"):
        setattr(seen, kind, [desk.clean(text) for text in getattr(tab.complaints, kind)])


async def _log_in(desk: _Desk, tab: Tab, who: str) -> bool:
    """With the portal's own form, the second factor included."""
    login = desk.stage.portal.login
    visitor = desk.stage.visitor(who)
    given = {"user": visitor.account.user, "password": password_of(visitor.account), "text": "", "totp": ""}
    desk.expect(login.path, login.method, [login.success])
    await tab.go(desk.url(desk.stage.portal.pages.login))
    await tab.submit(given)
    await desk.until_answered(tab)
    if login.mfa is None or visitor.account.totp is None or not desk.asks_for_code:
        return bool(desk.matched)
    desk.expect(login.mfa.path, login.mfa.method, [login.mfa.success])
    await tab.submit({**given, "totp": await visitor.code()})
    await desk.until_answered(tab)
    return bool(desk.matched)


def _second(call: Call) -> list[Expected]:
    """A log-in that asks for a second factor has worked so far."""
    mfa = getattr(call, "mfa", None)
    return [mfa.when] if mfa is not None else []


class _Desk:
    """Answers a page's requests by the collector, and watches for the one that its form makes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.document: int | None = None
        self.status: int | None = None
        self.matched: bool | None = None
        self.asks_for_code = False
        self._path, self._method = "", ""
        self._expected: list[Expected] = []
        self._answered = asyncio.Event()

    def url(self, path: str) -> str:
        return self.stage.portal.base.rstrip("/") + (path if path.startswith("/") else f"/{path}")

    def clean(self, text: str) -> str:
        return self.stage.secrets.clean(text.encode())[0].decode(errors="replace")

    def values(self, flow: Flow) -> dict[str, str]:
        """What goes into the form: a test account's own, or made-up addresses at names that nobody has."""
        nobody = f"lr-{flow.name}-{self.stage.access.nonce}@invalid.example"
        if flow.name in ("signup", "invite"):
            return {
                "user": nobody,
                "password": f"a password {self.stage.access.nonce}",
                "text": "lr",
                "totp": "",
            }
        account = self.stage.portal.identities[ordinary(self.stage)]
        return {
            "user": account.user,
            "password": password_of(account),
            "text": self.stage.access.nonce,
            "totp": "",
        }

    def expect(self, path: str, method: str, expected: list[Expected]) -> None:
        """The request to watch for, and what its answer may look like."""
        self._path, self._method, self._expected = urlsplit(self.url(path)).path, method, expected
        self.status = self.matched = None
        self._answered.clear()

    async def until_answered(self, tab: Tab) -> None:
        """The form's request was answered and the page is at rest; or it makes none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._answered.wait()
        await tab.rest()

    async def answer(self, asked: Asked) -> Given | None:
        """The portal's answer; None for anybody else's. Nothing more is sent once the budget is spent."""
        from launchready.evidence.browser.tab import Given

        parts = urlsplit(asked.url)
        if parts.scheme != "https" or (parts.hostname or "") != self.stage.access.host:
            return None
        headers = {name.lower(): value for name, value in asked.headers.items() if name.lower() not in _OURS}
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            result = await self._portal(asked.method, target, asked.body, headers)
        except Stopped:
            return None
        self._watch(asked, parts.path, result)
        if result.status is None:
            return None
        back = tuple((name, value) for name, value in result.headers if name not in _NOT_BACK)
        return Given(result.status, back, result.body)

    async def _portal(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> HttpResult:
        base = urlsplit(self.stage.portal.base).path.rstrip("/")
        path = target.removeprefix(base) if base else target
        return await self.stage.visitor().pass_on(method, path or "/", body, headers)

    def _watch(self, asked: Asked, path: str, result: HttpResult) -> None:
        if asked.kind == "Document" and asked.method == "GET":
            self.document = result.status
        if (asked.method, path) != (self._method, self._path) or result.status is None:
            return
        self.status = result.status
        self.matched = any(answers.matches(one, result) for one in self._expected)
        mfa = self.stage.portal.login.mfa
        self.asks_for_code = mfa is not None and answers.matches(mfa.when, result)
        self._answered.set()

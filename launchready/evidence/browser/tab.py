"""One tab: pages that are looked at, forms that are filled in, and what the browser says of them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from launchready.evidence.browser import scripts
from launchready.evidence.browser.chromium import BrowserError, Chromium

LOAD_SECONDS = 20.0
SUBMIT_SECONDS = 10.0
QUIET_SECONDS = 0.3
"""Nothing has been asked for so long: the page has come to rest."""
MOST_COMPLAINTS = 20
MOST_CHARACTERS = 300
PHONE = 600
"""CSS pixels below which a device is a phone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks for. ``kind``: Document, Script, Stylesheet, Image, Fetch, XHR, …"""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    kind: str


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that the page gets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Answer = Callable[[Asked], Awaitable[Given | None]]
"""What answers a page; None lets the request fail."""


@dataclass
class Complaints:
    """What went wrong on a page: errors of its scripts, files that did not come, policies that it breaks."""

    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)

    def add(self, kind: str, text: str) -> None:
        found: list[str] = getattr(self, kind)
        words = " ".join(text.split())[:MOST_CHARACTERS]
        if words not in found and len(found) < MOST_COMPLAINTS:
            found.append(words)


class Tab:
    """Use ``opened``."""

    def __init__(self, browser: Chromium, session: str, answer: Answer) -> None:
        self._browser, self._session, self._answer = browser, session, answer
        self._loaded = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._last = 0.0
        self.complaints = Complaints()
        browser.on_events(session, self._event)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return await self._browser.call(method, self._session, **parameters)

    async def go(self, url: str) -> None:
        """Open a page and wait until it is there and at rest. Raises BrowserError."""
        self._loaded.clear()
        self._last = asyncio.get_running_loop().time()
        told = await self.call("Page.navigate", url=url)
        if told.get("errorText"):
            raise BrowserError(f"{url}: {told['errorText']}")
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._loaded.wait()
        except TimeoutError:
            raise BrowserError(f"{url} was not there after {LOAD_SECONDS:g} s") from None
        await self.rest()

    async def rest(self) -> None:
        """Until nothing has been asked for a moment, or the patience is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SUBMIT_SECONDS
        while loop.time() < deadline and (self._open or loop.time() - self._last < QUIET_SECONDS):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # it is silence that is waited for

    async def look(self) -> dict[str, Any]:
        """What the page is like: scripts.LOOK says what of it."""
        return dict(await self.run(f"({scripts.LOOK})()"))

    async def submit(self, values: Mapping[str, str]) -> bool:
        """Fill in the first form that is seen, and press its button. Was there one?"""
        self._last = asyncio.get_running_loop().time()
        return bool(await self.run(f"({scripts.SUBMIT})({scripts.literal(values)})"))

    async def run(self, expression: str) -> Any:
        """The value of an expression; the page's own policy does not bind us. Raises BrowserError."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
            allowUnsafeEvalBlockedByCSP=True,
        )  # fmt: skip
        if "exceptionDetails" in answer:
            raise BrowserError(f"the page can't be looked at: {answer['exceptionDetails'].get('text')}")
        return answer["result"].get("value")

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    # --- what the browser tells ------------------------------------------------------------------

    def _event(self, method: str, told: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Page.javascriptDialogOpening":
            self._later(self.call("Page.handleJavaScriptDialog", accept=True))
        elif method == "Fetch.requestPaused":
            self._later(self._paused(told))
        elif method == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            thrown = details.get("exception", {}).get("description") or details.get("text", "")
            self.complaints.add("errors", str(thrown).partition("\n")[0])
        elif method == "Runtime.consoleAPICalled" and told.get("type") in ("error", "assert"):
            words = (str(one.get("value", one.get("description", ""))) for one in told.get("args", ()))
            self.complaints.add("errors", " ".join(words))
        elif method == "Audits.issueAdded":
            self._issue(told["issue"])

    def _issue(self, issue: dict[str, Any]) -> None:
        details = issue.get("details", {})
        policy = details.get("contentSecurityPolicyIssueDetails")
        mixed = details.get("mixedContentIssueDetails")
        if policy is not None and not policy.get("isReportOnly"):
            blocked = policy.get("blockedURL") or policy.get("contentSecurityPolicyViolationType", "")
            self.complaints.add("violations", f"{policy.get('violatedDirective')}: {blocked}")
        if mixed is not None:
            self.complaints.add("mixed", str(mixed.get("insecureURL", "")))

    def _later(self, work: Awaitable[Any]) -> None:
        async def quietly() -> None:
            with contextlib.suppress(BrowserError):
                await work

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _paused(self, told: dict[str, Any]) -> None:
        """A request of the page's: answered by us, never by the network."""
        self._open += 1
        request, number = told["request"], told["requestId"]
        raw = b"".join(
            base64.b64decode(part["bytes"]) for part in request.get("postDataEntries", ()) if "bytes" in part
        )
        asked = Asked(
            request["method"], request["url"], request["headers"],
            raw if request.get("hasPostData") else None, str(told.get("resourceType", "")),
        )  # fmt: skip
        given: Given | None = None
        try:
            given = await self._answer(asked)
        finally:
            self._open -= 1
            self._last = asyncio.get_running_loop().time()
        if given is None:
            await self.call("Fetch.failRequest", requestId=number, errorReason="BlockedByClient")
            return
        if (
            given.status >= 400
            and asked.kind not in ("Fetch", "XHR")
            and not asked.url.endswith("/favicon.ico")
        ):
            self.complaints.add("missing", f"{asked.url} answers {given.status}")
        await self.call(
            "Fetch.fulfillRequest", requestId=number, responseCode=given.status,
            responseHeaders=[{"name": name, "value": value} for name, value in given.headers],
            body=base64.b64encode(given.body).decode(),
        )  # fmt: skip


@contextlib.asynccontextmanager
async def opened(browser: Chromium, width: int, answer: Answer) -> AsyncIterator[Tab]:
    """A tab with cookies of its own, ``width`` CSS pixels wide. Raises BrowserError."""
    context = (await browser.call("Target.createBrowserContext"))["browserContextId"]
    try:
        target = (await browser.call("Target.createTarget", url="about:blank", browserContextId=context))[
            "targetId"
        ]
        session = (await browser.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = Tab(browser, session, answer)
        try:
            for domain in ("Page", "Runtime", "Network", "Audits"):
                await tab.call(f"{domain}.enable")
            await tab.call("Fetch.enable", patterns=[{"urlPattern": "*"}])
            await tab.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                mobile=width < PHONE,
            )  # fmt: skip
            yield tab
        finally:
            tab.close()
    finally:
        with contextlib.suppress(BrowserError):
            await browser.call("Target.disposeBrowserContext", browserContextId=context)

"""A real headless Chromium for tests and screenshots, spoken to over its own pipe (no port, no driver).

The protocol is Chrome DevTools', one JSON message after another, each ended by a NUL byte, on the
browser's file descriptors 3 (to it) and 4 (from it).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--no-first-run", "--disable-background-networking", "--disable-extensions", "--disable-sync",
    "--mute-audio", "--no-proxy-server", "--remote-debugging-pipe",
)  # fmt: skip
SECONDS = 60.0
"""How long one answer may take; the first one includes the start."""


def find() -> str | None:
    """The browser on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(RuntimeError):
    """The browser refused, or did not answer."""


class Browser:
    """One browser process. Use ``started``."""

    def __init__(self, process: subprocess.Popen[bytes], write: int, read: int) -> None:
        self._process, self._write, self._read = process, write, read
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One command and its answer; events that come meanwhile are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error'].get('message')}")
                return dict(answer["result"])
            self.events.append(answer)

    def until(self, method: str) -> dict[str, Any]:
        """The next event of that name."""
        deadline = time.monotonic() + SECONDS
        while True:
            for place, event in enumerate(self.events):
                if event.get("method") == method:
                    return dict(self.events.pop(place)["params"])
            self.events.append(self._next(deadline))

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._read, 1 << 20) if ready else b""
            if not chunk:
                raise BrowserError(f"no answer from the browser (exit status {self._process.poll()})")
            self._buffer += chunk
        text, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(text))

    def open(self, url: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        """A page, loaded. ``width`` and ``height`` in CSS pixels."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        page.media("screen", dark=dark)
        self.events.clear()
        page.call("Page.navigate", url=url)
        self.until("Page.loadEventFired")
        return page


class Page:
    """One tab."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600,
        )  # fmt: skip

    def media(self, media: str, *, dark: bool = False) -> None:
        """``screen`` or ``print``, light or dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited; the page's own policy does not bind us."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
            allowUnsafeEvalBlockedByCSP=True,
        )  # fmt: skip
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", answer["exceptionDetails"])))
        return answer["result"].get("value")

    def screenshot(self, path: Path, *, whole: bool = True) -> None:
        """A PNG of the whole page, or of what is seen first."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self) -> bytes:
        """The page as it is printed on A4; afterwards it is shown on a screen again."""
        self.media("print")
        printed = self.call(
            "Page.printToPDF", printBackground=True, preferCSSPageSize=True, paperWidth=8.27,
            paperHeight=11.69,
        )  # fmt: skip
        self.media("screen")
        return base64.b64decode(printed["data"])

    def requests(self) -> list[str]:
        """What the page has loaded or tried to load, itself included."""
        self.run("1")  # whatever is under way is told first
        told = [event for event in self._browser.events if event.get("sessionId") == self._session]
        sent = [event["params"] for event in told if event.get("method") == "Network.requestWillBeSent"]
        return [str(sending["request"]["url"]) for sending in sent]

    def complaints(self) -> list[str]:
        """What the browser's console says of the page: violations of its policy, errors."""
        self.run("1")
        told = [event for event in self._browser.events if event.get("sessionId") == self._session]
        entries = [event["params"]["entry"] for event in told if event.get("method") == "Log.entryAdded"]
        return [str(entry["text"]) for entry in entries]

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)


@contextmanager
def started(executable: str) -> Iterator[Browser]:
    """A browser with a profile of its own, gone at the end of the block."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="launchready-browser-", ignore_cleanup_errors=True) as profile:
        home = {**os.environ, "HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile}
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{from_write}', "chromium", executable, *FLAGS,
             f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, from_write), env=home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(to_read)
        os.close(from_write)
        browser = Browser(process, to_write, from_read)
        try:
            yield browser
        finally:
            try:
                browser.call("Browser.close")
            except (BrowserError, OSError):
                process.kill()
            process.wait(20)
            os.close(to_write)
            os.close(from_read)

"""Who may ask what of the page: only this machine's own pages, and only with the token to change something.

A web page from elsewhere may let its own name resolve to 127.0.0.1 (DNS rebinding), send forms here, or
load what is here: so each request must be for a name of ours, and what changes something must come from
our own pages and carry the token that the terminal has shown.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""For what a run has stored: whatever stands in it, nothing of it runs, loads, sends or reads."""
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """``token`` is None where nothing may be started."""

    port: int
    token: str | None

    @property
    def hosts(self) -> frozenset[str]:
        names = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        return frozenset(names | ({"127.0.0.1", "localhost"} if self.port == 80 else set()))

    def refusal_to_look(self, headers: Mapping[str, str]) -> str | None:
        """Why this request gets nothing at all, or None."""
        if headers.get("Host", "").lower() not in self.hosts:
            return "this address is not served under that name"
        site, mode = headers.get("Sec-Fetch-Site", "none"), headers.get("Sec-Fetch-Mode", "navigate")
        if site not in ("none", "same-origin") and mode != "navigate":
            return "other sites load nothing from here"
        return None

    def refusal_to_change(self, headers: Mapping[str, str], token: str) -> str | None:
        """Why this request changes nothing, or None. ``token``: what the form carries."""
        if self.token is None:
            return "this page only shows (--read-only)"
        if headers.get("Origin", "").lower() not in {f"http://{host}" for host in self.hosts}:
            return "only this page's own form starts something"
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return "only this page's own form starts something"
        if not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self.token.encode()):
            return "the token is not the one that the terminal has shown"
        return None

"""Error pages of the edge, in Cloudflare's shape: HTML for browsers, one line of text for the rest.

Codes and their meaning: developers.cloudflare.com/support/troubleshooting/http-status-codes/.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from launchready.edge.https.messages import Request, Response, url_safe

_REASONS = {
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    530: "Origin DNS error",
    1001: "DNS resolution error",
    1003: "Direct IP access not allowed",
    1015: "You are being rate limited",
    1016: "Origin DNS error",
    1020: "Access denied",
    1035: "Invalid request rewrite",
    1101: "Worker threw exception",
    1102: "Worker exceeded resource limits",
    10055: "Query string settings incompatible with redirect target URL",
}

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8"><title>{host} | {code}: {reason}</title></head>
<body><div id="cf-wrapper"><div id="cf-error-details">
<h1><span class="cf-error-type">Error</span> <span class="cf-error-code">{code}</span></h1>
<h2 class="cf-subheadline">{reason}</h2>
<p>{detail}</p>
</div></div></body></html>
"""


def error(request: Request, status: int, code: int | None = None, detail: str = "") -> Response:
    """``code`` is Cloudflare's (1001, …) where it differs from the HTTP status."""
    code = code or status
    reason = _REASONS.get(code, "Error")
    headers = [("cache-control", "private, no-store"), ("referrer-policy", "same-origin")]
    if "text/html" not in request.header("accept"):
        headers.insert(0, ("content-type", "text/plain; charset=UTF-8"))
        return Response(status, headers, f"error code: {code}".encode())
    page = _PAGE.format(
        host=escape(request.host), code=code, reason=escape(reason), detail=escape(detail or reason)
    )
    headers.insert(0, ("content-type", "text/html; charset=UTF-8"))
    return Response(status, headers, page.encode())


def blocked(request: Request, custom: Mapping[str, Any] | None, status: int, code: int) -> Response:
    """What a rule that blocks answers: its own text (``action_parameters.response``), or the edge's page.

    developers.cloudflare.com/waf/reference/response-for-blocked-requests/
    """
    if custom is None:
        return error(request, status, code)
    kind = str(custom.get("content_type", "text/plain"))
    content = str(custom.get("content", "")).encode()
    return Response(int(custom.get("status_code", status)), [("content-type", kind)], content)


def challenge(request: Request) -> Response:
    """The edge has no puzzles; what a program sees of one is the status and the header."""
    answer = error(request, 403, 1020, "Checking that you are not a robot.")
    answer.set("cf-mitigated", "challenge")
    return answer


def bad_request(reason: str) -> Response:
    """For what can't be understood, before a request exists."""
    return _plain(400, "400 Bad Request", reason)


def plain_on_tls() -> Response:
    return _plain(
        400, "400 The plain HTTP request was sent to HTTPS port", "This port speaks TLS: ask it with https."
    )


def too_large() -> Response:
    return _plain(413, "413 Payload Too Large", "The request body is larger than this plan takes.")


def too_slow() -> Response:
    return _plain(408, "408 Request Time-out", "The request body did not arrive in time.")


def internal_error() -> Response:
    return _plain(500, "500 Internal Server Error", "The edge failed; its log says why.")


def redirect(status: int, location: str) -> Response:
    """A redirect made by the edge. Cloudflare sends a short HTML body with it."""
    titles = {301: "Moved Permanently", 302: "Found", 303: "See Other"}
    titles |= {307: "Temporary Redirect", 308: "Permanent Redirect"}
    title = f"{status} {titles.get(status, 'Redirect')}"
    headers = [
        ("location", url_safe(location)),
        ("content-type", "text/html"),
        ("cache-control", "max-age=3600"),
    ]
    if status in (302, 303, 307):
        headers.pop()
    return Response(status, headers, _body(title, ""))


def _plain(status: int, title: str, detail: str) -> Response:
    headers = [("server", "cloudflare"), ("content-type", "text/html; charset=UTF-8")]
    return Response(status, headers, _body(title, detail))


def _body(title: str, detail: str) -> bytes:
    shown = f"<p>{escape(detail)}</p>\n" if detail else ""
    return (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n"
        f"{shown}<hr><center>cloudflare</center>\n</body>\n</html>\n"
    ).encode()

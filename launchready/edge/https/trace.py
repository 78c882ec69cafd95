"""``/cdn-cgi/trace``: what the edge knows of a visitor, the address above all.

Every proxied host answers it, whatever its rules say (developers.cloudflare.com/fundamentals/reference/
cdn-cgi-endpoint/).
"""

from __future__ import annotations

from launchready.edge.https.messages import Request, Response
from launchready.edge.state import Clock

PATH = "/cdn-cgi/trace"


def asks_for_trace(request: Request) -> bool:
    return request.target.partition("?")[0] == PATH


def trace(request: Request, clock: Clock, colo: str) -> Response:
    """One ``key=value`` a line; a visitor's own words stay on theirs."""
    agent = request.header("user-agent").replace("\r", " ").replace("\n", " ")
    values = {
        "fl": "000f0",
        "h": request.host,
        "ip": str(request.client),
        "ts": f"{clock.now().timestamp():.3f}",
        "visit_scheme": request.scheme,
        "uag": agent,
        "colo": colo,
        "http": f"http/{request.version.removeprefix('HTTP/').removesuffix('.0').lower() or '1.1'}",
        "loc": "XX",
        "tls": request.tls_version or "off",
        "sni": "plaintext" if request.scheme == "https" else "off",
        "warp": "off",
    }
    headers = [
        ("content-type", "text/plain"),
        ("cache-control", "no-cache"),
        ("access-control-allow-origin", "*"),
    ]
    body = "".join(f"{key}={value}\n" for key, value in values.items())
    return Response(200, headers, body.encode("utf-8", "surrogateescape"))

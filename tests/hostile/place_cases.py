"""Places that are never gone to: other hosts, other schemes, and addresses that are somebody's own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from tests.evidence.loopback import name_server, reply
from tests.hostile.kit import DOMAIN, Case

OTHERS = {
    "another host": "https://evil.example/",
    "a host that ends like the client's": f"https://evil-{DOMAIN}/",
    "a host that begins like the client's": f"https://{DOMAIN}.evil.example/",
    "the client's name as a user": f"https://{DOMAIN}@evil.example/",
    "an undeclared host of the client's own": f"https://undeclared.{DOMAIN}/",
    "this machine by address": "http://127.0.0.1/",
    "this machine by its IPv6 address": "http://[::1]/",
    "this machine by one number": "http://2130706433/",
    "this machine by name": "http://localhost/",
    "a cloud's metadata service": "http://169.254.169.254/latest/meta-data/",
    "a router": "http://192.168.0.1/",
}
NO_URLS = {
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "another protocol": "gopher://evil.example/",
    "a port that can't be": f"https://{DOMAIN}:99999/",
    "the client's name before a backslash": f"https://evil.example\\@{DOMAIN}:x/",
    "no host": "https:///path",
    "an unfinished address": "http://[::1/",
}
PRIVATE = {
    "loopback": ("A", "127.0.0.1"),
    "a private network (10/8)": ("A", "10.0.0.1"),
    "a private network (172.16/12)": ("A", "172.16.0.1"),
    "a private network (192.168/16)": ("A", "192.168.1.1"),
    "a carrier's network (100.64/10)": ("A", "100.64.0.1"),
    "a link-local address": ("A", "169.254.169.254"),
    "no address at all": ("A", "0.0.0.0"),
    "everyone (multicast)": ("A", "224.0.0.1"),
    "everyone (broadcast)": ("A", "255.255.255.255"),
    "documentation": ("A", "198.51.100.1"),
    "loopback (IPv6)": ("AAAA", "::1"),
    "loopback as a mapped address": ("AAAA", "::ffff:127.0.0.1"),
    "loopback behind NAT64": ("AAAA", "64:ff9b::7f00:1"),
    "loopback behind 6to4": ("AAAA", "2002:7f00:1::"),
    "a link-local address (IPv6)": ("AAAA", "fe80::1"),
    "a private network (IPv6)": ("AAAA", "fd00::1"),
    "everyone (IPv6 multicast)": ("AAAA", "ff02::1"),
}


def _elsewhere(what: str, url: str, outcome: str) -> Case:
    probe = {"kind": "http", "url": url, "headers": []}
    return Case("place", f"a redirect leads to {what}", outcome, probe)


def _private(what: str, kind: str, address: str) -> Case:
    """Live, where nothing is mapped: a declared name's address is not the internet's."""

    async def serve(stack: AsyncExitStack) -> Mapping[str, Any]:
        found = await stack.enter_async_context(
            name_server(lambda q: reply(q, f"{DOMAIN}. 60 {kind} {address}") if _asks(q, kind) else reply(q))
        )
        return {"resolver": f"{found.endpoint[0]}:{found.endpoint[1]}", "live": True}

    probe = {"kind": "http", "url": f"https://{DOMAIN}/page", "headers": []}
    return Case("place", f"a declared name leads to {what}", "UNREACHABLE", probe, serve)


def _asks(query: Any, kind: str) -> bool:
    import dns.rdatatype

    return bool(query.question[0].rdtype == dns.rdatatype.from_text(kind))


CASES = [
    *(_elsewhere(what, url, "NOT_PROBED") for what, url in OTHERS.items()),
    *(_elsewhere(what, url, "MALFORMED") for what, url in NO_URLS.items()),
    *(_private(what, kind, address) for what, (kind, address) in PRIVATE.items()),
]

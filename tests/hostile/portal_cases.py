"""Portals that mean it ill: what log-in answers, where it points to, and who it is that asks for a password.

Beside each portal another host listens, which the client file does not declare: nothing may ever reach it.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.bad_twins.certificates import Leaf, issue
from tests.evidence.loopback import listening
from tests.hostile.http_cases import OK
from tests.hostile.kit import ADDRESS, DOMAIN, Case

HOST = f"app.{DOMAIN}"
EVIL = "evil.example"
PASSWORD = "correct horse hostile battery"
COOKIE = "session"
REACHED: dict[str, list[bytes]] = {}
"""Case → what reached a host that the client file does not declare."""
TOLD: dict[str, list[bytes]] = {}
"""Case → every request that the portal itself got."""
PORTAL: dict[str, Any] = {
    "base": f"https://{HOST}",
    "login": {"path": "/login", "body": {"user": "${user}", "password": "${password}"}},
    "session": "/me",
    "logout": {"path": "/logout"},
    "cookies": [COOKIE],
    "identities": {
        "ada": {"user": "ada@north.example", "password": PASSWORD, "role": "owner", "tenant": "n"}
    },
    "budget": 50,
}
GOOD = Leaf((HOST,))
BEARER = {**PORTAL["login"], "bearer": "token"}

Talk = Callable[[bytes], Iterable[bytes]]
"""A request's head and body → the parts of its answer."""


def answered(status: int, body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 %d X" % status, b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def at_login(answer: bytes, otherwise: bytes = answered(401)) -> Talk:
    """That answer to log-in, and another to everything else."""
    return lambda request: [answer if request.startswith(b"POST /login") else otherwise]


def redirects(status: int, to: str) -> Talk:
    place = f"location: {to}".encode()
    return at_login(answered(status, b"", place, b"set-cookie: session=0123456789; Secure; HttpOnly"))


def portal_case(
    behaviour: str,
    outcome: str,
    talk: Talk,
    *,
    leaf: Leaf = GOOD,
    known: bool = True,
    scenario: str = "session",
    **portal: Any,
) -> Case:
    """A portal that talks like that; ``known``: by an authority that is trusted."""

    async def serve(stack: AsyncExitStack) -> Mapping[str, Any]:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hostile-")))
        pem, authority = issue(leaf, directory)
        (directory / "other").mkdir()
        _, stranger = issue(leaf, directory / "other")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        told, reached = TOLD.setdefault(behaviour, []), REACHED.setdefault(behaviour, [])

        async def good(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
            )
            request = head + await reader.readexactly(size)
            told.append(request)
            for part in talk(request):
                writer.write(part)
                await writer.drain()

        async def evil(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.append(await reader.read(65_536))

        own = await stack.enter_async_context(listening(good, context))
        other = await stack.enter_async_context(listening(evil))
        there = f"{other[0]}:{other[1]}"
        connect = {f"{HOST}:443": f"{own[0]}:{own[1]}", f"{EVIL}:443": there, f"{EVIL}:80": there}
        return {"connect": {**connect, f"{ADDRESS}:80": there}, "ca": str(authority if known else stranger)}

    probe = {"kind": "portal", "scenario": scenario, "portal": {**PORTAL, **portal}}
    return Case("portal", behaviour, outcome, probe, serve)


def _pointing_away() -> list[Case]:
    cases = [
        portal_case(
            f"redirects log-in to another host ({status})",
            "played" if status in (302, 303) else "refused",  # as forms are answered that worked
            redirects(status, f"https://{EVIL}/login"),
        )
        for status in (301, 302, 303, 307, 308)
    ]
    away = redirects(307, f"https://{HOST}@{EVIL}/login")
    refused = at_login(answered(401))
    return [
        *cases,
        portal_case("redirects log-in to http", "refused", redirects(307, f"http://{HOST}/login")),
        portal_case("redirects log-in with its own name as a user", "refused", away),
        portal_case("stands on a host that is not declared", "NOT_PROBED", refused, base=f"https://{EVIL}"),
        portal_case(
            "hides another host behind its own name", "NOT_PROBED", refused, base=f"https://{HOST}@{EVIL}"
        ),
        portal_case(
            "has a log-in path that names another host",
            "refused",
            refused,
            login={**PORTAL["login"], "path": f"//{EVIL}/login"},
        ),
        portal_case(
            "has a log-in path that looks like a host",
            "refused",
            refused,
            login={**PORTAL["login"], "path": f"@{EVIL}/login"},
        ),
        portal_case("has a host of nobody's authority", "TLS", refused, known=False),
        portal_case("has a host with another name's certificate", "TLS", refused, leaf=Leaf((EVIL,))),
        portal_case("has a host with an expired certificate", "TLS", refused, leaf=Leaf((HOST,), age=91)),
    ]


def _answering_badly() -> list[Case]:
    def endless(start: bytes, part: bytes) -> Talk:
        return lambda _: itertools.chain(
            (OK + b"content-type: application/json\r\n\r\n" + start,), itertools.repeat(part)
        )

    bombs = [b"set-cookie: c%d=%s" % (number, b"x" * 700) for number in range(80)]
    token = b'{"token": "good\\r\\nx-injected: 1"}'
    return [
        portal_case("answers log-in with JSON without end", "played", endless(b'{"a": [', b"1," * 100_000)),
        portal_case(
            "answers log-in with JSON of a million levels",
            "refused",
            at_login(answered(200, b"[" * 900_000)),
            login={**PORTAL["login"], "success": {"json": {"ok": "*"}}},
        ),
        portal_case(
            "answers log-in with a number of 500,000 digits",
            "refused",
            at_login(answered(200, b'{"ok": ' + b"9" * 500_000 + b"}")),
            login={**PORTAL["login"], "success": {"json": {"ok": "*"}}},
        ),
        portal_case(
            "gives an access token with line breaks", "played", at_login(answered(200, token)), login=BEARER
        ),
        portal_case(
            "gives an access token of 800 KB",
            "played",
            at_login(answered(200, b'{"token": "' + b"x" * 800_000 + b'"}')),
            login=BEARER,
        ),
        portal_case("sets eighty cookies of 700 bytes", "played", at_login(answered(200, b"{}", *bombs))),
        portal_case(
            "sets a cookie with control characters",
            "played",
            at_login(answered(200, b"{}", b"set-cookie: session=a\x1b[2J\x07b")),
        ),
        portal_case(
            "sets a cookie that is no ASCII",
            "played",
            at_login(answered(200, b"{}", "set-cookie: session=grün\u202e".encode())),
        ),
        portal_case(
            "asks to wait for ever",
            "refused",
            lambda _: [answered(429, b"{}", b"retry-after: " + b"9" * 300)],
        ),
        portal_case(
            "asks to wait for a number that is none",
            "refused",
            lambda _: [answered(429, b"{}", "retry-after: ²".encode())],
        ),
        portal_case("hangs up on whoever logs in", "MALFORMED", lambda _: []),
        portal_case("drowns log-in in headers", "TOO_LARGE", lambda _: [OK + b"a: b\r\n" * 50_000]),
    ]


CASES = [*_pointing_away(), *_answering_badly()]

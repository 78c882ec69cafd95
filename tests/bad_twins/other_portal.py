"""A portal that is not the sample's: bearer tokens, form bodies, its own paths, errors and words.

It shares nothing with `launchready.edge.portal`, and is known to the verifier by its client file alone.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import smtplib
import struct
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from launchready.edge.https.messages import Request, Response
from launchready.edge.state import Clock
from tests.bad_twins.clients import DOMAIN
from tests.bad_twins.other_portal_client import HOOK, HOST, LIMIT, PORTAL

MAX_BODY = 20_000
TOKEN_SECONDS = 1_200.0
STEP = 30
WINDOW = 10.0


class Refused(Exception):  # noqa: N818 - an answer
    """Status and word of an answer that is no success."""

    def __init__(self, status: int, word: str, **headers: str) -> None:
        super().__init__(word)
        self.answer = _json(status, {"error": word})
        for name, value in headers.items():
            self.answer.set(name.replace("_", "-"), value)


def _json(status: int, value: Any) -> Response:
    headers = [("content-type", "application/json"), ("cache-control", "no-store")]
    return Response(status, headers, json.dumps(value).encode())


def _empty(status: int = 204) -> Response:
    return Response(status, [("cache-control", "no-store")], b"")


@dataclass
class Account:
    """``phrase``: a salted hash of what the user knows."""

    user: str
    role: str
    tenant: str
    phrase: bytes
    totp: str = ""
    last_step: int = -1


def _sealed(user: str, phrase: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", phrase.encode(), user.encode(), 1_000)


@dataclass
class OtherPortal:
    """The application; ``smtp`` gives the mail server's ``host:port``."""

    clock: Clock
    smtp: Callable[[], str]
    tokens: dict[str, Account] = field(default_factory=dict)
    tickets: dict[str, Account] = field(default_factory=dict)
    codes: dict[str, tuple[str, dict[str, str], float]] = field(default_factory=dict)
    deliveries: set[str] = field(default_factory=set)
    order: dict[str, Any] = field(default_factory=lambda: {"buyer": "eve@east.example", "remark": "none"})
    hits: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def __post_init__(self) -> None:
        self.accounts = {
            one["user"]: Account(
                one["user"], one["role"], one["tenant"], _sealed(one["user"], one["password"]["secure"]),
                one.get("totp", {}).get("secure", ""),
            )
            for one in PORTAL["identities"].values()
        }  # fmt: skip
        self.routes: dict[tuple[str, str], Callable[[Request, bytes], Awaitable[Response]]] = {
            ("POST", "/oauth/token"): self.log_in,
            ("DELETE", "/oauth/token"): self.log_out,
            ("DELETE", "/oauth/tokens"): self.log_out_everywhere,
            ("POST", "/oauth/otp"): self.one_time_code,
            ("GET", "/v1/profile"): self.profile,
            ("POST", "/v1/recoveries"): self.recover,
            ("PUT", "/v1/recoveries/*"): self.recovered,
            ("POST", "/v1/members"): self.invite,
            ("PUT", "/v1/members/*"): self.joined,
            ("GET", "/v1/orders"): self.orders,
            ("GET", "/v1/orders/*"): self.read_order,
            ("PUT", "/v1/orders/*"): self.write_order,
            ("POST", "/v1/setup"): self.setup,
            ("POST", "/v1/events"): self.event,
        }

    async def __call__(self, request: Request) -> Response:
        path = urlsplit(request.target).path
        handler = self.routes.get((request.method, path)) or self.routes.get((request.method, _above(path)))
        try:
            if handler is None:
                known = any(there in (path, _above(path)) for _, there in self.routes)
                raise Refused(405 if known else 404, "no such thing")
            return await handler(request, await _body(request))
        except Refused as refused:
            return refused.answer

    # ---- sessions

    async def log_in(self, request: Request, body: bytes) -> Response:
        given = _form(request, body, "grant_type", "username", "password")
        user = given["username"].lower()
        self._limit(f"log-in from {_address(request)}", 10, 60, count=False)
        self._limit(f"log-in of {user}", 5, 900, count=False)
        account = self.accounts.get(user)
        sealed = _sealed(user, given["password"])
        if account is None or not hmac.compare_digest(sealed, account.phrase):
            self._hit(f"log-in from {_address(request)}")
            self._hit(f"log-in of {user}")
            raise Refused(401, "invalid_grant")
        if account.totp:
            ticket = secrets.token_urlsafe(24)
            self.tickets[ticket] = account
            return _json(403, {"error": "otp_required", "ticket": ticket})
        return self._welcome(account)

    async def one_time_code(self, request: Request, body: bytes) -> Response:
        given = _form(request, body, "ticket", "otp")
        account = self.tickets.get(given["ticket"])
        if account is None:
            raise Refused(401, "invalid_ticket")
        self._limit(f"codes of {account.user}", 10, 60)
        step = int(self.clock.now().timestamp()) // STEP
        if given["otp"] != _code(account.totp, step) or step <= account.last_step:
            raise Refused(401, "invalid_code")
        account.last_step = step
        del self.tickets[given["ticket"]]
        return self._welcome(account)

    def _welcome(self, account: Account) -> Response:
        token = secrets.token_urlsafe(32)
        self.tokens[token] = account
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _who(self, request: Request) -> Account:
        account = self.tokens.get(_token(request))
        if account is None:
            raise Refused(401, "invalid_token")
        return account

    def _end(self, account: Account) -> None:
        self.tokens = {token: one for token, one in self.tokens.items() if one is not account}

    async def profile(self, request: Request, body: bytes) -> Response:
        account = self._who(request)
        return _json(200, {"profile": {"name": account.user, "role": account.role}})

    async def log_out(self, request: Request, body: bytes) -> Response:
        self._who(request)
        del self.tokens[_token(request)]
        return _empty()

    async def log_out_everywhere(self, request: Request, body: bytes) -> Response:
        self._end(self._who(request))
        return _empty()

    # ---- codes by mail

    async def recover(self, request: Request, body: bytes) -> Response:
        address = _mail(_form(request, body, "address")["address"])
        self._limit(f"recoveries from {_address(request)}", 8, 60)
        self._limit(f"recoveries of {address}", 3, 900)
        if address in self.accounts:
            await self._send(address, "recovery", {"user": address})
        return _empty()

    async def recovered(self, request: Request, body: bytes) -> Response:
        phrase = _phrase(_form(request, body, "phrase")["phrase"])
        account = self.accounts[self._spend(request, "recovery")["user"]]
        account.phrase = _sealed(account.user, phrase)
        self.hits.pop(f"log-in of {account.user}", None)
        self._end(account)
        return _empty()

    async def invite(self, request: Request, body: bytes) -> Response:
        host = self._who(request)
        if host.role != "staff":
            raise Refused(403, "not_staff")
        address = _mail(_form(request, body, "address")["address"])
        self._limit(f"invitations by {host.user}", 8, 60)
        await self._send(address, "membership", {"user": address, "tenant": host.tenant})
        return _empty(201)

    async def joined(self, request: Request, body: bytes) -> Response:
        phrase = _phrase(_form(request, body, "phrase")["phrase"])
        about = self._spend(request, "membership")
        user = about["user"]
        self.accounts[user] = Account(user, "buyer", about["tenant"], _sealed(user, phrase))
        return _empty()

    def _spend(self, request: Request, purpose: str) -> dict[str, str]:
        kind, about, until = self.codes.pop(urlsplit(request.target).path.rpartition("/")[2], ("", {}, 0.0))
        if kind != purpose or self.clock.monotonic() > until:
            raise Refused(410, "code_is_over")
        return about

    async def _send(self, to: str, purpose: str, about: dict[str, str]) -> None:
        code = secrets.token_urlsafe(24)
        self.codes[code] = (purpose, about, self.clock.monotonic() + TOKEN_SECONDS)
        message = EmailMessage()
        message["From"], message["To"] = f"Members <no-reply@{DOMAIN}>", to
        message["Subject"] = f"Your {purpose}"
        message.set_content(f"Enter this code {code} at https://{HOST}/enter\n")

        def deliver() -> None:
            host, _, port = self.smtp().rpartition(":")
            with smtplib.SMTP(host, int(port), timeout=10) as server:
                server.send_message(message)

        await asyncio.to_thread(deliver)

    # ---- what it is for

    async def orders(self, request: Request, body: bytes) -> Response:
        mine = self.order["buyer"] == self._who(request).user
        return _json(200, {"orders": [{"id": "4711", **self.order}] if mine else []})

    def _mine(self, request: Request) -> None:
        """Whoever is not the buyer is refused alike, be there such an order or not."""
        account = self._who(request)
        if not request.target.endswith("/4711") or self.order["buyer"] != account.user:
            raise Refused(403, "not_yours")

    async def read_order(self, request: Request, body: bytes) -> Response:
        self._mine(request)
        return _json(200, {"id": "4711", **self.order})

    async def write_order(self, request: Request, body: bytes) -> Response:
        self._mine(request)
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "no_json") from None
        if not isinstance(given, dict) or not isinstance(given.get("remark"), str):
            raise Refused(422, "remark_is_missing")
        self.order["remark"] = given["remark"]
        return _json(200, {"id": "4711", **self.order})

    async def setup(self, request: Request, body: bytes) -> Response:
        account = self._who(request)
        self._limit(f"set-up of {account.user}", LIMIT, WINDOW)
        given = _form(request, body, "firm", "people")
        if (
            not given["people"].isascii()
            or not given["people"].isdigit()
            or not 0 < int(given["people"]) < 10_000
        ):
            raise Refused(422, "people_is_no_number_of_people")
        if not 0 < len(given["firm"]) <= 200:
            raise Refused(422, "firm_is_too_long")
        return _json(201, {"done": True})

    async def event(self, request: Request, body: bytes) -> Response:
        wanted = "sha256=" + hmac.new(HOOK.encode(), body, hashlib.sha256).hexdigest()
        delivery = request.header("x-github-delivery")
        if not delivery or not hmac.compare_digest(wanted, request.header("x-hub-signature-256")):
            raise Refused(401, "bad_signature")
        if delivery in self.deliveries:
            raise Refused(409, "seen_before")
        self.deliveries.add(delivery)
        return _empty()

    # ---- limits

    def _limit(self, what: str, most: int, seconds: float, *, count: bool = True) -> None:
        now, hits = self.clock.monotonic(), self.hits[what]
        while hits and hits[0] <= now - seconds:
            hits.popleft()
        if len(hits) >= most:
            raise Refused(429, "slow_down", retry_after=str(int(hits[0] + seconds - now) + 1))
        if count:
            hits.append(now)

    def _hit(self, what: str) -> None:
        self.hits[what].append(self.clock.monotonic())


def _above(path: str) -> str:
    return path.rpartition("/")[0] + "/*"


async def _body(request: Request) -> bytes:
    read = bytearray()
    if request.body is not None:
        async for part in request.body:
            read += part
            if len(read) > MAX_BODY:
                raise Refused(413, "too_much")
    return bytes(read)


def _form(request: Request, body: bytes, *names: str) -> dict[str, str]:
    if not request.header("content-type").startswith("application/x-www-form-urlencoded"):
        raise Refused(415, "send_a_form")
    try:
        given = dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        raise Refused(400, "no_form") from None
    if set(names) - set(given):
        raise Refused(422, "incomplete")
    return given


def _mail(text: str) -> str:
    name, at, domain = text.lower().partition("@")
    if not (name and at and "." in domain) or any(letter.isspace() for letter in text):
        raise Refused(422, "no_address")
    return text.lower()


def _phrase(text: str) -> str:
    if len(text) < 14:
        raise Refused(422, "too_short")
    return text


def _token(request: Request) -> str:
    kind, _, token = request.header("authorization").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _address(request: Request) -> str:
    return request.header("cf-connecting-ip") or str(request.client)


def _code(secret: str, step: int) -> str:
    """RFC 6238 with its defaults."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"

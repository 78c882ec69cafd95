"""Where a scenario is played: its visitors, the mailbox, the clock, the steps that are kept."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from launchready.client_file.portal_model import Call, Identity, Portal, TokenCall
from launchready.evidence.portal import answers
from launchready.evidence.portal.access import PortalAccess
from launchready.evidence.portal.secrets import Secrets
from launchready.evidence.portal.surroundings import Surroundings
from launchready.evidence.servers import Resolve
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Step
from launchready.evidence.waits import seconds_in

MAX_BODY = 64 * 1024
"""Bytes of an answer that are kept as evidence."""
MAX_TOKEN = 16 * 1024
"""Characters of a cookie or an access token that is sent back; no server takes longer ones."""
MAX_COOKIES = 50
CODE_STEP = 30
PATIENCE = 30.0
"""Seconds of real time that a limit is waited for, once; on an edge the clock is moved instead."""

Send = Callable[[HttpProbe, "bytes | None", "str | None"], Awaitable[HttpResult]]
"""(request, body, local address to send from) → its answer; the collector's, with all its limits."""


class Stopped(Exception):  # noqa: N818 - ends a play, and becomes its result's cause
    """The scenario can't go on; says why."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause, self.detail = cause, detail


@dataclass(slots=True)
class Budget:
    """Requests that are left of those that the client file allows."""

    left: int

    def spend(self) -> None:
        """Raises Stopped when nothing is left."""
        if self.left <= 0:
            raise Stopped(Cause.NOT_PROBED, "the portal's budget of requests is spent")
        self.left -= 1


@dataclass
class Stage:
    """``steps`` and ``facts`` become the result. Make visitors with ``visitor``."""

    access: PortalAccess
    send: Send
    around: Surroundings
    budget: Budget
    used_codes: set[tuple[str, int]]
    """(identity, time step) of one-time codes that this run has spent."""
    resolve: Resolve | None = None
    """Asks DNS; None where a play needs none."""
    steps: list[Step] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.secrets = Secrets(self.access.nonce)
        for name, identity in self.portal.identities.items():
            self.secrets.add(f"the password of {name}", password_of(identity))
            if identity.totp is not None:
                self.secrets.add(f"the second factor's secret of {name}", identity.totp.reveal())

    @property
    def portal(self) -> Portal:
        return self.access.portal

    @property
    def on_edge(self) -> bool:
        """Can the clock be moved, and the mailbox read?"""
        return self.access.on_edge

    def visitor(self, identity: str | None = None, source: str | None = None) -> Visitor:
        """Someone with a browser of his own. ``source``: the (loopback) address that he comes from."""
        return Visitor(self, identity, source)

    def need(self, value: Any, key: str) -> Any:
        """``value``, which the client file must declare under ``portal.<key>`` for this scenario."""
        if value in (None, (), {}):
            raise Stopped(Cause.NOT_PROBED, f"portal.{key} is not declared")
        return value

    async def now(self) -> datetime:
        """The portal's time: the edge's, or the machine's."""
        return await self.around.now() if self.on_edge else datetime.now(UTC)

    async def advance(self, seconds: float) -> None:
        """Let time pass: only an edge's clock can be moved. Raises Stopped (WAITING) live."""
        if not self.on_edge:
            raise Stopped(Cause.WAITING, f"takes {seconds:.0f} s of real time; a later run can tell")
        await self.around.advance(seconds)

    async def wait_out(self, limited: HttpResult) -> None:
        """Until a limit that was met is over, as its Retry-After says. Spends one more request."""
        self.budget.spend()
        told = seconds_in(limited.header("retry-after"))
        seconds = told + 1 if told is not None else 11.0
        if self.on_edge:
            await self.advance(min(seconds, 3_600.0))
        else:
            await asyncio.sleep(min(seconds, PATIENCE))

    async def token(self, call: TokenCall, to: str, after: int) -> str:
        """The token in the newest mail to ``to`` beyond the first ``after`` mails.

        Raises Stopped: live (nobody can read that mailbox), or when no such mail came.
        """
        if not self.on_edge:
            raise Stopped(Cause.NOT_PROBED, f"the mail to {to} can't be read from here")
        for message in reversed((await self.around.mails())[after:]):
            if to.lower() in str(message.get("to", message)).lower():
                found = re.findall(call.token, str(message.get("text", "")))
                if found:
                    self.secrets.add("a one-time token", str(found[-1]))
                    return str(found[-1])
        raise Stopped(Cause.MALFORMED, f"no mail with a token came to {to}")

    def blank(self) -> None:
        """Take secrets that became known later out of the steps that had them, and say so there."""
        for number, step in enumerate(self.steps):
            body, found = self.secrets.clean(step.body)
            if found:
                leaks = tuple(dict.fromkeys((*step.leaks, *found)))
                self.steps[number] = replace(step, body=body, leaks=leaks)

    async def mail_count(self) -> int:
        """How many mails have come so far."""
        return len(await self.around.mails()) if self.on_edge else 0

    async def mails(self, after: int) -> list[dict[str, Any]]:
        """The mails beyond the first ``after``: {"from", "to", "subject", "headers", "text", …}."""
        return (await self.around.mails())[after:]


@dataclass
class Visitor:
    """One browser: its cookies or bearer token, and the address it comes from."""

    stage: Stage
    identity: str | None = None
    source: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    bearer: str = ""
    patient: bool = True
    """Wait when a limit is met (429), and try once more."""

    @property
    def account(self) -> Identity:
        """The identity that this visitor plays. Raises Stopped when there is none of that name."""
        found: Identity = self.stage.need(
            self.stage.portal.identities.get(self.identity or ""), f"identities.{self.identity}"
        )
        return found

    def values(self, **more: Any) -> dict[str, Any]:
        """What placeholders stand for when this visitor sends something."""
        known: dict[str, Any] = {"nonce": self.stage.access.nonce}
        if self.identity is not None:
            account = self.account
            known |= {"user": account.user, "email": account.user, "password": password_of(account)}
        return known | more

    async def call(
        self, label: str, call: Call, *, id: str = "", headers: Mapping[str, str] | None = None, **values: Any
    ) -> Step:
        """Send a declared request; ``matched`` says whether the answer is its declared success."""
        path, body, own = self._filled(call, id, values)
        sent = {**own, **(headers or {})}
        step, result = await self._send(label, call.method, path, body, call.encoding, sent)
        matched = answers.matches(call.success, result) if result.cause is None else None
        return self._keep(step, matched)

    def prepared(self, call: Call, **values: Any) -> tuple[HttpProbe, bytes | None]:
        """A declared request and its body, for whoever sends it otherwise."""
        path, body, headers = self._filled(call, "", values)
        return self._prepare(call.method, path, body, call.encoding, headers)

    def _filled(self, call: Call, id: str, values: Mapping[str, Any]) -> tuple[str, Any, dict[str, str]]:
        """A declared request's path, body and headers with everything filled in."""
        known = self.values(**values)
        quoted = {key: quote(str(value), safe="") for key, value in known.items()}
        path = str(answers.fill(call.path, quoted, quote(id, safe="")))
        body = None if call.body is None else answers.fill(call.body, known, id)
        return path, body, {key: str(answers.fill(value, known)) for key, value in call.headers.items()}

    async def request(
        self, label: str, method: str, path: str, *, body: Any = None, raw: bytes | None = None,
        encoding: str = "json", headers: Mapping[str, str] | None = None,
    ) -> Step:  # fmt: skip
        """Send any request. ``raw`` goes as it is, with the headers given."""
        step, _ = await self._send(label, method, path, body, encoding, headers or {}, raw)
        return self._keep(step, None)

    async def pass_on(
        self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]
    ) -> HttpResult:
        """Send someone else's request as this visitor; no step is kept. Raises Stopped without a budget."""
        self.stage.budget.spend()
        probe, data = self._prepare(method, path, None, "json", headers, raw)
        result = await self.stage.send(probe, data, self.source)
        if result.status == 429 and self.stage.on_edge:
            await self.stage.wait_out(result)
            result = await self.stage.send(probe, data, self.source)
        self._take_cookies(result)
        return result

    async def login(self, label: str = "log in", password: str | None = None) -> bool:
        """Log in as the identity, with its second factor when it is asked for. Was it a success?"""
        asked = await self.password(label, password)
        if isinstance(asked, bool):
            return asked
        return await self.second_factor(f"{label}: second factor", asked)

    async def password(self, label: str = "log in", password: str | None = None) -> bool | HttpResult:
        """The first step of log-in: was it a success; or the answer that asks for a second factor."""
        login = self.stage.portal.login
        known = self.values(**({"password": password} if password is not None else {}))
        body = answers.fill(login.body or {}, known)
        step, result = await self._send(label, login.method, login.path, body, login.encoding, login.headers)
        if result.cause is not None:
            self._keep(step, None)
            raise Stopped(result.cause, f"log-in can't be tried: {result.detail or result.cause.value}")
        if login.mfa is not None and answers.matches(login.mfa.when, result):
            self._keep(step, None)
            return result
        matched = answers.matches(login.success, result)
        if matched:
            self._take_bearer(result)
        self._keep(step, matched)
        return matched

    async def second_factor(self, label: str, asked: HttpResult, code: str | None = None) -> bool:
        """The second step: a one-time code, a fresh one unless it is given. Was it a success?"""
        mfa = self.stage.portal.login.mfa
        if mfa is None or (self.account.totp is None and code is None):
            return False
        challenge = next((answers.at(answers.parsed(asked.body), path) for path in mfa.when.json_), "")
        given = code if code is not None else await self.code()
        body = answers.fill(mfa.body or {}, self.values(totp=given, challenge=challenge))
        step, result = await self._send(label, mfa.method, mfa.path, body, mfa.encoding, mfa.headers)
        matched = result.cause is None and answers.matches(mfa.success, result)
        if matched:
            self._take_bearer(result)
        self._keep(step, matched)
        return matched

    async def code(self) -> str:
        """A one-time code that was not used yet in this run. On an edge the clock moves for it."""
        secret = self.stage.need(self.account.totp, f"identities.{self.identity}.totp").reveal()
        step = int((await self.stage.now()).timestamp()) // CODE_STEP
        while (self.identity or "", step) in self.stage.used_codes:
            await self.stage.advance(CODE_STEP)
            step = int((await self.stage.now()).timestamp()) // CODE_STEP
        self.stage.used_codes.add((self.identity or "", step))
        code = one_time_code(secret, step * CODE_STEP)
        self.stage.secrets.add("a one-time code", code)
        return code

    async def logged_in(self, label: str) -> bool | None:
        """Whether this browser's session is alive; None when that could not be found out."""
        session: Call = self.stage.need(self.stage.portal.session, "session")
        return (await self.call(label, session)).matched

    def copy(self) -> Visitor:
        """A second browser with the same cookies."""
        return Visitor(
            self.stage, self.identity, self.source, dict(self.cookies), self.bearer, patient=self.patient
        )

    # ---- sending ---------------------------------------------------------------------------------

    async def _send(
        self, label: str, method: str, path: str, body: Any, encoding: str, headers: Mapping[str, str],
        raw: bytes | None = None,
    ) -> tuple[Step, HttpResult]:  # fmt: skip
        self.stage.budget.spend()
        probe, data = self._prepare(method, path, body, encoding, headers, raw)
        result = await self.stage.send(probe, data, self.source)
        if result.status == 429 and self.patient:
            await self.stage.wait_out(result)
            result = await self.stage.send(probe, data, self.source)
        self._take_cookies(result)
        secrets = self.stage.secrets
        shown, leaks = secrets.clean(result.body[:MAX_BODY])
        kept = tuple((name, secrets.header(name, value)) for name, value in result.headers)
        request = secrets.clean(f"{method} {path}".encode())[0].decode(errors="replace")
        return (
            Step(
                label,
                request,
                result.cause,
                result.status,
                kept,
                shown,
                leaks,
                None,
                result.seconds,
                result.detail,
            ),
            result,
        )

    def _prepare(
        self, method: str, path: str, body: Any, encoding: str, headers: Mapping[str, str],
        raw: bytes | None = None,
    ) -> tuple[HttpProbe, bytes | None]:  # fmt: skip
        """The request as this browser sends it. Raises Stopped when it would leave the portal's host."""
        sent = {name.lower(): value for name, value in headers.items()}
        data = raw
        if raw is None and body is not None:
            data, kind = answers.encode(body, encoding)
            sent.setdefault("content-type", kind)
        if self.cookies:
            sent.setdefault("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if self.bearer:
            sent.setdefault("authorization", f"Bearer {self.bearer}")
        url = self.stage.portal.base.rstrip("/") + (path if path.startswith("/") else f"/{path}")
        if (urlsplit(url).hostname or "").rstrip(".") != self.stage.access.host:
            raise Stopped(Cause.NOT_PROBED, "the request would leave the portal's host")
        return HttpProbe(url, method, tuple(sent.items())), data

    def _keep(self, step: Step, matched: bool | None) -> Step:
        kept = replace(step, matched=matched)
        self.stage.steps.append(kept)
        return kept

    def _take_cookies(self, result: HttpResult) -> None:
        for name, value in result.headers:
            if name != "set-cookie":
                continue
            pair, _, attributes = value.partition(";")
            key, _, text = pair.strip().partition("=")
            if not text or "max-age=0" in attributes.lower().replace(" ", ""):
                self.cookies.pop(key, None)
            elif len(text) <= MAX_TOKEN and (key in self.cookies or len(self.cookies) < MAX_COOKIES):
                self.cookies[key] = text
                self.stage.secrets.add(f"the cookie {key}", text)

    def _take_bearer(self, result: HttpResult) -> None:
        path = self.stage.portal.login.bearer
        if path is None:
            return
        token = answers.at(answers.parsed(result.body), path)
        if isinstance(token, str) and len(token) <= MAX_TOKEN:
            self.bearer = token


def password_of(identity: Identity) -> str:
    """An identity's password in clear. Raises InputError when nothing can decrypt it."""
    return identity.password if isinstance(identity.password, str) else identity.password.reveal()


def one_time_code(secret: str, seconds: int) -> str:
    """The code (RFC 6238: six digits, SHA-1, 30 s) of a base32 secret at a time since 1970."""
    text = secret.strip().replace(" ", "").upper().rstrip("=")
    try:
        key = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        key = secret.encode()
    # RFC 6238's own hash; what it makes lives for seconds
    return TOTP(key, 6, SHA1(), CODE_STEP, enforce_key_length=False).generate(seconds).decode()  # noqa: S303

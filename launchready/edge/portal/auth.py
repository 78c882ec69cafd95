"""Log-in, second factor, log-out, reset, invitation, sign-up: each by the client file's own paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from launchready.client_file.portal_model import Call, Portal, TokenCall
from launchready.edge.https.messages import Response
from launchready.edge.portal import templates, totp
from launchready.edge.portal.defects import Switches
from launchready.edge.portal.mail import Post
from launchready.edge.portal.messages import Refusal, Visit, as_json
from launchready.edge.portal.store import Account, Store
from launchready.edge.portal.throttle import Throttle

MINUTE, QUARTER = 60.0, 900.0
LOGIN_ADDRESS = (10, MINUTE)
"""Failed log-ins from one address, and the window in seconds."""
LOGIN_ACCOUNT = (5, QUARTER)
MAILS_ADDRESS, MAILS_ACCOUNT = (10, MINUTE), (3, QUARTER)
"""Reset mails, invitations and sign-ups, by who asks and by who gets them."""
PASSWORD_LENGTH = 12
COMMON = frozenset(
    {"password", "password1234", "123456789012", "qwertyuiop12", "iloveyou1234", "letmein12345"}
)


@dataclass(slots=True)
class Visitor:
    """Who is logged in, and by which session."""

    account: Account
    key: str


class Auth:
    """Handlers of everything around a session."""

    def __init__(
        self, portal: Portal, store: Store, throttle: Throttle, switches: Switches, post: Post
    ) -> None:
        self.portal, self.store, self.throttle = portal, store, throttle
        self.on = switches.on
        self.post = post
        self.cookie = portal.cookies[0] if portal.cookies else "session"

    # ---- who is it ------------------------------------------------------------------------------

    def key_of(self, visit: Visit) -> str:
        return visit.bearer or visit.cookies.get(self.cookie, "")

    def visitor(self, visit: Visit, *, ended: bool = False) -> Visitor | None:
        """Who is logged in. ``ended``: sessions that are over count too (a defect)."""
        key = self.key_of(visit)
        session = self.store.sessions.get(key) if ended else self.store.session(key)
        if session is None or session.pending:
            return None
        account = self.store.find(session.account)
        return Visitor(account, key) if account is not None else None

    def required(self, visit: Visit) -> Visitor:
        """Raises Refusal 401 without a session, 403 for a request that another site makes a browser send."""
        found = self.visitor(visit)
        if found is None:
            raise Refusal(401, "not_logged_in", "Log in first.")
        origin = visit.request.header("origin")
        unsafe = visit.request.method not in ("GET", "HEAD", "OPTIONS")
        if unsafe and not visit.bearer and origin and urlsplit(origin).hostname != visit.request.host:
            raise Refusal(403, "cross_site", "Requests of other sites are refused.")
        return found

    def _with_session(self, answer: Response, key: str, *, ends: bool = False) -> Response:
        parts = [f"{self.cookie}={'' if ends else key}", "Path=/"]
        if not self.on("portal.cookie.readable"):
            parts.append("HttpOnly")
        if not self.on("portal.cookie.insecure"):
            parts.append("Secure")
        parts.append(f"SameSite={'None' if self.on('portal.cookie.cross_site') else 'Lax'}")
        parts.append("Max-Age=0" if ends else "Max-Age=28800")
        answer.headers.append(("set-cookie", "; ".join(parts)))
        return answer

    # ---- log-in ---------------------------------------------------------------------------------

    async def login(self, visit: Visit) -> Response:
        call = self.portal.login
        given = dict(visit.query) if visit.request.method == "GET" else visit.fields(call.encoding)
        values = templates.read_body(call.body, given)
        name, password = str(values.get("user", "")), str(values.get("password", ""))
        self._refuse_when_limited(visit, name)
        account = self.store.find(name)
        if not self.store.knows(account, password) or account is None:
            self._count_failure(visit, name)
            if self.on("portal.login.enumerates") and account is None:
                raise Refusal(404, "unknown_user", "There is no such user.")
            raise Refusal(401, "invalid_credentials", "The user name or the password is wrong.")
        self.throttle.clear("login-account", name.lower())
        needs_code = account.totp is not None and call.mfa is not None and not self.on("portal.mfa.off")
        if not needs_code or call.mfa is None:
            return self._welcome(visit, account, call)
        key = self._open(visit, account, pending=not self.on("portal.mfa.bypass"))
        body = templates.answer_body(call.mfa.when, **_named(call.mfa.when.json_, key))
        answer = as_json(templates.answer_status(call.mfa.when), body)
        return answer if call.bearer else self._with_session(answer, key)

    async def second_factor(self, visit: Visit) -> Response:
        call = self.portal.login.mfa
        if call is None:
            raise Refusal(404, "not_found", "There is nothing here.")
        values = templates.read_body(call.body, visit.fields(call.encoding))
        key = str(values.get("challenge") or self.key_of(visit))
        session = self.store.session(key)
        account = self.store.find(session.account) if session is not None else None
        if session is None or account is None:
            raise Refusal(401, "not_logged_in", "Log in first.")
        self.throttle.take("code", account.name.lower(), 10, MINUTE)
        if not totp.fits(
            account, str(values.get("totp", "")), self.store.clock, again=self.on("portal.mfa.replay")
        ):
            raise Refusal(401, "invalid_code", "The code is wrong or was used.")
        self.store.end(key)
        return self._welcome(visit, account, call)

    def _welcome(self, visit: Visit, account: Account, call: Call) -> Response:
        key = self._open(visit, account)
        body = templates.answer_body(call.success)
        bearer = self.portal.login.bearer
        if bearer:
            body[bearer] = key
            return as_json(templates.answer_status(call.success), body)
        return self._with_session(as_json(templates.answer_status(call.success), body or {"ok": True}), key)

    def _open(self, visit: Visit, account: Account, *, pending: bool = False) -> str:
        brought = visit.cookies.get(self.cookie)
        kept = brought if brought and self.on("portal.session.fixation") else None
        return self.store.open(account, pending=pending, key=kept)

    def _refuse_when_limited(self, visit: Visit, name: str) -> None:
        if not self.on("portal.limits.login_address"):
            self.throttle.refuse_when_full("login-address", visit.address, *LOGIN_ADDRESS)
        if not (self.on("portal.limits.login_account") or self.on("portal.login.no_lockout")):
            self.throttle.refuse_when_full("login-account", name.lower(), *LOGIN_ACCOUNT)

    def _count_failure(self, visit: Visit, name: str) -> None:
        self.throttle.count("login-address", visit.address, LOGIN_ADDRESS[1])
        self.throttle.count("login-account", name.lower(), LOGIN_ACCOUNT[1])

    async def who(self, visit: Visit) -> Response:
        """The answer to "am I logged in": the account, as far as its owner may know it."""
        account = self.required(visit).account
        shown: dict[str, Any] = {"user": account.name, "role": account.role}
        if self.on("portal.secrets.body"):
            shown["password_hash"] = "$scrypt$" + account.sealed[1].hex()
        expected = self.portal.session.success if self.portal.session else None
        body = templates.answer_body(expected, **shown) if expected else {}
        return as_json(200, shown | body)

    async def logout(self, visit: Visit) -> Response:
        found = self.required(visit)
        if not self.on("portal.logout.keeps"):
            self.store.end(found.key)
        return self._with_session(as_json(200, {"ok": True}), "", ends=True)

    async def logout_all(self, visit: Visit) -> Response:
        found = self.required(visit)
        if self.on("portal.logout_all.keeps"):
            self.store.end(found.key)
        else:
            self.store.end_all(found.account)
        return self._with_session(as_json(200, {"ok": True}), "", ends=True)

    # ---- one-time tokens ------------------------------------------------------------------------

    async def reset(self, visit: Visit, call: TokenCall) -> Response:
        name = self._person(visit, call)
        self._limit_mails("reset", visit, name)
        account = self.store.find(name)
        answer = templates.answer_body(call.success) or {
            "message": "If the account exists, a mail is on its way."
        }
        if account is None:
            if self.on("portal.reset.enumerates"):
                raise Refusal(404, "unknown_user", "There is no such user.")
            return as_json(templates.answer_status(call.success, 202), answer)
        seconds: float = 60 if self.on("portal.reset.hasty") else call.lifetime
        seconds = 10**8 if self.on("portal.reset.eternal") else seconds
        token = self.store.issue(
            "reset", seconds, {"user": account.name}, short=self.on("portal.reset.short")
        )
        base = self.portal.base.rstrip("/")
        if self.on("portal.reset.host_header") and visit.request.header("x-forwarded-host"):
            base = f"https://{visit.request.header('x-forwarded-host')}"
        await self.post.send(
            account.name, "Set a new password", "Follow this link:", f"{base}/reset?token={token}"
        )
        leak = {"token": token} if self.on("portal.reset.leaks") else {}
        return as_json(templates.answer_status(call.success, 202), answer | leak)

    async def reset_confirm(self, visit: Visit, call: Call) -> Response:
        values = templates.read_body(call.body, visit.fields(call.encoding))
        password = self._new_password(values)
        about = self._spend("reset", str(values.get("token", "")), keep=self.on("portal.reset.reusable"))
        account = self.store.find(about["user"])
        if account is None:
            raise Refusal(400, "invalid_token", "The link is not valid any more.")
        self.store.set_password(account, password)
        self.throttle.clear("login-account", account.name.lower())
        if not self.on("portal.reset.keeps_sessions"):
            self.store.end_all(account)
        return as_json(
            templates.answer_status(call.success), templates.answer_body(call.success) or {"ok": True}
        )

    async def invite(self, visit: Visit, call: TokenCall) -> Response:
        inviter = self.required(visit).account
        if inviter.role not in self.portal.admin_roles and not self.on("portal.authz.function"):
            raise Refusal(403, "forbidden", "Administrators invite.")
        name = self._person(visit, call)
        self._limit_mails("invite", visit, name)
        about = {"user": name, "tenant": inviter.tenant, "role": "member"}
        await self._send_token("invite", call, about, "You are invited", "accept")
        return as_json(
            templates.answer_status(call.success, 202), templates.answer_body(call.success) or {"ok": True}
        )

    async def signup(self, visit: Visit, call: TokenCall) -> Response:
        name = self._person(visit, call)
        self._limit_mails("signup", visit, name)
        if self.store.find(name) is None:
            about = {"user": name, "tenant": f"tenant of {name.lower()}", "role": "owner"}
            await self._send_token("signup", call, about, "Confirm your address", "welcome")
        return as_json(
            templates.answer_status(call.success, 202), templates.answer_body(call.success) or {"ok": True}
        )

    async def accept(self, visit: Visit, call: Call, purpose: str) -> Response:
        """An invitation or a sign-up becomes an account."""
        values = templates.read_body(call.body, visit.fields(call.encoding))
        password = self._new_password(values)
        keep = purpose == "invite" and self.on("portal.invite.reusable")
        about = self._spend(purpose, str(values.get("token", "")), keep=keep)
        self.store.add(about["user"], password, role=about["role"], tenant=about["tenant"])
        return as_json(
            templates.answer_status(call.success, 201), templates.answer_body(call.success) or {"ok": True}
        )

    async def _send_token(
        self, purpose: str, call: TokenCall, about: dict[str, Any], subject: str, page: str
    ) -> None:
        eternal = purpose == "invite" and self.on("portal.invite.eternal")
        token = self.store.issue(purpose, 10**8 if eternal else call.lifetime, about)
        link = f"{self.portal.base.rstrip('/')}/{page}?token={token}"
        await self.post.send(about["user"], subject, "Follow this link:", link)

    def _person(self, visit: Visit, call: TokenCall) -> str:
        values = templates.read_body(call.body, visit.fields(call.encoding))
        name = str(values.get("user") or values.get("email") or "")
        local, at, domain = name.partition("@")
        if not (local and at and "." in domain) or any(letter.isspace() for letter in name):
            raise Refusal(422, "bad_address", "This is no mail address.")
        return name

    def _limit_mails(self, kind: str, visit: Visit, name: str) -> None:
        if self.on(f"portal.limits.{kind}"):
            return
        self.throttle.take(f"{kind}-address", visit.address, *MAILS_ADDRESS)
        self.throttle.take(f"{kind}-account", name.lower(), *MAILS_ACCOUNT)

    def _new_password(self, values: dict[str, Any]) -> str:
        password = str(values.get("new_password") or values.get("password") or "")
        weak = len(password) < PASSWORD_LENGTH or password.lower() in COMMON
        if weak and not self.on("portal.password.weak"):
            raise Refusal(
                422, "weak_password", f"Choose {PASSWORD_LENGTH} characters or more, and no common word."
            )
        return password

    def _spend(self, purpose: str, text: str, *, keep: bool) -> dict[str, Any]:
        about = self.store.spend(purpose, text, keep=keep)
        if about is None:
            echo = f" ({text})" if self.on("portal.errors.echoes_token") else ""
            raise Refusal(400, "invalid_token", f"The link is not valid any more.{echo}")
        return about


def _named(expected: dict[str, Any], key: str) -> dict[str, str]:
    """What ``"*"`` stands for in the answer that asks for a second factor: the challenge."""
    return {path.rpartition(".")[2]: key for path, value in expected.items() if value == "*"}

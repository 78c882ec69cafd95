"""What the portal knows: accounts, sessions, one-time tokens. All of it in memory, by the edge's clock."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from launchready.edge.state import Clock

SESSION_HOURS = 8
_SCRYPT = {"n": 1 << 10, "r": 8, "p": 1}
"""Weaker than a production server's on purpose: a rehearsal makes hundreds of log-ins on two cores."""


@dataclass(slots=True)
class Account:
    """One user. ``sealed``: salt and scrypt hash of the password."""

    name: str
    sealed: tuple[bytes, bytes]
    role: str
    tenant: str
    totp: str | None = None
    identity: str = ""
    """The client file's name of it."""
    used_codes: set[tuple[int, str]] = field(default_factory=set)


@dataclass(slots=True)
class Session:
    """``pending``: the password was right, the second factor is still to come."""

    account: str
    ends: datetime
    pending: bool = False
    ended: bool = False


@dataclass(slots=True)
class Token:
    """A one-time token, stored by its digest. ``about``: what spending it changes."""

    purpose: str
    ends: datetime
    about: dict[str, Any]
    spent: bool = False


class Store:
    """``clock`` decides what has ended."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.tokens: dict[bytes, Token] = {}

    # ---- accounts -------------------------------------------------------------------------------

    def add(self, name: str, password: str, **facts: Any) -> Account:
        account = Account(name=name, sealed=_seal(password), **facts)
        self.accounts[name.lower()] = account
        return account

    def find(self, name: str) -> Account | None:
        return self.accounts.get(name.lower())

    def knows(self, account: Account | None, password: str) -> bool:
        """Whether the password is right; costs the same for an account that does not exist."""
        salt, digest = account.sealed if account is not None else _NOBODY
        same = hmac.compare_digest(_digest(password, salt), digest)
        return same and account is not None

    def set_password(self, account: Account, password: str) -> None:
        account.sealed = _seal(password)

    # ---- sessions -------------------------------------------------------------------------------

    def open(self, account: Account, *, pending: bool = False, key: str | None = None) -> str:
        """A new session's id (``key``: one that is kept, which only a defect does)."""
        key = key or secrets.token_urlsafe(32)
        ends = self.clock.now() + (timedelta(minutes=5) if pending else timedelta(hours=SESSION_HOURS))
        self.sessions[key] = Session(account.name.lower(), ends, pending)
        return key

    def session(self, key: str) -> Session | None:
        """A session that is alive."""
        found = self.sessions.get(key)
        alive = found is not None and not found.ended and found.ends > self.clock.now()
        return found if alive else None

    def end(self, key: str) -> None:
        if key in self.sessions:
            self.sessions[key].ended = True

    def end_all(self, account: Account, *, but: str = "") -> None:
        for key, session in self.sessions.items():
            if session.account == account.name.lower() and key != but:
                session.ended = True

    # ---- one-time tokens ------------------------------------------------------------------------

    def issue(self, purpose: str, seconds: float, about: dict[str, Any], *, short: bool = False) -> str:
        """A fresh token; older ones of the same purpose and person end."""
        for token in self.tokens.values():
            if (token.purpose, token.about.get("user")) == (purpose, about.get("user")):
                token.spent = True
        text = f"{secrets.randbelow(10**6):06d}".rjust(8, "0") if short else secrets.token_urlsafe(32)
        self.tokens[_key(text)] = Token(purpose, self.clock.now() + timedelta(seconds=seconds), about)
        return text

    def spend(self, purpose: str, text: str, *, keep: bool = False) -> dict[str, Any] | None:
        """What a token is about, once; None for one that is unknown, spent or over."""
        token = self.tokens.get(_key(text))
        if token is None or token.purpose != purpose or token.spent or token.ends <= self.clock.now():
            return None
        token.spent = not keep
        return token.about


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)


def _seal(password: str) -> tuple[bytes, bytes]:
    salt = secrets.token_bytes(16)
    return salt, _digest(password, salt)


_NOBODY = _seal(secrets.token_hex(16))

"""MTA-STS (RFC 8461): the TXT record at ``_mta-sts.<domain>`` and the policy file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from launchready.mailauth.dns import normal
from launchready.mailauth.tags import parse_tags

MAX_AGE = 31_557_600
"""Seconds; the greatest ``max_age`` that the RFC allows."""
MAX_POLICY_BYTES = 64 * 1024
_HOST = re.compile(
    r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """``mode``: enforce, testing, none or "" when unreadable; ``max_age`` in seconds."""

    mode: str
    mx: tuple[str, ...]
    max_age: int
    problems: tuple[str, ...] = ()

    def allows(self, host: str) -> bool:
        """Does a pattern match this MX host? ``*.`` stands for exactly one label."""
        host = normal(host)
        return any(
            host == pattern or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])
            for pattern in map(normal, self.mx)
        )


def record_name(domain: str) -> str:
    return f"_mta-sts.{domain}"


def policy_url(domain: str) -> str:
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def select(records: Iterable[str]) -> tuple[str, ...]:
    """The records that begin with ``v=STSv1;``; several count as none."""
    return tuple(text for text in records if re.match(r"v=STSv1\s*;", text))


def parse_record(text: str) -> Record:
    tags = parse_tags(text)
    problems = [] if select([text]) else ["doesn't begin with v=STSv1;"]
    problems += tags.problems
    identity = tags.get("id") or ""
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", identity):
        problems.append(f"id={identity!r} is not 1 to 32 letters and digits")
    return Record(identity, tuple(problems))


def parse_policy(text: str) -> Policy:
    """Parse a policy: ``key: value`` lines, ended by LF or CRLF (§3.2)."""
    problems: list[str] = []
    fields: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, colon, value = line.partition(":")
        if line.strip() and not colon:
            problems.append(f"line {number} is no 'key: value'")
        elif line.strip():
            fields.setdefault(key.strip(), []).append(value.strip())
    if fields.get("version", [""])[0] != "STSv1":
        problems.append("no version: STSv1")
    mode = fields.get("mode", [""])[0]
    if mode not in ("enforce", "testing", "none"):
        problems.append(f"mode: {mode or '(none)'} is not enforce, testing or none")
        mode = ""
    age = fields.get("max_age", [""])[0]
    seconds = int(age) if re.fullmatch(r"\d{1,10}", age) else -1
    if not 0 <= seconds <= MAX_AGE:
        problems.append(f"max_age: {age or '(none)'} is not 0 to {MAX_AGE}")
    mx = tuple(fields.get("mx", ()))
    problems += [f"mx: {host} is no host or *.domain" for host in mx if not _HOST.fullmatch(host)]
    if mode in ("enforce", "testing") and not mx:
        problems.append("no mx:")
    return Policy(mode, mx, max(seconds, 0), tuple(problems))

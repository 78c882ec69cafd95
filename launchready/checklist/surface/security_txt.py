"""``/.well-known/security.txt``: where somebody who found a hole can tell of it (RFC 9116)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from launchready.checklist.answers import REDIRECTS, answering_hosts, is_html
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
    undecided,
)
from launchready.checklist.surface.links import private_names
from launchready.checklist.tls.hosts import stand_in
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

PATH = "/.well-known/security.txt"
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(\S.*?)[ \t]*\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_URIS = frozenset({"contact", "encryption", "acknowledgments", "policy", "hiring", "canonical", "csaf"})
_ONCE = ("expires", "preferred-languages")
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
Fields = list[tuple[str, str]]


def _hosts(subject: Subject) -> list[str]:
    closed = private_names(subject)
    return [host for host in answering_hosts(subject) if host not in closed and not stand_in(subject, host)]


def _probes(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(f"https://{host}{PATH}") for host in _hosts(subject))


@check(
    "surface.security_txt",
    severity=Severity.LOW,
    needs=[_probes],
    reference="RFC 9116 §2",
    defect="security.txt is out of date or not in order: reports of holes go nowhere",
    fix=Fix(
        "launchready:hosts", "write it anew: Contact with a URI, one Expires within a year, as text/plain"
    ),
)
def security_txt_is_in_order(subject: Subject) -> Iterator[Outcome]:
    """Where a host has a security.txt, it names a contact and has not expired."""
    found = False
    for host in _hosts(subject):
        found = True
        yield _judged(host, subject.evidence.http(f"https://{host}{PATH}"), subject.evidence.now)
    if not found:
        yield not_applicable(subject.client.domain, "no host answers by itself")


def _judged(host: str, result: HttpResult, now: datetime) -> Outcome:
    where = f"https://{host}{PATH}"
    if result.cause is not None and result.cause is not Cause.PLACEHOLDER:
        return undecided(where, result)
    if result.status in REDIRECTS:
        return not_applicable(where, f"redirects to {result.header('location')}")
    if result.status != 200 or is_html(result):
        return not_applicable(where, "there is none" if result.status != 200 else "an HTML page")
    wrong = problems(result, now)
    if wrong:
        return failed(where, "; ".join(wrong[:5]), expected="RFC 9116", evidence=[result.probe.id])
    return passed(where, f"expires {_one(fields(result.body), 'expires')}", evidence=[result.probe.id])


def fields(body: bytes) -> Fields:
    """(name, value) of each line that is a field, names lower-case; a signature's lines left out."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    if text.startswith(_SIGNED):
        text = text.partition(_SIGNATURE)[0]
    matches = (_FIELD.match(line) for line in text.splitlines() if not line.startswith("#"))
    return [(match[1].lower(), match[2]) for match in matches if match is not None]


def _one(found: Fields, name: str) -> str:
    return next((value for key, value in found if key == name), "")


def problems(result: HttpResult, now: datetime) -> list[str]:
    """What is wrong with a file, in words; nothing when it is in order."""
    found = fields(result.body)
    wrong: list[str] = []
    if not re.match(r"\s*text/plain\b", result.header("content-type") or "", re.IGNORECASE):
        wrong.append(f"its type is {result.header('content-type') or 'missing'}, not text/plain (§3)")
    keys = [key for key, _ in found]
    if "contact" not in keys:
        wrong.append("no Contact (§2.5.3)")
    wrong += [f"{keys.count(key)} fields {key.capitalize()} (§2.5)" for key in _ONCE if keys.count(key) > 1]
    wrong += [f"{key}: {value[:60]!r} is no URI (§2.5)" for key, value in found if _no_uri(key, value)]
    return [*wrong, *_time(_one(found, "expires"), now)]


def _no_uri(key: str, value: str) -> bool:
    if key not in _URIS:
        return False
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return True
    return scheme in ("", "http")


def _time(text: str, now: datetime) -> list[str]:
    if not text:
        return ["no Expires (§2.5.5)"]
    try:
        ends = datetime.fromisoformat(text.upper()) if _TIME.fullmatch(text) else None
    except ValueError:
        ends = None
    if ends is None:
        return [f"Expires: {text[:40]!r} is no date of RFC 3339 (§2.5.5)"]
    return [f"it expired on {ends.astimezone(UTC):%Y-%m-%d} (§2.5.5)"] if ends <= now else []

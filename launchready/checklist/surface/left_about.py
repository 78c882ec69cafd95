"""What lies about on a web server and must not: repositories, environments, dumps, listings, consoles.

A finding needs the content's own form, not a status: many applications answer 200 for every path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from launchready.checklist.answers import answering_hosts
from launchready.checklist.registry import (
    CheckFunction,
    Fix,
    Outcome,
    Planner,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from launchready.checklist.tls.hosts import stand_in
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

HEAD_BYTES = 65_536
API8, API9 = "OWASP API8:2023 Security Misconfiguration", "OWASP API9:2023 Improper Inventory Management"


@dataclass(frozen=True, slots=True)
class Place:
    """A path, and what its content looks like when it is the thing that must not be there."""

    path: str
    form: re.Pattern[bytes]


def _place(path: str, form: str) -> Place:
    return Place(path, re.compile(form.encode(), re.IGNORECASE | re.MULTILINE))


_GIT_HEAD, _GIT_CONFIG = r"\A(?:ref: refs/|[0-9a-f]{40}\s*\Z)", r"^\s*\[core\]\s*$"
_ENV = r"\A(?:\s*#.*\n|\s*\n)*(?:export\s+)?[A-Z][A-Z0-9_]{2,60}\s*=\s*\S"
_DUMP = r"^-- (?:PostgreSQL|MySQL|MariaDB)[^\n]{0,40} dump|^(?:CREATE TABLE|INSERT INTO|COPY \w+ )"
_LISTING = r"<title>\s*(?:Index of /|Directory listing for /|Listing directory)"
_ADMIN = r"<title>[^<]{0,80}\b(?:admin(?:istration|istrator)?|dashboard|phpMyAdmin|Adminer)\b"
_LOGIN = re.compile(rb"type\s*=\s*[\"']?password|sign[ -]?in|log[ -]?in", re.IGNORECASE)
_INFO = (
    r"<title>phpinfo\(\)|^(?:PATH|HOME|DATABASE_URL|SECRET_KEY)=|\"(?:activeProfiles|propertySources)\"\s*:"
    r"|<title>Apache Status|Symfony Profiler|<title>Whoops"
)

REPOSITORIES = (
    _place("/.git/HEAD", _GIT_HEAD),
    _place("/.git/config", _GIT_CONFIG),
    _place("/.svn/entries", r"\A\d+\s"),
)
ENVIRONMENTS = tuple(_place(path, _ENV) for path in ("/.env", "/.env.production", "/.env.local", "/app/.env"))
DUMPS = tuple(_place(path, _DUMP) for path in ("/backup.sql", "/dump.sql", "/database.sql", "/db.sql"))
LISTINGS = tuple(_place(path, _LISTING) for path in ("/assets/", "/static/", "/uploads/", "/backup/"))
ADMINS = tuple(_place(path, _ADMIN) for path in ("/admin", "/admin/", "/administrator/", "/phpmyadmin/"))
CONSOLES = tuple(
    _place(path, _INFO)
    for path in ("/debug", "/phpinfo.php", "/actuator/env", "/server-status", "/_profiler")
)


def _hosts(subject: Subject) -> list[str]:
    return [host for host in answering_hosts(subject) if not stand_in(subject, host)]


def _probe(host: str, place: Place) -> HttpProbe:
    return HttpProbe(f"https://{host}{place.path}")


def _lies_there(place: Place, result: HttpResult) -> bool:
    found = result.status == 200 and place.form.search(result.body[:HEAD_BYTES]) is not None
    if found and place in ADMINS:
        return _LOGIN.search(result.body[:HEAD_BYTES]) is None
    return found


def _absent(places: tuple[Place, ...], name: str) -> tuple[Planner, CheckFunction]:
    """(planner, check function) for places that must be empty on every host."""

    def plan(subject: Subject) -> Iterator[Probe]:
        return (_probe(host, place) for host in _hosts(subject) for place in places)

    def run(subject: Subject) -> Iterator[Outcome]:
        hosts = _hosts(subject)
        if not hosts:
            yield not_applicable(subject.client.domain, "no host answers by itself")
        for host in hosts:
            yield _one_host(subject, host, places, name)

    return plan, run


def _one_host(subject: Subject, host: str, places: tuple[Place, ...], name: str) -> Outcome:
    results = [(place, subject.evidence.http(_probe(host, place).url)) for place in places]
    there = [place.path for place, result in results if result.cause is None and _lies_there(place, result)]
    if there:
        return failed(host, f"{name} at {', '.join(there)}", expected="404")
    unclear = [(place, result) for place, result in results if result.cause not in (None, Cause.PLACEHOLDER)]
    if unclear:
        place, result = unclear[0]
        why = f"{place.path}: {result.detail or result.cause}"
        return inconclusive(host, result.cause or Cause.MALFORMED, why, evidence=(result.probe.id,))
    return passed(host, f"nothing at {len(places)} places")


_CHECKS = (
    ("surface.repository.absent", Severity.CRITICAL, REPOSITORIES, "a repository", f"CWE-527; {API8}",
     "the repository lies on the server: source and history for everyone",
     "deploy a build, not a checkout; refuse /.git", "No host serves a repository's files."),
    ("surface.environment.absent", Severity.CRITICAL, ENVIRONMENTS, "an environment file", f"CWE-538; {API8}",
     "an environment file lies on the server", "take it off the server, and rotate everything in it",
     "No host serves an environment file."),
    ("surface.dump.absent", Severity.CRITICAL, DUMPS, "a database dump",
     "CWE-530 (exposure of a backup file)",
     "a database's dump lies on the server", "take it off the server; keep back-ups elsewhere",
     "No host serves a dump of its database."),
    ("surface.listing.absent", Severity.MEDIUM, LISTINGS, "a directory listing",
     "CWE-548; OWASP WSTG-CONF-04",
     "directories list their files", "switch directory listings off",
     "No host lists the files of a directory."),
    ("surface.admin.closed", Severity.HIGH, ADMINS, "an open administration page", "OWASP WSTG-CONF-05",
     "an administration page opens without a log-in", "ask for a log-in, or make the host private",
     "No administration page opens without a log-in."),
    ("surface.console.closed", Severity.HIGH, CONSOLES, "an open console", f"CWE-489; {API8}",
     "a debugging page shows the process's inside", "switch debugging off in production",
     "No debugging page is open."),
)  # fmt: skip

for _id, _severity, _places, _name, _reference, _defect, _advice, _doc in _CHECKS:
    _plan, _run = _absent(_places, _name)
    _run.__doc__ = _doc
    check(
        _id, severity=_severity, needs=[_plan], reference=_reference, defect=_defect,
        fix=Fix("launchready:hosts", _advice), public=False,
    )(_run)  # fmt: skip

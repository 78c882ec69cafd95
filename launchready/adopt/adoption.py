"""From a zone file and redirects to a client file that lints clean.

``adopt_zone_file`` writes ``stacks/Pulumi.<client>.yaml`` and, beside it, ``<client>.adopted.json`` with
every line that could not be taken over. The apex and www go to ``hosts`` where a host says the same;
everything else goes to ``records``, one to a line, so that nothing is lost or guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from launchready.adopt.candidates import Candidate, Judge
from launchready.adopt.conflicts import settle
from launchready.adopt.redirects_tsv import RedirectLine, read_redirects
from launchready.adopt.result import AdoptResult, Refusal
from launchready.adopt.writer import client_file_text
from launchready.adopt.zone_file import declared_origin, read_zone
from launchready.client_file.files import write_atomically
from launchready.client_file.lint import Level, Problem, lint
from launchready.client_file.loader import STACKS, read, valid_client_name
from launchready.client_file.model import ClientFile, Plan
from launchready.client_file.names import to_ascii
from launchready.client_file.plans import LIMITS
from launchready.client_file.yaml12 import read_text
from launchready.errors import ClientFileError, InputError, Where

TO_HOSTS = ("@", "www")
"""Names that become hosts where nothing is lost by it."""


@dataclass
class _Draft:
    """A client file in the making: what is still in, and what is out."""

    domain: str
    plan: Plan
    zone_file: str
    redirects_file: str
    records: list[Candidate]
    redirects: list[RedirectLine]
    refused: list[Refusal] = field(default_factory=list)

    @property
    def hosts(self) -> dict[str, list[Candidate]]:
        """Names that become hosts, with their lines."""
        found: dict[str, list[Candidate]] = {}
        for name in TO_HOSTS:
            web = [c for c in self.records if c.entry["name"] == name and c.entry["type"] in WEB]
            if web and says_the_same(web):
                found[name] = web
        return found

    def plain_records(self) -> list[Candidate]:
        """The lines that stay under ``records``."""
        taken = {id(c) for group in self.hosts.values() for c in group}
        return [c for c in self.records if id(c) not in taken]

    def tls(self) -> dict[str, Any]:
        """TLS settings that contradict nothing in the zone."""
        deep = any(c.entry.get("proxied") and "." in c.entry["name"] for c in self.records)
        certificates = {"certificates": "advanced"} if deep else {}
        return {"caa": "none", "dnssec": True, "hsts": {"include_subdomains": False}, **certificates}

    def values(self) -> dict[str, Any]:
        """The client file as data."""
        return {
            "domain": self.domain,
            "plan": self.plan.value,
            "hosts": {name: host_entry(group) for name, group in self.hosts.items()},
            "records": [c.entry for c in self.plain_records()],
            "redirects": [line.entry() for line in self.redirects],
            "tls": self.tls(),
            "email": "none",
        }


WEB = ("A", "AAAA", "CNAME")


def adopt_zone_file(
    client: str,
    zone_file: Path,
    redirects_tsv: Path | None,
    domain: str | None,
    plan: str,
    root: Path,
    *,
    today: date | None = None,
) -> AdoptResult:
    """Write a client file that serves what a zone file and a list of redirects say.

    ``domain`` None: the zone file's own ``$ORIGIN``. ``root``: the project's directory, above ``stacks``.
    Raises InputError when the client exists already, its name is no name, or a file can't be read; a
    line that can't be taken over is refused in the result instead.
    """
    if not valid_client_name(client):
        raise InputError(f"{client!r} is no client name", fix="use letters, digits, - and _")
    path = root / STACKS / f"Pulumi.{client}.yaml"
    if path.exists():
        raise InputError("exists already and is never overwritten", where=Where(path), fix="move it away")
    text = read_text(zone_file)
    apex = _apex(domain, text, zone_file)
    chosen = _plan(plan)
    judge = Judge(str(zone_file), apex, LIMITS[chosen])
    draft = _Draft(apex, chosen, str(zone_file), str(redirects_tsv or ""), [], [])
    records_read = _take_records(draft, judge, text)
    redirects_read = _take_redirects(draft, read_text(redirects_tsv)) if redirects_tsv is not None else 0
    _fit_plan(draft, judge)
    _settle_with_lints(draft, judge, today)
    source = f"{zone_file.name}" + (f" and {redirects_tsv.name}" if redirects_tsv else "")
    return _write(draft, client, path, source, records_read, redirects_read, today)


def _apex(domain: str | None, text: str, zone_file: Path) -> str:
    found = domain if domain is not None else declared_origin(text)
    if found is None:
        raise InputError("doesn't name its domain", where=Where(zone_file), fix="give --domain")
    try:
        return to_ascii(found)
    except ValueError as error:
        raise InputError(f"{found!r} is no domain: {error}", fix="give --domain acme.example") from None


def _plan(plan: str) -> Plan:
    try:
        return Plan(plan.lower())
    except ValueError:
        choices = ", ".join(Plan)
        raise InputError(f"there is no plan {plan!r}", fix=f"one of {choices}") from None


def _take_records(draft: _Draft, judge: Judge, text: str) -> int:
    """Judge every line of the zone file; returns how many records it has."""
    candidates: list[Candidate] = []
    read_count = 0
    for record in read_zone(text, draft.domain):
        read_count += 1
        judged = judge.candidate(record)
        if isinstance(judged, Refusal):
            draft.refused.append(judged)
        else:
            candidates.append(judged)
    draft.records, refused = settle(candidates, judge)
    draft.refused += refused
    return read_count


def _take_redirects(draft: _Draft, text: str) -> int:
    """Read every line of the redirects; returns how many there are."""
    read_count = 0
    seen: dict[str, int] = {}
    for line in read_redirects(text):
        read_count += 1
        if line.fault:
            _refuse_redirect(draft, line, "unreadable", line.fault, "correct the line")
        elif seen.setdefault(line.source, line.line) != line.line:
            text_ = f"{line.source} is already redirected in line {seen[line.source]}"
            _refuse_redirect(draft, line, "duplicate", text_, "keep the one that is right")
        else:
            draft.redirects.append(line)
    return read_count


def _refuse_redirect(draft: _Draft, line: RedirectLine, reason: str, text: str, fix: str) -> None:
    host = line.host
    draft.refused.append(
        Refusal("redirect", draft.redirects_file, line.line, host, "redirect", line.to, reason, text, fix)
    )


def _fit_plan(draft: _Draft, judge: Judge) -> None:
    """Refuse what is beyond the plan's quotas, from the end."""
    limits, plan = judge.limits, draft.plan.value
    if limits.dns_records is not None:
        for candidate in draft.records[limits.dns_records :]:
            text = f"{plan} allows {limits.dns_records} records"
            draft.refused.append(judge.refuse(candidate.source, "plan", text, "raise --plan"))
        del draft.records[limits.dns_records :]
    for line in draft.redirects[limits.redirect_rules :]:
        text = f"{plan} allows {limits.redirect_rules} redirects"
        _refuse_redirect(draft, line, "plan", text, "raise --plan")
    del draft.redirects[limits.redirect_rules :]


def _settle_with_lints(draft: _Draft, judge: Judge, today: date | None) -> None:
    """Refuse every line that a lint calls an error, until none is left.

    What goes out can break what pointed at it (a redirect whose host is gone), hence the rounds; each
    takes a line away, so they end.
    """
    while True:
        try:
            model = ClientFile.model_validate(draft.values())
        except ValidationError as error:
            raise InputError(f"the domain can't be adopted: {error.errors()[0]['msg']}") from None
        errors = [p for p in lint(model, today=today) if p.level is Level.ERROR]
        if not errors:
            return
        if not _take_out(draft, judge, errors):
            raise ClientFileError([p.error() for p in errors])


def _take_out(draft: _Draft, judge: Judge, errors: list[Problem]) -> bool:
    """Refuse the lines that errors are about; False when none of them is about a line."""
    plain, hosts = draft.plain_records(), draft.hosts
    out: dict[int, tuple[Candidate | RedirectLine, Problem]] = {}
    for problem in errors:
        for subject in subjects_of(problem.key, plain, hosts, draft.redirects):
            out.setdefault(id(subject), (subject, problem))
    for subject, problem in out.values():
        reason = problem.lint.removeprefix("client_file.")
        text = f"{problem.what} [{problem.reference}]"
        if isinstance(subject, RedirectLine):
            _refuse_redirect(draft, subject, reason, text, problem.fix)
        else:
            draft.refused.append(judge.refuse(subject.source, reason, text, problem.fix))
    draft.records = [c for c in draft.records if id(c) not in out]
    draft.redirects = [r for r in draft.redirects if id(r) not in out]
    return bool(out)


_SUBJECT = re.compile(r"(records|redirects)\[(\d+)\]|hosts\.([^.\[]+)")


def subjects_of(
    key: str, plain: list[Candidate], hosts: Mapping[str, list[Candidate]], redirects: list[RedirectLine]
) -> list[Candidate] | list[RedirectLine]:
    match = _SUBJECT.match(key)
    if match is None:
        return []
    if match[3] is not None:
        return hosts.get(match[3], [])
    number = int(match[2])
    return [plain[number]] if match[1] == "records" else [redirects[number]]


def says_the_same(group: list[Candidate]) -> bool:
    """Whether a host can say what these lines say: one CNAME or addresses, alike, without notes."""
    kinds = {c.entry["type"] for c in group}
    alike = {(c.entry.get("ttl", 1), c.entry.get("proxied", False)) for c in group}
    noted = any("comment" in c.entry or "tags" in c.entry for c in group)
    return (
        len(alike) == 1 and not noted and (kinds <= {"A", "AAAA"} or (kinds == {"CNAME"} and len(group) == 1))
    )


def host_entry(group: list[Candidate]) -> dict[str, Any]:
    first = group[0].entry
    host: dict[str, Any] = {"proxied": first.get("proxied", False)}
    if "ttl" in first:
        host["ttl"] = first["ttl"]
    if first["type"] == "CNAME":
        return {"cname": first["content"], **host}
    addresses = [c.entry["content"] for c in group]
    return {"address": addresses[0] if len(addresses) == 1 else addresses, **host}


def _notes(draft: _Draft) -> tuple[str, ...]:
    adjusted = sum(1 for c in draft.records if c.source.proxied and c.source.ttl not in (None, 1))
    notes = [
        "email: none – the zone's own mail records are served as they are; launchready adds none",
        "tls.caa: none – the zone's own CAA records are served as they are; launchready adds none",
        "tls.hsts – without include_subdomains: not every name of the zone is known to speak HTTPS",
        "tls.dnssec: true – signing is turned on; put the DS that `up` prints at the registrar",
        "a zone file says nothing of TLS settings, cache or firewall: launchready's defaults apply",
    ]
    if "certificates" in draft.tls():
        notes.append(
            "tls.certificates: advanced – proxied names more than one label below the domain need an "
            "advanced certificate"
        )
    if adjusted:
        notes.append(
            f"{adjusted} proxied records had a TTL of their own, which the edge decides: now automatic"
        )
    for what in ("comment", "tags"):
        lost = sum(1 for c in draft.records if getattr(c.source, what) and what not in c.entry)
        if lost:
            notes.append(f"{lost} records lost their {what}: more than {draft.plan.value} allows")
    if draft.hosts:
        notes.append(f"{', '.join(draft.hosts)}: declared under hosts; all other names under records")
    return tuple(notes)


def _write(
    draft: _Draft,
    client: str,
    path: Path,
    source: str,
    records_read: int,
    redirects_read: int,
    today: date | None,
) -> AdoptResult:
    report = path.with_name(f"{client}.adopted.json")
    values = draft.values()
    text = client_file_text(
        client=client,
        domain=draft.domain,
        plan=draft.plan.value,
        source=source,
        report=report.name,
        tls=values["tls"],
        hosts=values["hosts"],
        records=values["records"],
        redirects=values["redirects"],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text, replace=False)
    loaded = read(path)
    result = AdoptResult(
        client,
        draft.domain,
        draft.plan.value,
        path,
        report,
        records_read,
        len(draft.records),
        redirects_read,
        len(draft.redirects),
        tuple(sorted(draft.refused, key=lambda r: (r.what, r.line))),
        _notes(draft),
        tuple(lint(loaded.client, loaded.positions, today=today)),
    )
    document = json.dumps(result.document(), indent=1, ensure_ascii=False)
    write_atomically(report, document + "\n")
    return result

"""The rules for one received mail. Pure: DNS is a function, which may raise to say "not known yet"."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from launchready.checklist.registry import Severity, Status
from launchready.checklist.surface.staging import is_staging
from launchready.client_file.exposure import private_hosts
from launchready.client_file.model import ClientFile
from launchready.client_file.names import within
from launchready.evidence.types import Cause
from launchready.mailauth import dmarc, spf
from launchready.mailauth.dkim_verify import Signature, verify
from launchready.mailauth.dns import Lookup, is_name, normal, texts
from launchready.mailops.mail_verdict import Envelope, Judged, MailTest
from launchready.mailops.received import Received

BULK = ("list-unsubscribe", "list-id", "feedback-id")
"""Fields that mailings have and single mails don't."""


@dataclass(slots=True)
class _Case:
    """One message and what was found out about it so far."""

    client: ClientFile
    received: Received
    envelope: Envelope
    look: Lookup
    author: str
    policy: dmarc.Record | None
    failure: str | None
    signatures: tuple[Signature, ...]
    judged: list[Judged] = field(default_factory=list)

    def say(
        self, id: str, severity: Severity, reference: str, status: Status, observed: str, expected: str = "",
        cause: str | Cause | None = None,
    ) -> Status:  # fmt: skip
        why = None if cause is None else Cause(cause)
        self.judged.append(Judged(id, severity, reference, status, observed[:500], expected, why))
        return status

    def aligned(self, domain: str, mode: str) -> bool | None:
        """None when the tree walk that relaxed alignment needs fails."""
        try:
            return dmarc.aligned(self.author, domain, mode, self.look)
        except dmarc.WalkError:
            return None


PASS, FAIL, UNCLEAR, NONE = Status.PASS, Status.FAIL, Status.INCONCLUSIVE, Status.NOT_APPLICABLE


def judged(
    client: ClientFile, received: Received, envelope: Envelope, edge: Mapping[str, Any] | None, look: Lookup
) -> MailTest:
    """Everything that is judged of a message. What ``look`` raises passes through."""
    domains = received.domains("from")
    author = domains[0] if domains else ""
    policy, failure = _policy(author, look)
    case = _Case(client, received, envelope, look, author, policy, failure, verify(received.raw, look))
    _from(case, domains)
    signed = _dkim(case)
    sent = _spf(case)
    _dmarc(case, signed, sent)
    _reply_to(case)
    _unsubscribe(case)
    _links(case)
    told = tuple(value[:300] for value in received.all("authentication-results")[:5])
    target: Literal["live", "edge"] = "live" if edge is None else "edge"
    return MailTest(client, target, author, tuple(case.judged), case.signatures, told)


def _policy(author: str, look: Lookup) -> tuple[dmarc.Record | None, str | None]:
    """The DMARC record that applies, and DNS's failure where that could not be found out."""
    if not author:
        return None, None
    own = look(dmarc.record_name(author), "TXT")
    records = dmarc.select(texts(own.data))
    if own.failure is None and len(records) == 1:
        return dmarc.parse(records[0]), None  # the first step of the walk decides: nothing above matters
    try:
        return dmarc.discover(author, look).record, None
    except dmarc.WalkError as error:
        return None, error.failure


def _from(case: _Case, domains: tuple[str, ...]) -> None:
    domain, count = case.client.domain, len(case.received.all("from"))
    wrong = count != 1 or len(domains) != 1 or not within(domains[0], domain)
    shown = ", ".join(domains) or "no address"
    shown += f" in {count} From fields" if count != 1 else ""
    case.say("from.domain", Severity.HIGH, "RFC 5322 §3.6.2; RFC 9989 §5.3.1", FAIL if wrong else PASS, shown,
             f"one From, of {domain} or below")  # fmt: skip


def _dkim(case: _Case) -> bool | None:
    """Whether an aligned signature verifies; None when that is open."""
    found, mode = case.signatures, case.policy.adkim if case.policy is not None else "s"
    good = [one for one in found if one.result == "pass"]
    open_ = [one for one in found if one.result in ("temperror", "unsupported")]
    shown = "; ".join(_shown(one) for one in found) or "no signature"
    status = PASS if good else UNCLEAR if open_ else FAIL
    cause = _cause(open_) if status is UNCLEAR else None
    case.say(
        "dkim.signature", Severity.HIGH, "RFC 6376 §6", status, shown, "a signature that verifies", cause
    )
    expected = f"d={case.author}" + ("" if mode == "s" else ", or of the same organisation")
    fits = [case.aligned(one.domain, mode) for one in good]
    late = [case.aligned(one.domain, mode) for one in open_]
    aligned = (
        True if True in fits else None if None in fits or any(one is not False for one in late) else False
    )
    names = ", ".join(f"d={one.domain}" for one in good) or "none that verifies"
    status = PASS if aligned else FAIL if aligned is False else UNCLEAR
    cause = (_cause(open_) or case.failure or Cause.SERVFAIL) if aligned is None else None
    case.say("dkim.aligned", Severity.HIGH, "RFC 9989 §4.4.1", status, names, expected, cause)
    _strength(case, good)
    return aligned


def _strength(case: _Case, good: list[Signature]) -> None:
    weak = [
        *(f"{one.key_name}: {one.bits} bits" for one in good if one.bits < 2_048),
        *(f"{one.key_name}: t=y" for one in good if one.testing),
        *(f"d={one.domain}: l=, so that text can be added" for one in good if one.length),
    ]
    status = NONE if not good else FAIL if weak else PASS
    case.say("dkim.strength", Severity.MEDIUM, "RFC 8301 §3.2; RFC 6376 §8.2 and §3.6.1", status,
             "; ".join(weak) or f"{len(good)} signature(s)", "2048 bits, no t=y, no l=")  # fmt: skip


def _shown(one: Signature) -> str:
    return f"d={one.domain} s={one.selector}: {one.result}" + (f" ({one.detail})" if one.detail else "")


def _cause(signatures: list[Signature]) -> str | Cause | None:
    failed = next((one.failure for one in signatures if one.failure is not None), None)
    return failed or (Cause.NOT_PROBED if signatures else None)


def _spf(case: _Case) -> bool | None:
    """Whether SPF passes for an aligned return path; None when that is open."""
    hop, given = case.received.hop, case.envelope
    address = given.address or (hop[0] if hop else None)
    path = given.return_path if given.return_path is not None else case.received.return_path
    helo = given.helo or (hop[1] if hop and not given.address else "") or ""
    reference = "RFC 7208 §4"
    if address is None or path is None:
        lacks = "the connecting address" if address is None else "the return path"
        why = f"the message does not tell {lacks}: give --ip and --return-path"
        case.say("spf.result", Severity.MEDIUM, reference, UNCLEAR, why, "pass", Cause.NOT_PROBED)
        case.say("spf.aligned", Severity.LOW, "RFC 9989 §4.4.2", UNCLEAR, why, "", Cause.NOT_PROBED)
        return None
    domain = normal(path.rpartition("@")[2]) if path else helo
    sender = path if "@" in path else f"postmaster@{domain}"
    if not is_name(domain):
        case.say("spf.result", Severity.MEDIUM, reference, FAIL, f"{domain!r} is no domain", "pass")
        return False
    verdict = spf.check_host(address, domain, sender, helo or domain, case.look)
    shown = f"{verdict.result.value} for {domain} from {address}" + (
        f" ({verdict.detail})" if verdict.detail else ""
    )
    temporary = verdict.result is spf.Result.TEMPERROR
    status = PASS if verdict.result is spf.Result.PASS else UNCLEAR if temporary else FAIL
    case.say("spf.result", Severity.MEDIUM, reference, status, shown, "pass",
             Cause.SERVFAIL if temporary else None)  # fmt: skip
    mode = case.policy.aspf if case.policy is not None else "s"
    fits = case.aligned(domain, mode)
    status = PASS if fits and status is PASS else UNCLEAR if fits is None or temporary else FAIL
    case.say("spf.aligned", Severity.LOW, "RFC 9989 §4.4.2", status, f"return path of {domain}",
             f"pass, with a return path of {case.author}",
             (case.failure or Cause.SERVFAIL) if status is UNCLEAR else None)  # fmt: skip
    return True if status is PASS else None if status is UNCLEAR else False


def _dmarc(case: _Case, signed: bool | None, sent: bool | None) -> None:
    reference, expected = "RFC 9989 §5.3", "an aligned DKIM signature, or an aligned SPF pass"
    if case.policy is None:
        failure = case.failure
        shown = (
            f"DMARC of {case.author}: {failure}"
            if failure
            else f"{case.author or 'From'} has no DMARC record"
        )
        status = UNCLEAR if failure else FAIL
        case.say("dmarc", Severity.CRITICAL, reference, status, shown, expected, failure)
        return
    by = [name for name, good in (("DKIM", signed), ("SPF", sent)) if good]
    status = PASS if by else UNCLEAR if None in (signed, sent) else FAIL
    shown = f"passes by {' and '.join(by)}" if by else "neither DKIM nor SPF passes aligned"
    shown += f"; p={case.policy.policy.value}"
    cause = (case.failure or Cause.NOT_PROBED) if status is UNCLEAR else None
    case.say("dmarc", Severity.CRITICAL, reference, status, shown, expected, cause)


def _reply_to(case: _Case) -> None:
    domain, found = case.client.domain, case.received.domains("reply-to")
    reference, foreign = "RFC 5322 §3.6.2; launch checklist: reply-to consistent", []
    if not case.received.all("reply-to"):
        case.say("reply_to", Severity.MEDIUM, reference, PASS, "none: replies go to From", domain)
        return
    foreign = [name for name in found if not within(name, domain)]
    shown = ", ".join(found) or "no address in it"
    case.say("reply_to", Severity.MEDIUM, reference, FAIL if foreign or not found else PASS, shown,
             f"{domain} or below")  # fmt: skip


def _unsubscribe(case: _Case) -> None:
    received, reference = (
        case.received,
        "RFC 8058 §3.1; Google: e-mail sender guidelines (one-click unsubscribe)",
    )
    bulk = case.envelope.bulk or any(received.all(name) for name in BULK)
    bulk = bulk or received.first("precedence").lower() in ("bulk", "list")
    if not bulk:
        case.say("list_unsubscribe", Severity.MEDIUM, reference, NONE, "no mailing: nothing in it says so")
        return
    where, post = received.first("list-unsubscribe"), received.first("list-unsubscribe-post")
    covered = {name for one in case.signatures if one.result == "pass" for name in one.signed}
    lacks = [
        *(["no List-Unsubscribe with an https link"] if "<https://" not in where.lower() else []),
        *(["no List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
          if post.replace(" ", "").lower() != "list-unsubscribe=one-click" else []),
        *(["the signature covers neither of the two"]
          if where and covered and not {"list-unsubscribe", "list-unsubscribe-post"} <= covered else []),
    ]  # fmt: skip
    case.say("list_unsubscribe", Severity.MEDIUM, reference, FAIL if lacks else PASS,
             "; ".join(lacks) or "one click", "one-click unsubscribe, signed")  # fmt: skip


def _links(case: _Case) -> None:
    reference = "launch checklist: no staging URL in mails; OWASP API9:2023"
    hosts = case.received.hosts
    if hosts is None:
        why = case.received.why or "the body was not read"
        case.say("links.public", Severity.MEDIUM, reference, UNCLEAR, why, "public hosts", Cause.TOO_LARGE)
        return
    bad = sorted(set(_bad_hosts(case.client, hosts)))
    shown = "; ".join(bad[:8]) or (f"{len(hosts)} host(s)" if hosts else "no link")
    case.say("links.public", Severity.MEDIUM, reference, FAIL if bad else PASS, shown, "public hosts only")
    plain = sorted({host for scheme, host in hosts if scheme == "http"})
    case.say("links.https", Severity.LOW, "OWASP ASVS 5.0 V12.2.1", FAIL if plain else PASS,
             ", ".join(plain[:8]) or "none over http", "https")  # fmt: skip


def _bad_hosts(client: ClientFile, hosts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    private = {host for group in private_hosts(client) for host in group.hosts}
    for _, host in hosts:
        if host in private:
            yield f"{host} is private"
        elif within(host, client.domain) and is_staging(host, client.domain):
            yield f"{host} is called like a staging host"
        elif "." not in host or host.endswith((".local", ".internal", ".localhost", ".test")):
            yield f"{host} is no public name"
        elif _is_address(host):
            yield f"{host} is an address"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True

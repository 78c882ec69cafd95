"""What every mail check reads with: answers from evidence, what the client declares, and outcomes.

A ``Mail`` remembers each question that it was asked, so that an outcome carries exactly the evidence
it rests on. A look-up that failed ends a check as inconclusive with that cause, never as "missing".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from enum import StrEnum

from launchready.checklist.registry import (
    CheckFunction,
    Fix,
    Outcome,
    Subject,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from launchready.declared.types import Record
from launchready.evidence.types import Cause, DnsProbe, Evidence, NotCollected
from launchready.mailauth import dmarc, spf
from launchready.mailauth.dns import Answer, mx_hosts, normal, texts


class Role(StrEnum):
    """What the client file says of the domain's mail."""

    MAILS = "mails"
    NEVER = "never mails"
    UNMANAGED = "unmanaged"


class Unanswered(Exception):  # noqa: N818 - ends a check as inconclusive
    """A look-up that a check can't do without failed."""

    def __init__(self, name: str, rdtype: str, cause: Cause) -> None:
        super().__init__(f"{rdtype} of {name}: {cause}")
        self.cause = cause


class NoMail(Exception):  # noqa: N818 - ends a check as not applicable
    """The client file leaves mail alone, and the domain shows no sign of any."""


def answer_of(evidence: Evidence, name: str, rdtype: str) -> Answer:
    """A resolver's answer as the mail libraries want it. Raises NotCollected."""
    result = evidence.dns(name, rdtype)
    if not result.answered:
        return Answer(failure=str(result.cause))
    return Answer(result.data, nxdomain=result.cause is Cause.NXDOMAIN)


class Mail:
    """One check's view of one domain."""

    def __init__(self, subject: Subject) -> None:
        self.client = subject.client
        self.email = subject.client.email
        self.declared = subject.declared
        self.evidence = subject.evidence
        self.domain = normal(subject.client.domain)
        self._read: dict[str, None] = {}

    # --- what the client file says -------------------------------------------------------------

    @property
    def role(self) -> Role:
        """Without a client file nothing is declared, and nothing is known of who should send."""
        if self.email.managed and self.email.senders:
            return Role.MAILS
        spf_declared = spf.select(self.declared_texts(self.domain))
        return Role.NEVER if self.email.managed and spf_declared else Role.UNMANAGED

    @property
    def receives(self) -> bool:
        """Does the client file say who takes the domain's mail?"""
        return any(r.type == "MX" and r.content.strip(".") for r in self.records(self.domain, "MX"))

    def records(self, name: str, rdtype: str) -> tuple[Record, ...]:
        """The declared records of one name and type."""
        return tuple(r for r in self.declared.records if r.name == name and r.type == rdtype)

    def declared_texts(self, name: str) -> tuple[str, ...]:
        return texts(record.content for record in self.records(name, "TXT"))

    # --- what DNS says -------------------------------------------------------------------------

    def ask(self, name: str, rdtype: str) -> Answer:
        """The answer, a failure included. Raises NotCollected."""
        answer = answer_of(self.evidence, name, rdtype)
        self._read[DnsProbe(normal(name), rdtype).id] = None
        return answer

    def need(self, name: str, rdtype: str) -> Answer:
        """The answer; a failure ends the check as inconclusive."""
        answer = self.ask(name, rdtype)
        if answer.failure is not None:
            raise Unanswered(name, rdtype, Cause(answer.failure))
        return answer

    def texts(self, name: str) -> tuple[str, ...]:
        return texts(self.need(name, "TXT").data)

    def aliased(self, name: str) -> str | None:
        """The target when ``name`` is a CNAME, by what came with its addresses."""
        return self.aliased_by(name, "A") or self.aliased_by(name, "AAAA")

    def aliased_by(self, name: str, rdtype: str) -> str | None:
        """The target when ``name`` is a CNAME, by what came with its records of one type."""
        for rrset in self.evidence.dns(name, rdtype).answer:
            if rrset.type == "CNAME" and normal(rrset.name) == normal(name):
                return normal(rrset.data[0])
        return None

    def spf_records(self) -> tuple[str, ...]:
        """The domain's SPF records. Ends the check when nothing here concerns mail."""
        found = spf.select(self.texts(self.domain))
        if not found and self.role is Role.UNMANAGED:
            self._show_some_mail()
        return found

    def spf_tree(self) -> spf.Tree | None:
        """The look-up tree; None when there isn't exactly one record."""
        return spf.tree(self.domain, self.ask) if len(self.spf_records()) == 1 else None

    def dmarc_records(self) -> tuple[str, ...]:
        found = dmarc.select(self.texts(dmarc.record_name(self.domain)))
        if not found and self.role is Role.UNMANAGED:
            self._show_some_mail()
        return found

    def dmarc_record(self) -> dmarc.Record | None:
        """The domain's own record; None when there isn't exactly one."""
        found = self.dmarc_records()
        return dmarc.parse(found[0]) if len(found) == 1 else None

    def shows_that_it_never_mails(self) -> bool:
        """Does DNS say so itself: a null MX, and an SPF record that admits nobody?"""
        hosts = [host for _, host in mx_hosts(self.need(self.domain, "MX").data)]
        sends = [text.split() for text in self.spf_records()]
        return hosts == [""] and [terms[1:] for terms in sends] == [["-all"]]

    def _show_some_mail(self) -> None:
        """Raises NoMail unless the domain publishes MX hosts, SPF or DMARC."""
        if any(host for _, host in mx_hosts(self.need(self.domain, "MX").data)):
            return
        if spf.select(self.texts(self.domain)):
            return
        if dmarc.select(self.texts(dmarc.record_name(self.domain))):
            return
        raise NoMail("email: none, and no MX, SPF or DMARC is published")

    def concerns_mail(self) -> None:
        """Ends the check as not applicable where neither the client file nor DNS knows of mail."""
        if self.role is Role.UNMANAGED:
            self._show_some_mail()

    # --- outcomes ------------------------------------------------------------------------------

    def passed(self, observed: str, *, expected: str = "", subject: str = "") -> Outcome:
        return passed(subject or self.domain, observed, expected=expected, evidence=self._read)

    def failed(
        self, observed: str, *, expected: str = "", subject: str = "", fix: Fix | None = None
    ) -> Outcome:
        return failed(subject or self.domain, observed, expected=expected, evidence=self._read, fix=fix)

    def single(self, kind: str, found: tuple[str, ...]) -> Outcome:
        """One record of a kind of which receivers discard several."""
        if not found:
            return self.inapplicable(f"no {kind} record")
        if len(found) > 1:
            return self.failed(f"{len(found)} {kind} records: " + " | ".join(found), expected="exactly one")
        return self.passed(f"one {kind} record")

    def undecided(self, troubles: Iterable[spf.Trouble], observed: str = "") -> Outcome:
        """Inconclusive because of look-ups in the SPF tree that failed."""
        first = next(iter(troubles))
        return self.unknown(Cause(first.failure or Cause.SERVFAIL), f"{observed}{first}")

    def unknown(self, cause: Cause, observed: str, *, subject: str = "") -> Outcome:
        return inconclusive(subject or self.domain, cause, observed, evidence=self._read)

    def inapplicable(self, why: str, *, subject: str = "") -> Outcome:
        return not_applicable(subject or self.domain, why)


def reading(function: Callable[[Mail], Outcome | Iterable[Outcome]]) -> CheckFunction:
    """Turn a function of a ``Mail`` into a check: failed look-ups become inconclusive outcomes."""

    @functools.wraps(function)
    def run(subject: Subject) -> Outcome | Iterable[Outcome]:
        mail = Mail(subject)
        try:
            outcome = function(mail)
            return outcome if isinstance(outcome, Outcome) else list(outcome)
        except Unanswered as failure:
            return mail.unknown(failure.cause, str(failure))
        except NoMail as reason:
            return mail.inapplicable(str(reason))

    return run


# --- planners ----------------------------------------------------------------------------------


def known(subject: Subject, name: str, rdtype: str) -> Answer | None:
    """The answer, or None when it was not collected yet."""
    try:
        return answer_of(subject.evidence, name, rdtype)
    except NotCollected:
        return None


def basics(subject: Subject) -> list[DnsProbe]:
    """What tells whether a domain mails: its TXT, MX and DMARC records."""
    domain = normal(subject.client.domain)
    return [
        DnsProbe(domain, "TXT"),
        DnsProbe(domain, "MX"),
        DnsProbe(dmarc.record_name(domain), "TXT"),
    ]


def spf_tree(subject: Subject) -> list[DnsProbe]:
    """Everything that the domain's SPF record leads to, as far as it is known."""
    domain = normal(subject.client.domain)
    open_questions = spf.wanted(domain, functools.partial(known, subject))
    return [DnsProbe(name, rdtype) for name, rdtype in sorted(open_questions)]

"""Reports about other domains that are sent here: does DNS say that they may be?"""

from __future__ import annotations

from collections.abc import Iterable

from launchready.checklist.email_auth.reader import Mail, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.client_file.senders import accepts_reports_of
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import dmarc
from launchready.mailauth.dns import normal

KEY = "launchready:email.dmarc.accept_reports_from"


def permissions(subject: Subject) -> Iterable[DnsProbe]:
    """The names at which receivers of mail ask for the permission."""
    return [DnsProbe(name, "TXT") for name in _names(Mail(subject)).values()]


def _names(mail: Mail) -> dict[str, str]:
    """Other domain → the name that says it; everyone is asked for by a domain that nobody has."""
    others = {other: other for other in accepts_reports_of(mail.client)}
    if "*" in others:
        others["*"] = f"{mail.evidence.nonce}.example"
    return {other: dmarc.authorization_name(asked, normal(mail.domain)) for other, asked in others.items()}


@check(
    "email_auth.dmarc.accepts_reports",
    severity=Severity.MEDIUM,
    needs=[permissions],
    reference="RFC 9990 §4 (the receiver's side)",
    defect="DMARC reports about another domain can't be sent here, since DNS doesn't allow it",
    fix=Fix(KEY, "bring the stack up; a record at the name takes the place of a wildcard above it"),
    public=False,
)
@reading
def reports_about_others_are_allowed(mail: Mail) -> Iterable[Outcome]:
    """Each domain whose reports are accepted is allowed in DNS to have them sent here."""
    outcomes = [_allowed(mail, other, name) for other, name in _names(mail).items()]
    return outcomes or [mail.inapplicable("no reports about other domains are accepted")]


def _allowed(mail: Mail, other: str, name: str) -> Outcome:
    who = "everyone's" if other == "*" else f"{other}'s"
    answer = mail.ask(name, "TXT")
    if answer.failure is not None:
        return mail.unknown(Cause(answer.failure), f"TXT of {name}: {answer.failure}", subject=name)
    expected = f"{name} TXT v=DMARC1"
    if dmarc.is_authorization(answer.data):
        return mail.passed(f"{who} reports may be sent here", expected=expected, subject=name)
    return mail.failed(f"{who} reports may not be sent here: no such record", expected=expected, subject=name)

"""MX records: as declared, leading to hosts, and honest about taking no mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.email_auth.reader import Mail, Role, basics, known, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import mx
from launchready.mailauth.dns import mx_hosts, normal

RECEIVE = "launchready:email.receive"
SENDERS = "launchready:email.senders"


def hosts(subject: Subject) -> Iterator[DnsProbe]:
    """The addresses of every MX host."""
    answer = known(subject, normal(subject.client.domain), "MX")
    for _, host in mx_hosts(answer.data) if answer is not None else ():
        if host:
            yield DnsProbe(host, "A")
            yield DnsProbe(host, "AAAA")


def _served(mail: Mail) -> mx.Exchangers:
    served = mx.parse(mail.need(mail.domain, "MX").data)
    if not served.hosts and not served.null and mail.role is Role.UNMANAGED:
        mail.concerns_mail()
    return served


@check(
    "email_auth.mx.declared",
    severity=Severity.HIGH,
    needs=[basics],
    reference="client file: email.receive (live = declared, MX)",
    defect="other MX records are served than the client file declares",
    fix=Fix(RECEIVE, "bring the stack up, or declare who takes the mail"),
    public=False,
)
@reading
def mx_is_as_declared(mail: Mail) -> Outcome:
    """The MX records served are those that the client file declares."""
    declared = sorted(
        (record.priority or 0, normal(record.content)) for record in mail.records(mail.domain, "MX")
    )
    if not declared and mail.role is Role.UNMANAGED:
        return mail.inapplicable("no MX is declared")
    served = mx_hosts(mail.need(mail.domain, "MX").data)
    judge = mail.passed if served == declared else mail.failed
    return judge(_shown(served), expected=_shown(declared))


def _shown(pairs: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{preference} {host or '.'}" for preference, host in pairs) or "no MX record"


@check(
    "email_auth.mx.resolves",
    severity=Severity.HIGH,
    needs=[basics, hosts],
    reference="RFC 5321 §5.1",
    defect="an MX host has no address, so that mail waits and bounces",
    fix=Fix(RECEIVE, "correct the host, or delete the record"),
)
@reading
def mx_hosts_have_addresses(mail: Mail) -> Iterable[Outcome]:
    """Each MX host has an address."""
    served = _served(mail)
    outcomes = [_resolves(mail, host) for _, host in served.hosts]
    return outcomes or [mail.inapplicable("a null MX" if served.null else "no MX record")]


def _resolves(mail: Mail, host: str) -> Outcome:
    answers = [mail.ask(host, rdtype) for rdtype in ("A", "AAAA")]
    found = [data for answer in answers for data in answer.data]
    if found:
        return mail.passed(", ".join(found), expected="an address", subject=host)
    failure = next((answer.failure for answer in answers if answer.failure is not None), None)
    if failure is not None:
        return mail.unknown(Cause(failure), f"addresses of {host}: {failure}", subject=host)
    absent = "the name doesn't exist" if all(answer.nxdomain for answer in answers) else "no A and no AAAA"
    return mail.failed(absent, expected="an address", subject=host)


@check(
    "email_auth.mx.alias",
    severity=Severity.MEDIUM,
    needs=[basics, hosts],
    reference="RFC 2181 §10.3",
    defect="an MX host is an alias (CNAME), which some senders refuse",
    fix=Fix(RECEIVE, "name the host that the alias leads to"),
)
@reading
def mx_hosts_are_no_aliases(mail: Mail) -> Iterable[Outcome]:
    """No MX host is a CNAME."""
    served = _served(mail)
    outcomes = []
    for _, host in served.hosts:
        answers = [mail.ask(host, rdtype) for rdtype in ("A", "AAAA")]
        target = mail.aliased(host)
        failure = answers[0].failure
        if target is not None:
            outcomes.append(mail.failed(f"an alias of {target}", expected="no CNAME", subject=host))
        elif failure is not None:
            outcomes.append(mail.unknown(Cause(failure), f"addresses of {host}: {failure}", subject=host))
        else:
            outcomes.append(mail.passed("no alias", expected="no CNAME", subject=host))
    return outcomes or [mail.inapplicable("a null MX" if served.null else "no MX record")]


@check(
    "email_auth.mx.null",
    severity=Severity.HIGH,
    needs=[basics],
    reference="RFC 7505 §3",
    defect="a domain that takes no mail doesn't say so, or one that mails says so, or says both",
    fix=Fix(RECEIVE, "name who takes the mail; with senders: [] launchready declares the null MX"),
)
@reading
def mx_says_whether_mail_is_taken(mail: Mail) -> Outcome:
    """A domain without mail has a null MX and nothing else; a domain that mails has none."""
    served = _served(mail)
    shown = _shown(mx_hosts(mail.need(mail.domain, "MX").data))
    if served.problems:
        return mail.failed("; ".join(served.problems), expected="a null MX alone, or none")
    if mail.role is Role.NEVER and not mail.receives:
        judge = mail.passed if served.null else mail.failed
        return judge(shown, expected="0 . (null MX)")
    if served.null and mail.role is Role.MAILS:
        observed = "a null MX, yet the domain sends mail: receivers may refuse it (RFC 7505 §4.2)"
        return mail.failed(observed, expected="MX hosts")
    return mail.passed(shown)


@check(
    "email_auth.mx.bounces",
    severity=Severity.LOW,
    needs=[basics],
    reference="RFC 5321 §4.5.5",
    defect="a domain that mails takes none: bounces and replies are lost",
    fix=Fix(RECEIVE, "name who takes the domain's mail"),
)
@reading
def mx_takes_bounces(mail: Mail) -> Outcome:
    """A domain that mails has MX hosts."""
    served = _served(mail)
    if mail.role is not Role.MAILS:
        return mail.inapplicable("the domain never mails" if mail.role is Role.NEVER else "email: none")
    hosts_shown = ", ".join(host for _, host in served.hosts)
    return mail.passed(hosts_shown) if served.hosts else mail.failed("no MX host", expected="an MX host")

"""The records around mail: TLS reports, MTA-STS, BIMI. Judged where declared or served."""

from __future__ import annotations

from collections.abc import Callable

from launchready.checklist.email_auth.reader import Mail, basics, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.evidence.types import DnsProbe
from launchready.mailauth import bimi, dmarc, mta_sts, tls_rpt
from launchready.mailauth.dns import normal, texts


def around(subject: Subject) -> list[DnsProbe]:
    """The names of TLS-RPT, MTA-STS and BIMI."""
    domain = normal(subject.client.domain)
    names = (tls_rpt.record_name(domain), mta_sts.record_name(domain), bimi.record_name(domain))
    return [DnsProbe(name, "TXT") for name in names]


def _judge(
    mail: Mail,
    name: str,
    select: Callable[[tuple[str, ...]], tuple[str, ...]],
    problems: Callable[[str], tuple[str, ...]],
) -> Outcome:
    """One record, if there is or should be one: exactly one, and well-formed."""
    declared = select(mail.declared_texts(name))
    served = texts(mail.need(name, "TXT").data)
    counted = select(served)
    if not declared and not served:
        return mail.inapplicable("neither declared nor served", subject=name)
    expected = declared[0] if declared else "exactly one well-formed record"
    if len(counted) != 1:
        observed = f"{len(counted)} records" if counted else f"no such record among {len(served)} TXT"
        return mail.failed(observed, expected=expected, subject=name)
    wrong = problems(counted[0])
    if wrong:
        return mail.failed("; ".join(wrong), expected=expected, subject=name)
    return mail.passed(counted[0], expected=expected, subject=name)


@check(
    "email_auth.tls_rpt.record",
    severity=Severity.MEDIUM,
    needs=[around],
    reference="RFC 8460 §3",
    defect="a TLS reporting record that is missing, doubled or malformed",
    fix=Fix("launchready:email.tls_rpt", "mailto: or https: addresses"),
)
@reading
def tls_rpt_is_well_formed(mail: Mail) -> Outcome:
    """The TLS reporting record, where declared or served, is single and well-formed."""
    name = tls_rpt.record_name(mail.domain)
    return _judge(mail, name, tls_rpt.select, lambda text: tls_rpt.parse(text).problems)


@check(
    "email_auth.mta_sts.record",
    severity=Severity.MEDIUM,
    needs=[around],
    reference="RFC 8461 §3.1",
    defect="an MTA-STS record that is doubled or malformed, so that senders ignore the policy",
    fix=Fix("launchready:email.mta_sts", "bring the stack up: record and policy are made together"),
)
@reading
def mta_sts_record_is_well_formed(mail: Mail) -> Outcome:
    """The MTA-STS record, where declared or served, is single and well-formed."""
    name = mta_sts.record_name(mail.domain)
    return _judge(mail, name, mta_sts.select, lambda text: mta_sts.parse_record(text).problems)


@check(
    "email_auth.bimi.record",
    severity=Severity.LOW,
    needs=[around],
    reference="draft-brand-indicators-for-message-identification, assertion record",
    defect="a BIMI record that is missing, doubled or malformed",
    fix=Fix("launchready:email.bimi", "an https: URL of an SVG logo"),
)
@reading
def bimi_is_well_formed(mail: Mail) -> Outcome:
    """The BIMI record, where declared or served, is single and well-formed."""
    name = bimi.record_name(mail.domain)
    return _judge(mail, name, bimi.select, lambda text: bimi.parse(text).problems)


@check(
    "email_auth.bimi.enforced",
    severity=Severity.LOW,
    needs=[around, basics],
    reference="draft-brand-indicators-for-message-identification, conditions",
    defect="BIMI without enforced DMARC: no receiver shows the logo",
    fix=Fix("launchready:email.dmarc.policy", "quarantine or reject, for subdomains too"),
)
@reading
def bimi_rests_on_enforced_dmarc(mail: Mail) -> Outcome:
    """Where there is a BIMI logo, DMARC is enforced for the domain and its subdomains."""
    name = bimi.record_name(mail.domain)
    records = bimi.select(texts(mail.need(name, "TXT").data))
    if not records or bimi.parse(records[0]).declines:
        return mail.inapplicable("no BIMI logo", subject=name)
    record = mail.dmarc_record()
    none = dmarc.Policy.NONE
    if record is None or none in (record.policy, record.subdomain_policy):
        return mail.failed("DMARC asks for nothing", expected="p and sp quarantine or reject", subject=name)
    return mail.passed(f"p={record.policy}", subject=name)

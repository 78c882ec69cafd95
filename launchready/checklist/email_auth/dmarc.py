"""DMARC as RFC 9989 has it: published, single, enforced, aligned, reporting, as declared."""

from __future__ import annotations

from collections.abc import Iterable

from launchready.checklist.email_auth.reader import Mail, Role, basics, known, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import dmarc
from launchready.mailauth.dns import Answer, normal, texts
from launchready.mailauth.tags import parse_tags
from launchready.mailauth.uris import mail_domain

DMARC = "launchready:email.dmarc"
NOT_ONE = "not exactly one DMARC record"


def above(subject: Subject) -> Iterable[DnsProbe]:
    """The rest of the tree walk, where the domain has no record of its own and may inherit one."""
    domain = normal(subject.client.domain)
    own = known(subject, dmarc.record_name(domain), "TXT")
    if own is None or own.failure is not None or Mail(subject).role is not Role.UNMANAGED:
        return
    if len(dmarc.select(texts(own.data))) != 1:
        names = [dmarc.record_name(name) for name in dmarc.walk_names(domain)[1:]]
        yield from (DnsProbe(name, "TXT") for name in names if not _is_top(name))


def _is_top(name: str) -> bool:
    """``_dmarc.<top-level domain>``: a registry's policy is not the domain's own doing."""
    return name.count(".") == 1


def authorizations(subject: Subject) -> Iterable[DnsProbe]:
    """The names with which others allow reports to be sent to them."""
    domain = normal(subject.client.domain)
    own = known(subject, dmarc.record_name(domain), "TXT")
    records = dmarc.select(texts(own.data)) if own is not None else ()
    for record in map(dmarc.parse, records):
        for target in _external(record, domain):
            yield DnsProbe(dmarc.authorization_name(domain, target), "TXT")


def _external(record: dmarc.Record, domain: str) -> list[str]:
    """Domains outside of this one (neither above nor below it) that reports go to."""
    targets = {target for uri in (*record.rua, *record.ruf) if (target := mail_domain(uri)) is not None}
    return sorted(
        target
        for target in targets
        if target != domain and not target.endswith("." + domain) and not domain.endswith("." + target)
    )


@check(
    "email_auth.dmarc.present",
    severity=Severity.HIGH,
    needs=[basics, above],
    reference="RFC 9989 §4.10.1",
    defect="no DMARC record applies to the domain",
    fix=Fix(DMARC, "let launchready manage the domain's mail, and bring the stack up"),
)
@reading
def dmarc_is_published(mail: Mail) -> Outcome:
    """A DMARC record applies to the domain: its own, or one above it."""
    found = mail.dmarc_records()
    if found:
        return mail.passed(found[0])
    expected = f"one TXT record at {dmarc.record_name(mail.domain)} that begins with 'v=DMARC1'"
    meant = [t for t in mail.texts(dmarc.record_name(mail.domain)) if dmarc.resembles_dmarc(t)]
    if meant:
        return mail.failed(f"no DMARC record; {meant[0]!r} is not taken for one", expected=expected)
    return _inherited(mail, expected)


def _inherited(mail: Mail, expected: str) -> Outcome:
    """Without a record of its own: what a zone above says, where the client file leaves mail alone."""
    if mail.role is not Role.UNMANAGED:
        return mail.failed("no DMARC record", expected=expected)
    try:
        walk = dmarc.discover(
            mail.domain, lambda name, rdtype: Answer() if _is_top(name) else mail.ask(name, rdtype)
        )
    except dmarc.WalkError as error:
        return mail.unknown(Cause(error.failure), f"none of its own; {error}")
    if walk.policy_domain is not None:
        return mail.passed(f"inherits {walk.policy} from {walk.policy_domain}")
    return mail.failed("no DMARC record", expected=expected)


@check(
    "email_auth.dmarc.single",
    severity=Severity.HIGH,
    needs=[basics],
    reference="RFC 9989 §4.10, step 2",
    defect="several DMARC records, all of which receivers discard",
    fix=Fix(DMARC, "delete all but the declared one"),
)
@reading
def dmarc_is_single(mail: Mail) -> Outcome:
    """The domain has no second DMARC record."""
    return mail.single("DMARC", mail.dmarc_records())


@check(
    "email_auth.dmarc.syntax",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="RFC 9989 §4.8",
    defect="a DMARC record that breaks the grammar, so that receivers fall back to defaults",
    fix=Fix(DMARC, "correct the tag named here"),
)
@reading
def dmarc_is_well_formed(mail: Mail) -> Outcome:
    """Every tag of the DMARC record follows the grammar."""
    found = mail.dmarc_records()
    problems = [problem for text in found for problem in dmarc.parse(text).problems]
    if problems:
        return mail.failed("; ".join(problems), expected="tags by RFC 9989 §4.8")
    return mail.passed("well-formed") if found else mail.inapplicable("no DMARC record")


@check(
    "email_auth.dmarc.policy",
    severity=Severity.HIGH,
    needs=[basics],
    reference="RFC 9989 §4.7, p",
    defect="DMARC asks for nothing (p=none), or for less than a domain that never mails needs",
    fix=Fix(
        "launchready:email.dmarc.policy",
        "quarantine or reject; waive this check with a date while in stage none",
    ),
)
@reading
def dmarc_is_enforced(mail: Mail) -> Outcome:
    """DMARC asks receivers to quarantine or reject; a domain that never mails has everything rejected."""
    record = mail.dmarc_record()
    if record is None:
        return mail.inapplicable(NOT_ONE)
    least = dmarc.Policy.REJECT if mail.role is Role.NEVER else dmarc.Policy.QUARANTINE
    shown = f"p={record.p or '(none given)'}" + ("; t=y" if record.testing else "")
    expected = "p=reject" if least is dmarc.Policy.REJECT else "p=quarantine or p=reject"
    if record.policy.strength < least.strength:
        return mail.failed(f"{shown}, applied as {record.policy}", expected=expected)
    return mail.passed(shown, expected=expected)


@check(
    "email_auth.dmarc.subdomains",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="RFC 9989 §4.7, sp and np",
    defect="subdomains get a weaker DMARC policy than the domain",
    fix=Fix("launchready:email.dmarc.sp", "leave sp and np out, or make them as strong as the policy"),
)
@reading
def dmarc_covers_subdomains(mail: Mail) -> Outcome:
    """Neither sp nor np is weaker than p."""
    record = mail.dmarc_record()
    if record is None:
        return mail.inapplicable(NOT_ONE)
    policies = {"sp": record.subdomain_policy, "np": record.absent_policy}
    weaker = [
        f"{tag}={policy}" for tag, policy in policies.items() if policy.strength < record.policy.strength
    ]
    expected = f"at least {record.policy}"
    if weaker:
        return mail.failed(f"{', '.join(weaker)} under p={record.policy}", expected=expected)
    return mail.passed(", ".join(f"{tag}={policy}" for tag, policy in policies.items()), expected=expected)


@check(
    "email_auth.dmarc.alignment",
    severity=Severity.LOW,
    needs=[basics],
    reference="RFC 9989 §4.4",
    defect="relaxed alignment, which lets every subdomain speak for the domain",
    fix=Fix("launchready:email.dmarc.adkim", "set adkim and aspf to s"),
)
@reading
def dmarc_alignment_is_strict(mail: Mail) -> Outcome:
    """SPF and DKIM must pass with the domain itself: adkim=s and aspf=s."""
    record = mail.dmarc_record()
    if record is None:
        return mail.inapplicable(NOT_ONE)
    shown = f"adkim={record.adkim}; aspf={record.aspf}"
    if "r" in (record.adkim, record.aspf):
        return mail.failed(shown, expected="adkim=s; aspf=s")
    return mail.passed(shown, expected="adkim=s; aspf=s")


@check(
    "email_auth.dmarc.testing",
    severity=Severity.LOW,
    needs=[basics],
    reference="RFC 9989 §4.7, t",
    defect="DMARC is in test mode: receivers apply the policy one level weaker",
    fix=Fix("launchready:email.dmarc.testing", "false"),
)
@reading
def dmarc_is_not_a_test(mail: Mail) -> Outcome:
    """The DMARC policy is meant, not tested."""
    record = mail.dmarc_record()
    if record is None:
        return mail.inapplicable(NOT_ONE)
    return mail.failed("t=y", expected="t=n") if record.testing else mail.passed("no t=y", expected="t=n")


@check(
    "email_auth.dmarc.obsolete",
    severity=Severity.LOW,
    needs=[basics],
    reference="RFC 9989 appendix A, removal of pct",
    defect="tags that no receiver heeds any more, such as pct",
    fix=Fix(DMARC, "take the tag out; t=y is what is left of pct"),
)
@reading
def dmarc_has_no_dead_tags(mail: Mail) -> Outcome:
    """The DMARC record has no removed or unknown tags."""
    record = mail.dmarc_record()
    if record is None:
        return mail.inapplicable(NOT_ONE)
    return mail.failed("; ".join(record.remarks)) if record.remarks else mail.passed("no dead tags")


@check(
    "email_auth.dmarc.reports",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="RFC 9989 §4.7, rua",
    defect="nobody gets DMARC's aggregate reports",
    fix=Fix("launchready:email.dmarc.rua", "name a mailbox or a service that reads them"),
)
@reading
def dmarc_reports_go_somewhere(mail: Mail) -> Outcome:
    """Aggregate reports have an address (a domain that never mails may do without)."""
    record = mail.dmarc_record()
    if record is None:
        return mail.inapplicable(NOT_ONE)
    if record.rua:
        return mail.passed(", ".join(record.rua))
    if mail.role is Role.NEVER or (mail.role is Role.UNMANAGED and mail.shows_that_it_never_mails()):
        return mail.inapplicable("a domain that never mails needs no reports")
    return mail.failed("no rua=", expected="rua=mailto:…")


@check(
    "email_auth.dmarc.reports_allowed",
    severity=Severity.MEDIUM,
    needs=[basics, authorizations],
    reference="RFC 9990 §4",
    defect="DMARC reports go to a domain that hasn't agreed to get them, so they are not sent",
    fix=Fix(
        "launchready:email.dmarc.rua", "have the receiver publish the name given here, or use another address"
    ),
)
@reading
def dmarc_reports_are_allowed(mail: Mail) -> Iterable[Outcome]:
    """Every other domain that reports go to has agreed in DNS."""
    record = mail.dmarc_record()
    targets = _external(record, mail.domain) if record is not None else []
    if not targets:
        return [mail.inapplicable("no reports to another domain" if record is not None else NOT_ONE)]
    return [_allowed(mail, target) for target in targets]


def _allowed(mail: Mail, target: str) -> Outcome:
    name = dmarc.authorization_name(mail.domain, target)
    answer = mail.ask(name, "TXT")
    if answer.failure is not None:
        return mail.unknown(Cause(answer.failure), f"TXT of {name}: {answer.failure}", subject=name)
    expected = f"{name} TXT v=DMARC1"
    if dmarc.is_authorization(answer.data):
        return mail.passed(f"{target} agrees", expected=expected, subject=name)
    return mail.failed(f"{target} has not agreed: no such record", expected=expected, subject=name)


@check(
    "email_auth.dmarc.declared",
    severity=Severity.HIGH,
    needs=[basics],
    reference="client file: email.dmarc (live = declared, DMARC)",
    defect="another DMARC record is served than the client file declares",
    fix=Fix(DMARC, "bring the stack up, or declare what is served"),
    public=False,
)
@reading
def dmarc_is_as_declared(mail: Mail) -> Outcome:
    """The DMARC record served is the one that the client file declares."""
    declared = dmarc.select(mail.declared_texts(dmarc.record_name(mail.domain)))
    if not declared:
        return mail.inapplicable("no DMARC record is declared")
    served = mail.dmarc_records()
    expected = " | ".join(declared)
    # a second record beside the declared one is dmarc.single's finding
    if not all(_tags(text) in map(_tags, served) for text in declared):
        return mail.failed(" | ".join(served) or "no DMARC record", expected=expected)
    return mail.passed(" | ".join(served), expected=expected)


def _tags(text: str) -> list[tuple[str, str]]:
    """The tags, however they are spaced and ordered."""
    return sorted((tag.name, tag.value) for tag in parse_tags(text, fold=True).tags)

"""Keys that launchready makes: how old the active ones are, and whether the retired ones end."""

from __future__ import annotations

from collections.abc import Iterable

from launchready.checklist.email_auth.reader import Mail, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.declared.types import Declared
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import dkim
from launchready.mailauth.dkim_keys import MAX_AGE_MONTHS, age_in_months
from launchready.mailauth.dns import normal, texts

DKIM = "launchready:email.dkim"


def open_keys(mail: Mail) -> list[Outcome]:
    """Inconclusive, with the reason, for each DKIM record that only creation completes and nothing told."""
    return [
        mail.unknown(Cause.NOT_CREATED, pending.reason, subject=pending.record.name)
        for pending in mail.declared.pending
        if "._domainkey." in pending.record.name
    ]


def name_of(declared: Declared, selector: str) -> str:
    return dkim.selector_name(selector.lower(), normal(declared.domain))


def retired(subject: Subject) -> Iterable[DnsProbe]:
    """The records of keys whose last day is over."""
    for plan in subject.declared.dkim_keys:
        if plan.until is not None and plan.until < subject.evidence.now.date():
            yield DnsProbe(name_of(subject.declared, plan.selector), "TXT")


@check(
    "email_auth.dkim.age",
    severity=Severity.LOW,
    reference="M3AAWG DKIM key rotation best practices, §3",
    defect="a DKIM key that has signed for more than a year: whoever got hold of it still can",
    fix=Fix(DKIM, "run `launch dkim rotate CLIENT`"),
    public=False,
)
@reading
def active_keys_are_young(mail: Mail) -> Iterable[Outcome]:
    """Each generated key that signs was made in the last twelve months."""
    outcomes = []
    for plan in mail.declared.dkim_keys:
        if not plan.active:
            continue
        name, expected = name_of(mail.declared, plan.selector), f"at most {MAX_AGE_MONTHS} months"
        try:
            age = age_in_months(plan.created or "", mail.evidence.now)
        except ValueError:
            why = "when the key was made is a stack output, which was not read"
            outcomes.append(mail.unknown(Cause.NOT_CREATED, why, subject=name))
            continue
        judge = mail.failed if age > MAX_AGE_MONTHS else mail.passed
        shown = f"made {plan.created}, {max(age, 0.0):.1f} months ago"
        outcomes.append(judge(shown, expected=expected, subject=name))
    return outcomes or [mail.inapplicable("no key is generated here")]


@check(
    "email_auth.dkim.retired",
    severity=Severity.LOW,
    needs=[retired],
    reference="RFC 6376 §3.6.1, empty p",
    defect="a retired DKIM key is still published after its last day",
    fix=Fix(DKIM, "set revoked: true for the selector, or take it out"),
    public=False,
)
@reading
def retired_keys_are_gone(mail: Mail) -> Iterable[Outcome]:
    """No generated key is usable after the last day that the file gives it."""
    outcomes = []
    for plan in mail.declared.dkim_keys:
        if plan.until is None or plan.until >= mail.evidence.now.date():
            continue
        name, expected = name_of(mail.declared, plan.selector), f"no usable key after {plan.until}"
        usable = [text for text in texts(mail.need(name, "TXT").data) if dkim.parse_key(text).usable]
        judge = mail.failed if usable else mail.passed
        outcomes.append(judge(usable[0] if usable else "no usable key", expected=expected, subject=name))
    return outcomes or [mail.inapplicable("no retired key's last day is over")]

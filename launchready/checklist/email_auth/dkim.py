"""DKIM keys of the declared selectors: served, sound, strong, as declared; and whom they cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from launchready.checklist.email_auth.created import open_keys
from launchready.checklist.email_auth.reader import Mail, Role, basics, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.client_file.senders import ResolvedSender, resolved
from launchready.declared.types import Declared
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import dkim
from launchready.mailauth.dns import Answer, normal, text_of, texts
from launchready.mailauth.presets import Preset

DKIM = "launchready:email.dkim"
USUAL = ("default", "dkim", "google", "k1", "mail", "s1", "selector1")
"""Selectors that providers use unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A declared key record: where it is, and the text or the CNAME target it must have."""

    name: str
    text: str | None
    target: str | None


def selectors(declared: Declared) -> list[Selector]:
    """Every selector that the client file declares; the wildcard that revokes all is none."""
    suffix = "._domainkey." + normal(declared.domain)
    found = []
    for record in declared.records:
        name = record.name
        if not name.endswith(suffix) or name.startswith("*") or record.type not in ("TXT", "CNAME"):
            continue
        if record.type == "CNAME":
            found.append(Selector(name, None, normal(record.content)))
        else:
            found.append(Selector(name, text_of(record.content), None))
    return sorted(found, key=lambda selector: selector.name)


def keys(subject: Subject) -> Iterator[DnsProbe]:
    """The key records of the declared selectors, and the CNAMEs that lead to them."""
    for selector in selectors(subject.declared):
        yield DnsProbe(selector.name, "TXT")
        if selector.target is not None:
            yield DnsProbe(selector.name, "CNAME")


def usual_keys(subject: Subject) -> Iterator[DnsProbe]:
    """The key records of the usual selectors, for a domain that never mails."""
    if Mail(subject).role is Role.NEVER:
        for selector in USUAL:
            yield DnsProbe(dkim.selector_name(selector, normal(subject.client.domain)), "TXT")


def _each(mail: Mail) -> list[tuple[Selector, Answer]]:
    return [(selector, mail.ask(selector.name, "TXT")) for selector in selectors(mail.declared)]


def _none(mail: Mail) -> list[Outcome]:
    return [mail.inapplicable("no DKIM selector is declared")]


def _unanswered(mail: Mail, selector: Selector, answer: Answer) -> Outcome:
    failure = answer.failure or Cause.SERVFAIL
    return mail.unknown(Cause(failure), f"TXT of {selector.name}: {failure}", subject=selector.name)


@check(
    "email_auth.dkim.key",
    severity=Severity.HIGH,
    needs=[keys],
    reference="RFC 6376 §3.6.1",
    defect="a declared DKIM selector has no key that verifiers can use",
    fix=Fix(DKIM, "publish the sender's key as it is, in one record"),
    public=False,
)
@reading
def dkim_keys_are_served(mail: Mail) -> Iterable[Outcome]:
    """Each declared selector serves exactly one valid key."""
    found = [_usable(mail, selector, answer) for selector, answer in _each(mail)]
    return [*found, *open_keys(mail)] or _none(mail)


def _usable(mail: Mail, selector: Selector, answer: Answer) -> Outcome:
    if answer.failure is not None:
        return _unanswered(mail, selector, answer)
    found = texts(answer.data)
    expected = f"one valid key at {selector.name}"
    if len(found) != 1:
        behind = f" behind {selector.target}" if selector.target else ""
        observed = f"{len(found)} TXT records" if found else f"no key record{behind}"
        return mail.failed(observed, expected=expected, subject=selector.name)
    key = dkim.parse_key(found[0])
    if key.problems:
        return mail.failed("; ".join(key.problems), expected=expected, subject=selector.name)
    if key.revoked and dkim.parse_key(selector.text or "").revoked:
        return mail.passed("revoked (empty p=), as declared", expected=expected, subject=selector.name)
    if key.revoked:
        return mail.failed("the key is revoked (empty p=)", expected=expected, subject=selector.name)
    return mail.passed(f"{key.type}, {key.bits} bits", expected=expected, subject=selector.name)


def _unknown(mail: Mail) -> list[Outcome]:
    """The declared selectors whose keys could not be looked at."""
    return [
        _unanswered(mail, selector, answer) for selector, answer in _each(mail) if answer.failure is not None
    ]


def _sound(mail: Mail) -> Iterator[tuple[Selector, dkim.KeyRecord]]:
    """Declared selectors with a usable key; what else is wrong is dkim.key's to say."""
    for selector, answer in _each(mail):
        found = texts(answer.data)
        key = dkim.parse_key(found[0]) if len(found) == 1 else None
        if key is not None and key.usable:
            yield selector, key


@check(
    "email_auth.dkim.strength",
    severity=Severity.MEDIUM,
    needs=[keys],
    reference="RFC 8301 §3.2",
    defect="an RSA key of less than 2048 bits",
    fix=Fix(DKIM, "have the sender make a key of 2048 bits, or an Ed25519 key beside it"),
    public=False,
)
@reading
def dkim_keys_are_strong(mail: Mail) -> Iterable[Outcome]:
    """Each declared RSA key has at least 2048 bits."""
    outcomes = []
    for selector, key in _sound(mail):
        shown = f"{key.type}, {key.bits} bits"
        expected = f"RSA of at least {dkim.RECOMMENDED_BITS} bits, or Ed25519"
        weak = key.type == "rsa" and key.bits < dkim.RECOMMENDED_BITS
        judge = mail.failed if weak else mail.passed
        outcomes.append(judge(shown, expected=expected, subject=selector.name))
    return [*outcomes, *_unknown(mail)] or [mail.inapplicable("no usable DKIM key")]


@check(
    "email_auth.dkim.test_mode",
    severity=Severity.LOW,
    needs=[keys],
    reference="RFC 6376 §3.6.1, t",
    defect="a DKIM key in test mode: verifiers treat its mail as unsigned",
    fix=Fix(DKIM, "take t=y out of the key record"),
    public=False,
)
@reading
def dkim_keys_are_not_tests(mail: Mail) -> Iterable[Outcome]:
    """No declared key has t=y."""
    outcomes = [
        (mail.failed("t=y", expected="no t=y", subject=selector.name))
        if key.testing
        else mail.passed("no t=y", expected="no t=y", subject=selector.name)
        for selector, key in _sound(mail)
    ]
    return [*outcomes, *_unknown(mail)] or [mail.inapplicable("no usable DKIM key")]


@check(
    "email_auth.dkim.declared",
    severity=Severity.HIGH,
    needs=[keys],
    reference="client file: email.dkim (live = declared, DKIM)",
    defect="another DKIM key is served than the client file declares",
    fix=Fix(DKIM, "bring the stack up, or declare the key that the sender signs with"),
    public=False,
)
@reading
def dkim_keys_are_as_declared(mail: Mail) -> Iterable[Outcome]:
    """Each declared selector serves the declared key, or leads to the declared name."""
    found = [_as_declared(mail, selector) for selector in selectors(mail.declared)]
    return [*found, *open_keys(mail)] or _none(mail)


def _as_declared(mail: Mail, selector: Selector) -> Outcome:
    rdtype = "TXT" if selector.text is not None else "CNAME"
    answer = mail.ask(selector.name, rdtype)
    if answer.failure is not None:
        return mail.unknown(
            Cause(answer.failure), f"{rdtype} of {selector.name}: {answer.failure}", subject=selector.name
        )
    if selector.target is not None:
        served = [normal(target) for target in answer.data]
        judge = mail.passed if served == [selector.target] else mail.failed
        return judge(", ".join(served) or "no CNAME", expected=selector.target, subject=selector.name)
    found = texts(answer.data)
    declared = selector.text or ""
    same = len(found) == 1 and dkim.same_key(found[0], declared)
    judge = mail.passed if same else mail.failed
    return judge(" | ".join(found) or "no key record", expected=declared, subject=selector.name)


@check(
    "email_auth.dkim.present",
    severity=Severity.LOW,
    reference="RFC 9989 §5.1.2",
    defect="a domain that mails declares no DKIM key, so that DMARC hangs on SPF alone",
    fix=Fix(DKIM, "add the selectors that the senders show"),
    public=False,
)
@reading
def dkim_is_used(mail: Mail) -> Outcome:
    """A domain that mails declares at least one DKIM selector."""
    if mail.role is not Role.MAILS:
        return mail.inapplicable("the domain never mails" if mail.role is Role.NEVER else "email: none")
    found = [selector.name for selector in selectors(mail.declared)]
    found += [
        pending.record.name for pending in mail.declared.pending if "._domainkey." in pending.record.name
    ]
    return (
        mail.passed(", ".join(found))
        if found
        else mail.failed("no selector", expected="at least one selector")
    )


@check(
    "email_auth.dkim.nobody",
    severity=Severity.MEDIUM,
    needs=[usual_keys],
    reference="RFC 6376 §3.6.1, empty p",
    defect="a domain that never mails still serves a DKIM key that signs for it",
    fix=Fix("launchready:email.senders", "delete the key, or name its sender"),
    public=False,
)
@reading
def dkim_signs_for_nobody_where_nobody_sends(mail: Mail) -> Outcome:
    """A domain that never mails has no usable key at the usual selectors."""
    if mail.role is not Role.NEVER:
        return mail.inapplicable("the domain sends mail" if mail.role is Role.MAILS else "email: none")
    live = []
    for selector in USUAL:
        name = dkim.selector_name(selector, mail.domain)
        live += [name for text in mail.texts(name) if dkim.parse_key(text).usable]
    return mail.failed("usable: " + ", ".join(live)) if live else mail.passed("no usable key")


@check(
    "email_auth.dmarc.senders",
    severity=Severity.HIGH,
    needs=[basics, keys],
    reference="RFC 9989 §4.4.1",
    defect="a sender passes DMARC neither by SPF (its return path is elsewhere) nor by DKIM",
    fix=Fix(DKIM, "add the selectors with which this sender signs as the domain"),
    public=False,
)
@reading
def dmarc_passes_for_every_sender(mail: Mail) -> Iterable[Outcome]:
    """Each sender whose return path is not the domain has a usable DKIM key of the domain."""
    sound = [selector for selector, _ in _sound(mail)]
    unanswered = [(s, a) for s, a in _each(mail) if a.failure is not None]
    outcomes = []
    for sender in _foreign(mail):
        name, preset = sender.name, sender.preset
        signing = [s.name for s in sound if _signs(s, preset) and not _of_another(mail, s, sender)]
        expected = f"{name} signs with d={mail.domain}"
        if signing:
            outcomes.append(
                mail.passed(", ".join(signing), expected=expected, subject=f"{mail.domain} ({name})")
            )
        elif unanswered:
            outcomes.append(_unanswered(mail, *unanswered[0]))
        elif still_open := open_keys(mail):
            outcomes.append(still_open[0])
        else:
            observed = f"{name} has a return path elsewhere and no usable DKIM key here"
            outcomes.append(mail.failed(observed, expected=expected, subject=f"{mail.domain} ({name})"))
    return outcomes or [mail.inapplicable("every sender's return path is the domain")]


def _foreign(mail: Mail) -> Iterator[ResolvedSender]:
    """The senders that can't pass by SPF. Under relaxed alignment a return path below the domain can."""
    for sender in resolved(mail.client):
        if not sender.passes_by_spf(mail.email.dmarc.aspf):
            yield sender


def _signs(selector: Selector, preset: Preset | None) -> bool:
    """Could this be a selector of that sender? A delegation must lead to it; a key of one's own may be."""
    if selector.target is None:
        return True
    return preset is not None and preset.dkim.leads_here(selector.target)


def _of_another(mail: Mail, selector: Selector, sender: ResolvedSender) -> bool:
    """Is it, by its usual label or because it was made for it, another declared sender's?"""
    label = selector.name.partition("._domainkey.")[0]
    for plan in mail.declared.dkim_keys:
        if plan.selector.lower() == label and plan.sender:
            return plan.sender != sender.name
    own = sender.preset.name if sender.preset is not None else None
    others = [sender.preset for sender in resolved(mail.client) if sender.preset is not None]
    return any(other.name != own and label in other.dkim.selectors for other in others)

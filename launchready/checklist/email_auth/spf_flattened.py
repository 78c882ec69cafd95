"""Flattened SPF goes stale: what the includes resolve to now, against what the client file has of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import timedelta

from launchready.checklist.email_auth.reader import Mail, known, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.client_file.spf_record import to_flatten
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth import spf
from launchready.mailauth.spf.flatten import Flat, NotFlattenedError, flatten, read

RENEW = Fix(
    "launchready:spf_flattened", "run `launch spf flatten CLIENT`, review the change, bring the stack up"
)
SHOWN = 12
"""Networks named in one outcome."""


def behind(subject: Subject) -> list[DnsProbe]:
    """Everything that the flattened includes lead to, as far as it is known."""
    lookup = functools.partial(known, subject)
    wanted = {question for include in _stored(Mail(subject)) for question in spf.wanted(include, lookup)}
    return [DnsProbe(name, rdtype) for name, rdtype in sorted(wanted)]


def _stored(mail: Mail) -> dict[str, tuple[str, ...]]:
    """The flattened includes that are in use: include → the terms that stand for it."""
    taken = mail.client.spf_flattened
    if taken is None or not mail.email.managed:
        return {}
    return {
        include: taken.includes[include] for include in to_flatten(mail.client) if include in taken.includes
    }


Judge = Callable[[str, Flat, Flat], Outcome]


def _each(mail: Mail, judge: Judge, broken: Callable[[str, str], Outcome]) -> Iterable[Outcome]:
    """One outcome for each include; one that DNS could not tell about is inconclusive.

    ``broken``: the outcome for an include, or its terms, that can't be used.
    """
    outcomes = []
    for include, terms in _stored(mail).items():
        try:
            outcomes.append(judge(include, read(terms), flatten(include, mail.ask)))
        except NotFlattenedError as error:
            if error.failure is None:
                outcomes.append(broken(include, f"it can't be used any more: {error}"))
            else:
                outcomes.append(mail.unknown(Cause(error.failure), str(error), subject=include))
        except ValueError as error:
            outcomes.append(broken(include, f"spf_flattened has a term that is none: {error}"))
    return outcomes or [mail.inapplicable("no SPF include is flattened")]


def _list(terms: Iterable[str]) -> str:
    found = list(terms)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


@check(
    "email_auth.spf.flattened.fresh",
    severity=Severity.HIGH,
    needs=[behind],
    reference="RFC 7208 §5.2 (flattened SPF: addresses that were added since)",
    defect="a sender uses addresses that the flattened SPF record does not admit",
    fix=RENEW,
    public=False,
)
@reading
def flattened_spf_admits_every_address(mail: Mail) -> Iterable[Outcome]:
    """Every address that a flattened include admits now is admitted by what stands for it."""

    def judge(include: str, stored: Flat, now: Flat) -> Outcome:
        lost = (*(now.passing - stored.passing).terms(), *(t for t in now.kept if t not in stored.kept))
        expected = f"all that include:{include} admits"
        if lost:
            return mail.failed(f"not admitted: {_list(lost)}", expected=expected, subject=include)
        return mail.passed("every address is admitted", expected=expected, subject=include)

    return _each(mail, judge, lambda include, why: mail.failed(why, subject=include))


@check(
    "email_auth.spf.flattened.extra",
    severity=Severity.MEDIUM,
    needs=[behind],
    reference="RFC 7208 §5.2 (flattened SPF: addresses that were given up since)",
    defect="the flattened SPF record admits addresses that the sender has given up",
    fix=RENEW,
    public=False,
)
@reading
def flattened_spf_admits_no_other_address(mail: Mail) -> Iterable[Outcome]:
    """What stands for a flattened include admits no address that the include doesn't admit now."""

    def judge(include: str, stored: Flat, now: Flat) -> Outcome:
        extra = (*(stored.passing - now.passing).terms(), *(t for t in stored.kept if t not in now.kept))
        expected = f"nothing that include:{include} does not admit"
        if extra:
            return mail.failed(f"still admitted: {_list(extra)}", expected=expected, subject=include)
        return mail.passed("no other address", expected=expected, subject=include)

    # an include that is broken is the first check's finding
    return _each(mail, judge, lambda include, why: mail.inapplicable(why, subject=include))


@check(
    "email_auth.spf.flattened.age",
    severity=Severity.LOW,
    reference="client file: email.spf.max_age",
    defect="nobody has looked at the flattened SPF addresses for a long time",
    fix=RENEW,
    public=False,
)
@reading
def flattened_spf_is_young(mail: Mail) -> Outcome:
    """The flattened addresses are younger than ``email.spf.max_age``."""
    taken = mail.client.spf_flattened
    if taken is None or not _stored(mail):
        return mail.inapplicable("no SPF include is flattened")
    age = mail.evidence.now.date() - taken.taken
    limit = timedelta(seconds=mail.email.spf.max_age)
    expected = f"at most {limit.days} days old"
    judge = mail.failed if age > limit else mail.passed
    return judge(f"taken on {taken.taken}, {age.days} days ago", expected=expected)

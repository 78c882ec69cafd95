"""What to renew, and when: certificates, the domain, keys, secrets, and waivers that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from launchready.report.handover.blocks import Block, Code, Line, Paragraph, Table, line, listed
from launchready.report.handover.known import Known, day_in, every
from launchready.report.handover.people import kept_by

YEAR = timedelta(days=365)
MOST_HOSTS = 6


@dataclass(frozen=True, slots=True)
class Renewal:
    """``when`` None: no fixed day, ``every`` says how often."""

    what: Line
    who: Line
    when: date | None = None
    every: str = ""


def renewals(known: Known) -> Iterator[Block]:
    """One table: what has a day first, in that order."""
    found = [
        *_certificates(known),
        *_registration(known),
        *_dkim(known),
        *_dmarc(known),
        *_spf(known),
        *_secrets(known),
        *_waivers(known),
    ]
    found.sort(key=lambda one: (one.when is None, one.when or date.max))
    rows = tuple((line(_when(one, known.today)), one.what, one.who) for one in found)
    yield Table("", ("When", "What", "Who, and how"), rows)
    if known.verification is None:
        yield Paragraph(
            line(
                "Days of certificates are known after a verification: give its document with --verification."
            )
        )


def _when(one: Renewal, today: date) -> str:
    if one.when is None:
        return one.every
    late = " (past)" if one.when < today else ""
    return f"{one.when.isoformat()}{late}"


def _certificates(known: Known) -> Iterator[Renewal]:
    """By the day on which they end, apart for who renews them."""
    proxied = {known.client.fqdn(name): host.proxied or host.redirect is not None
               for name, host in known.client.hosts.items()}  # fmt: skip
    days: dict[tuple[date | None, bool], list[str]] = {}
    if known.verification is not None:
        for finding in known.findings("tls.certificate.expiry"):
            if finding.status != "not_applicable" and finding.subject in proxied:
                key = (day_in(finding.observed), proxied[finding.subject])
                days.setdefault(key, []).append(finding.subject)
    else:
        for host, through in proxied.items():
            days.setdefault((None, through), []).append(host)
    for (day, through), hosts in days.items():
        who = (
            "Cloudflare, by itself, some weeks before"
            if through
            else "whoever runs that server; check that it renews by itself"
        )
        what = line("Certificate of ", *listed(hosts, MOST_HOSTS))
        yield Renewal(what, line(who), day, "" if day else "every few months")


def _registration(known: Known) -> Iterator[Renewal]:
    """The domain itself: its day where a check has found it."""
    days = [
        day
        for finding in (known.verification.findings if known.verification else ())
        if "registration" in finding.check and (day := day_in(finding.observed)) is not None
    ]
    who = line("you, at the registrar: switch automatic renewal on, and keep its payment card current")
    yield Renewal(
        line("Registration of ", Code(known.client.domain)),
        who,
        min(days, default=None),
        "once a year or as paid",
    )


def _dkim(known: Known) -> Iterator[Renewal]:
    created = {plan.selector: plan.created for plan in known.declared.dkim_keys}
    for selector, key in known.client.email.dkim.items():
        if key.revoked or kept_by(key) == "the sender, by itself":
            continue
        what = line("DKIM key ", Code(selector))
        if key.until is not None:
            yield Renewal(
                line(*what, " is retired: take it out of the client file"), line("your agency"), key.until
            )
            continue
        if key.generate is not None:
            made = _day(created.get(selector))
            due = made + YEAR if made is not None else None
            yield Renewal(
                what, line("your agency: ", *known.by("dkim rotate", "a new selector")), due, "every year"
            )
        else:
            yield Renewal(what, line("ask the sender for a new one, then your agency"), None, "every year")


def _day(text: str | None) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None


def _dmarc(known: Known) -> Iterator[Renewal]:
    for stage in known.client.email.dmarc.stages:
        if stage.until is not None and stage.until >= known.today:
            how = line("your agency: ", *known.by("dmarc next", "a stricter policy"))
            yield Renewal(line(f"DMARC stage “{stage.policy}” ends"), how, stage.until)


def _spf(known: Known) -> Iterator[Renewal]:
    flattened = known.client.spf_flattened
    if flattened is not None:
        due = flattened.taken + timedelta(seconds=known.client.email.spf.max_age)
        how = line("your agency: ", *known.by("spf flatten", "resolve them anew"))
        yield Renewal(line("Addresses in the SPF record grow old"), how, due)


def _secrets(known: Known) -> Iterator[Renewal]:
    environment = known.declared.environment
    if environment is None:
        return
    ages: dict[int, list[str]] = {}
    for one in environment.secrets:
        if one.rotate_after:
            ages.setdefault(one.rotate_after, []).append(one.name)
    for age, names in sorted(ages.items()):
        what = line("Secrets: ", *listed(names))
        how = line("your agency: ", *known.by("env rotate {} NAME", "a new value, and the old one revoked"))
        yield Renewal(what, how, None, every(age))


def _waivers(known: Known) -> Iterator[Renewal]:
    for waiver in known.client.waivers:
        what = line("Accepted until then: ", Code(waiver.check), f" ({waiver.reason})")
        yield Renewal(what, line("your agency: mend it, or agree anew"), waiver.until)

"""The logo behind a BIMI record, where a declared host serves it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from launchready.checklist.email_auth.reader import Mail, known, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.evidence.types import HttpProbe
from launchready.mailauth import bimi, svg_tiny_ps
from launchready.mailauth.dns import normal, texts

MEDIA = "image/svg+xml"


def logo(subject: Subject) -> Iterable[HttpProbe]:
    """The logo, when the record is known and one of the declared hosts serves it."""
    answer = known(subject, bimi.record_name(normal(subject.client.domain)), "TXT")
    url = _logo(texts(answer.data)) if answer is not None else None
    if url is not None and _is_own(subject.declared.hosts, url):
        yield HttpProbe(url)


def _logo(served: Iterable[str]) -> str | None:
    """The logo's URL of the one usable record."""
    records = bimi.select(served)
    record = bimi.parse(records[0]) if len(records) == 1 else None
    return record.logo if record is not None and record.logo and not record.problems else None


def _is_own(hosts: Iterable[str], url: str) -> bool:
    return (urlsplit(url).hostname or "").lower() in hosts


@check(
    "email_auth.bimi.logo",
    severity=Severity.LOW,
    needs=[logo],
    reference="draft-svg-tiny-ps-abrotman; draft-brand-indicators-for-message-identification, l",
    defect="a BIMI logo that receivers don't show: not served, or not SVG Tiny PS",
    fix=Fix("launchready:email.bimi.logo", "serve an SVG Tiny PS file as image/svg+xml, without a redirect"),
)
@reading
def bimi_logo_is_tiny_ps(mail: Mail) -> Outcome:
    """The BIMI logo, where a declared host serves it, is an SVG Tiny PS file."""
    name = bimi.record_name(mail.domain)
    url = _logo(mail.texts(name))
    if url is None:
        return mail.inapplicable("no usable BIMI record with a logo", subject=name)
    if not _is_own(mail.declared.hosts, url):
        return mail.inapplicable(f"{url} is on a host that the client file doesn't declare", subject=name)
    result = mail.evidence.http(url)
    expected = f"200, {MEDIA}, SVG Tiny PS of at most {svg_tiny_ps.MAX_BYTES} bytes"
    if result.cause is not None:
        return mail.unknown(result.cause, result.detail or result.cause.value, subject=url)
    if result.status != 200:
        return mail.failed(f"status {result.status}", expected=expected, subject=url)
    media = (result.header("content-type") or "").partition(";")[0].strip().lower()
    wrong = [] if media == MEDIA else [f"content-type {media or '(none)'}"]
    wrong += svg_tiny_ps.problems(result.body)
    if wrong:
        return mail.failed("; ".join(wrong), expected=expected, subject=url)
    return mail.passed(f"{len(result.body)} bytes, SVG Tiny PS", expected=expected, subject=url)

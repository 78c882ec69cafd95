"""MTA-STS: the policy as senders fetch it, against the mail hosts that are served and what is declared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from launchready.checklist.email_auth.reader import Mail, basics, known, reading
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check
from launchready.evidence.types import Cause, DnsProbe, HttpProbe, HttpResult, Probe, TlsProbe
from launchready.mailauth import mta_sts
from launchready.mailauth.dns import mx_hosts, normal, texts

STS = "launchready:email.mta_sts"
RUNTIME_HEADER, NO_RUNTIME = "x-launchready-edge", "no-javascript-runtime"
"""What a local edge says when it can't run the Worker that serves the policy."""


@dataclass(frozen=True, slots=True)
class Served:
    """The policy file: its text if it could be fetched as senders do, else what is wrong with it."""

    text: str = ""
    wrong: str = ""


def record(subject: Subject) -> list[DnsProbe]:
    """The ``_mta-sts`` record."""
    return [DnsProbe(mta_sts.record_name(normal(subject.client.domain)), "TXT")]


def policy_file(subject: Subject) -> Iterable[Probe]:
    """The policy and its certificate, where there is or should be a policy."""
    domain = normal(subject.client.domain)
    answer = known(subject, mta_sts.record_name(domain), "TXT")
    declared = subject.client.email.sts_policy is not None
    if declared or (answer is not None and _announced(texts(answer.data))):
        yield HttpProbe(mta_sts.policy_url(domain))
        yield TlsProbe(f"mta-sts.{domain}")


def _announced(served: tuple[str, ...]) -> bool:
    """Do senders look for a policy? They ignore records that are malformed or several (§3.1)."""
    found = mta_sts.select(served)
    return len(found) == 1 and not mta_sts.parse_record(found[0]).problems


def _ids(mail: Mail) -> tuple[str, ...]:
    """The ids of the served records."""
    found = mta_sts.select(mail.texts(mta_sts.record_name(mail.domain)))
    return tuple(mta_sts.parse_record(text).id for text in found)


def _concerned(mail: Mail) -> bool:
    """Is there a policy, declared or announced?"""
    served = mail.texts(mta_sts.record_name(mail.domain))
    return mail.client.email.sts_policy is not None or _announced(served)


def _fetch(mail: Mail) -> Served | Outcome:
    """The policy as a sender gets it; an outcome where that could not be found out."""
    url = mta_sts.policy_url(mail.domain)
    result = mail.evidence.http(url)
    if result.cause in (Cause.NXDOMAIN, Cause.NODATA):
        return Served(wrong=f"mta-sts.{mail.domain} has no address")
    if result.cause is not None:
        # without a connection there is no policy; whose fault that is, nobody can tell from here
        return mail.unknown(result.cause, f"{url}: {result.detail or result.cause}", subject=url)
    if (result.header(RUNTIME_HEADER) or "") == NO_RUNTIME:
        reason = result.body.decode(errors="replace").strip()
        return mail.unknown(Cause.NO_RUNTIME, reason, subject=url)
    wrong = _wrong(result)
    if wrong:
        return Served(wrong=wrong)
    return Served(text=result.body.decode("utf-8", errors="replace"))


def _wrong(result: HttpResult) -> str:
    if result.status is not None and 300 <= result.status < 400:
        return f"a redirect to {result.header('location')}, which senders must not follow"
    if result.status != 200:
        return f"HTTP {result.status}"
    kind = (result.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "text/plain":
        return f"content-type {kind or '(none)'}, not text/plain"
    if len(result.body) > mta_sts.MAX_POLICY_BYTES:
        return f"{len(result.body)} bytes"
    return ""


@check(
    "email_auth.mta_sts.policy",
    severity=Severity.MEDIUM,
    needs=[record, policy_file],
    reference="RFC 8461 §3.3",
    defect="an MTA-STS policy that senders can't fetch or read, so that they deliver without TLS as before",
    fix=Fix(
        STS, "bring the stack up; no redirect, no other content and a valid certificate on mta-sts.<domain>"
    ),
)
@reading
def policy_is_served(mail: Mail) -> Outcome:
    """The policy is served over HTTPS with a valid certificate, as text, without a redirect, and is one."""
    if not _concerned(mail):
        return mail.inapplicable("no MTA-STS policy is declared or announced")
    url, expected = mta_sts.policy_url(mail.domain), "200, text/plain, a valid policy and certificate"
    fetched = _fetch(mail)
    if isinstance(fetched, Outcome):
        return fetched
    if fetched.wrong:
        return mail.failed(fetched.wrong, expected=expected, subject=url)
    handshake = mail.evidence.tls(f"mta-sts.{mail.domain}")
    if handshake.trusted is None:
        cause = handshake.cause or Cause.TLS
        return mail.unknown(cause, f"no handshake: {handshake.detail or cause}", subject=url)
    if not handshake.trusted:
        return mail.failed(f"certificate: {handshake.trust_error}", expected=expected, subject=url)
    problems = mta_sts.parse_policy(fetched.text).problems
    if problems:
        return mail.failed("; ".join(problems), expected=expected, subject=url)
    return mail.passed(" ".join(fetched.text.split()), expected=expected, subject=url)


@check(
    "email_auth.mta_sts.hosts",
    severity=Severity.HIGH,
    needs=[basics, record, policy_file],
    reference="RFC 8461 §4.1",
    defect="a mail host that the MTA-STS policy does not name: under enforce, mail for it is not delivered",
    fix=Fix(STS, "declare every mail host, then bring the stack up: the policy is made from them"),
)
@reading
def policy_names_every_mail_host(mail: Mail) -> Outcome:
    """Each MX host that is served matches a pattern of the policy that is served."""
    if not _concerned(mail):
        return mail.inapplicable("no MTA-STS policy is declared or announced")
    fetched = _fetch(mail)
    if isinstance(fetched, Outcome):
        return fetched
    policy = mta_sts.parse_policy(fetched.text)
    if fetched.wrong or not policy.mode or policy.mode == "none":
        return mail.inapplicable("no policy in force is served")
    hosts = [host for _, host in mx_hosts(mail.need(mail.domain, "MX").data) if host]
    left_out = [host for host in hosts if not policy.allows(host)]
    expected = f"every MX host among {', '.join(policy.mx)}"
    if left_out:
        return mail.failed(f"not in the policy: {', '.join(left_out)}", expected=expected)
    return mail.passed(f"{len(hosts)} MX hosts, all in the policy", expected=expected)


@check(
    "email_auth.mta_sts.declared",
    severity=Severity.MEDIUM,
    needs=[record, policy_file],
    reference="client file: email.mta_sts (live = declared, MTA-STS)",
    defect="another policy is served than the client file declares, or its id did not change with it",
    fix=Fix(STS, "bring the stack up"),
    public=False,
)
@reading
def policy_is_as_declared(mail: Mail) -> Outcome:
    """Mode, hosts and age of the served policy are the declared ones, and so is the id that announces it."""
    wanted = mail.client.email.sts_policy
    if wanted is None:
        return mail.inapplicable("no MTA-STS policy is declared")
    announced = mta_sts.select(mail.declared_texts(mta_sts.record_name(mail.domain)))
    ids = tuple(mta_sts.parse_record(text).id for text in announced)
    served_ids = _ids(mail)
    if served_ids != ids:
        shown = ", ".join(served_ids) or "no record"
        return mail.failed(f"id {shown}", expected=f"id {', '.join(ids)}", subject=mail.domain)
    fetched = _fetch(mail)
    if isinstance(fetched, Outcome):
        return fetched
    if fetched.wrong:
        return mail.failed(fetched.wrong, expected=f"mode {wanted.mode}")
    policy = mta_sts.parse_policy(fetched.text)
    hosts = {r.content.lower() for r in mail.records(mail.domain, "MX") if r.content.strip(".")}
    patterns = {normal(host) for host in (wanted.mx or hosts)}
    expected = f"mode {wanted.mode}, max_age {wanted.max_age}, mx {', '.join(sorted(patterns))}"
    same = (policy.mode, policy.max_age, {normal(host) for host in policy.mx})
    judge = mail.passed if same == (wanted.mode, wanted.max_age, patterns) else mail.failed
    shown = f"mode {policy.mode}, max_age {policy.max_age}, mx {', '.join(sorted(policy.mx))}"
    return judge(shown, expected=expected)

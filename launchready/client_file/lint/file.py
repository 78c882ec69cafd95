"""Lints of the file as a whole: domain, ids, keys of later versions, quotas, waivers, hosts' targets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from launchready.client_file import rdata
from launchready.client_file.created import created_records
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.quota import too_many
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import is_hostname, relative
from launchready.client_file.positions import key_text
from launchready.client_file.redirects import rules
from launchready.client_file.senders import accepts_reports_of, resolved
from launchready.client_file.spf_record import compose
from launchready.mailauth.presets import PRESETS


@rule(
    "client_file.domain.name",
    reference="RFC 1123 §2.1, RFC 1035 §2.3.4",
    fix="write the registered domain, such as acme.example",
)
def the_domain_can_be_registered(context: Context) -> Iterator[Hit]:
    """The domain is a host name of two labels or more."""
    domain = context.domain
    if "." not in domain or not is_hostname(domain) or rdata.is_address(domain):
        yield Hit("domain", f"{domain!r} can't be a zone: it is no domain of two labels or more")


@rule(
    "client_file.id.shape",
    reference="developers.cloudflare.com/api (identifiers)",
    fix="copy the id from Cloudflare's dashboard: 32 hexadecimal digits",
)
def ids_are_hexadecimal(context: Context) -> Iterator[Hit]:
    """Account and zone ids are 32 hexadecimal digits."""
    for key, value in _ids(context):
        if not re.fullmatch(r"[0-9a-f]{32}", value):
            yield Hit(key, f"{key} is no Cloudflare id")


@rule(
    "client_file.id.unquoted",
    reference="YAML 1.2.2 §10.3.2 (an id of digits, or digits with an e, is a number)",
    fix='put it between quotes: "0123…"',
)
def ids_are_quoted(context: Context) -> Iterator[Hit]:
    """Ids are quoted, so that no reader takes them for numbers."""
    for key, _ in _ids(context):
        if context.positions.unquoted(key):
            yield Hit(key, f"{key} is not quoted")


def _ids(context: Context) -> Iterator[tuple[str, str]]:
    if context.client.account is not None:
        yield "account", context.client.account
    if context.client.zone.id is not None:
        yield "zone.id", context.client.zone.id


@rule(
    "client_file.plan.records",
    reference="developers.cloudflare.com/dns (records per zone, by plan)",
    fix="take records out, or raise the plan",
)
def records_fit_the_plan(context: Context) -> Iterator[Hit]:
    """The zone has no more records than its plan allows, those that tls and email declare included."""
    count = len(context.entries) + _derived(context)
    if hit := too_many("records", "DNS records", count, "dns_records", context):
        yield hit


def _derived(context: Context) -> int:
    """How many records ``tls`` and ``email`` declare."""
    tls, email = context.client.tls, context.client.email
    count = 0 if tls.caa == "none" else 2 * len(tls.caa) + (tls.caa_iodef is not None)
    if not email.managed:
        return count
    count += created_records(context.client)
    count += 2 + len(email.dkim) + bool(email.tls_rpt) + (email.bimi is not None)  # 2: SPF and DMARC
    count += len(accepts_reports_of(context.client))
    if email.receive is not None and email.receive in PRESETS:
        count += len(PRESETS[email.receive].mx(context.domain))
    elif not email.senders:
        count += 1  # the null MX
    if not email.senders:
        return count + 1  # every DKIM key revoked
    return count + _of_senders(context)


def _of_senders(context: Context) -> int:
    """Records that senders bring along: further SPF records, return paths, DKIM delegations."""
    senders, composed = resolved(context.client), compose(context.client)
    known = {selector for sender in senders for selector, _ in sender.delegations()}
    paths = {record for sender in senders for record in sender.path_records()}
    further = len(composed.records) - 1 if composed is not None else 0
    return further + len(paths) + len(known - {selector.lower() for selector in context.client.email.dkim})


@rule(
    "client_file.plan.redirects",
    reference="developers.cloudflare.com/rules/url-forwarding (single redirects, by plan)",
    fix="merge redirects with *, or raise the plan",
)
def redirects_fit_the_plan(context: Context) -> Iterator[Hit]:
    """The zone has no more redirects than its plan allows; each redirect-only host is one."""
    if hit := too_many("redirects", "redirects", len(rules(context.client)), "redirect_rules", context):
        yield hit


@rule(
    "client_file.plan.tags",
    reference="developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes",
    fix="take the tags out, or raise the plan",
)
def tags_fit_the_plan(context: Context) -> Iterator[Hit]:
    """A record has no more tags than the plan allows (none on Free)."""
    for number, record in enumerate(context.client.records):
        if hit := too_many(f"records[{number}].tags", "tags", len(record.tags), "record_tags", context):
            yield hit


@rule(
    "client_file.plan.comment",
    reference="developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes",
    fix="shorten the comment, or raise the plan",
)
def comments_fit_the_plan(context: Context) -> Iterator[Hit]:
    """A record's comment is no longer than the plan allows."""
    for number, record in enumerate(context.client.records):
        length, key = len(record.comment or ""), f"records[{number}].comment"
        if hit := too_many(key, "characters in a comment", length, "comment_length", context):
            yield hit


@rule(
    "client_file.waiver.unknown",
    reference="design: waivers",
    fix="write an id that `launch checks` lists",
)
def waivers_name_a_check(context: Context) -> Iterator[Hit]:
    """A waiver names a check (or a lint that may be waived)."""
    if context.checks is None:
        return
    known = context.checks | context.waivable
    for number, waiver in enumerate(context.client.waivers):
        if waiver.check not in known:
            near = difflib.get_close_matches(waiver.check, known, 1)
            advice = f"did you mean `{near[0]}`?" if near else None
            yield Hit(f"waivers[{number}].check", f"there is no check {waiver.check!r}", advice)


@rule(
    "client_file.waiver.expired",
    level=Level.WARNING,
    reference="design: a waived finding counts again after its date",
    fix="take the waiver out, or give it a new date and reason",
)
def waivers_have_not_expired(context: Context) -> Iterator[Hit]:
    """A waiver's date lies ahead."""
    for number, waiver in enumerate(context.client.waivers):
        if waiver.until < context.today:
            yield Hit(f"waivers[{number}].until", f"the waiver of {waiver.check} ended on {waiver.until}")


@rule(
    "client_file.hosts.twice",
    reference="RFC 4343 (names ignore case)",
    fix="keep one of them",
)
def hosts_are_given_once(context: Context) -> Iterator[Hit]:
    """A host is given once, however it is written."""
    for key in context.client.hosts:
        try:
            normal = relative(key, context.domain)
        except ValueError:
            continue
        if normal != key and normal in context.client.hosts:
            yield Hit(key_text(("hosts", key)), f"{key!r} and {normal!r} are the same host")


@rule(
    "client_file.host.redirect",
    reference="design: hosts",
    fix='name another key of hosts ("@" is the apex), or a full URL',
)
def host_redirects_lead_somewhere(context: Context) -> Iterator[Hit]:
    """A host's ``redirect`` names a host of the file or a URL."""
    for key, host in context.client.hosts.items():
        target = host.redirect
        if target is None or "://" in target:
            continue
        if "/" in target:
            yield Hit(key_text(("hosts", key, "redirect")), f"{target!r} is neither a host nor a full URL")
        elif not context.answered_by(context.client.fqdn(target), frozenset(context.by_name)):
            near = difflib.get_close_matches(target, context.client.hosts, 1)
            advice = f"did you mean `{near[0]}`?" if near else None
            yield Hit(key_text(("hosts", key, "redirect")), f"there is no host {target!r}", advice)

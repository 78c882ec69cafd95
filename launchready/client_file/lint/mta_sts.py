"""Lints of MTA-STS: the policy's mail hosts, its age, and the host that serves it."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.created import policy_host, policy_host_by_worker
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import to_ascii
from launchready.client_file.positions import key_text
from launchready.client_file.senders import receiver
from launchready.mailauth import mta_sts

DAY = 86_400


def exchangers(context: Context) -> list[str]:
    """The declared hosts that take the domain's mail."""
    preset = receiver(context.client)
    hosts = [host for _, host in preset.mx(context.domain)] if preset is not None else []
    hosts += [entry.content for entry in context.rrsets.get((context.domain, "MX"), ())]
    return [host.lower().rstrip(".") for host in hosts if host.strip(".")]


@rule(
    "client_file.mta_sts.mx",
    reference="RFC 8461 §3.2 (mx)",
    fix="name who takes the mail with email.receive, or set mta_sts: none",
)
def a_policy_names_mail_hosts(context: Context) -> Iterator[Hit]:
    """A policy has mail hosts: the domain receives mail."""
    policy = context.client.email.sts_policy
    if policy is not None and not exchangers(context):
        yield Hit("email.mta_sts", f"mta_sts {policy.mode}, and no host is declared that takes mail")


@rule(
    "client_file.mta_sts.covers",
    reference="RFC 8461 §4.1 (MX host validation)",
    fix="leave mx out (the declared hosts are then named), or add the pattern",
)
def a_policy_covers_every_mail_host(context: Context) -> Iterator[Hit]:
    """Each declared MX host matches a pattern of ``mta_sts.mx``, and each pattern is one."""
    policy = context.client.email.sts_policy
    if policy is None or not policy.mx:
        return
    lines = "".join(f"mx: {pattern}\n" for pattern in policy.mx)
    parsed = mta_sts.parse_policy(f"version: STSv1\nmode: {policy.mode}\n{lines}max_age: {DAY}\n")
    for problem in parsed.problems:
        yield Hit("email.mta_sts.mx", problem)
    for host in exchangers(context):
        if not parsed.allows(host):
            yield Hit("email.mta_sts.mx", f"no pattern matches the MX host {host}")


@rule(
    "client_file.mta_sts.max_age",
    reference="RFC 8461 §3.2 (max_age)",
    fix="a week is usual: max_age: 7d",
)
def a_policy_is_kept_for_a_sound_time(context: Context) -> Iterator[Hit]:
    """``max_age`` is at most a year, and a day or more."""
    policy = context.client.email.sts_policy
    if policy is None:
        return
    if not 1 <= policy.max_age <= mta_sts.MAX_AGE:
        what = f"a max_age of {policy.max_age} s; allowed are 1 to {mta_sts.MAX_AGE}"
        yield Hit("email.mta_sts.max_age", what)
    elif policy.max_age < DAY:
        what = f"a max_age of {policy.max_age} s protects for less than a day"
        yield Hit("email.mta_sts.max_age", what, level=Level.WARNING)


@rule(
    "client_file.mta_sts.host",
    reference="RFC 8461 §3.3 (the policy host is mta-sts.<domain>)",
    fix="leave the name to mta_sts, or say who serves the policy: mta_sts: {mode: …, host: …}",
)
def the_policy_host_is_declared_once(context: Context) -> Iterator[Hit]:
    """``mta-sts.<domain>`` is declared by ``mta_sts`` or by the file, and not by both."""
    policy, host = context.client.email.sts_policy, policy_host(context.domain)
    if policy is None:
        return
    there = context.by_name.get(host, [])
    if policy.host != host:
        for entry in there:
            yield Hit(entry.key, f"{entry.type} of {host} beside the one that email.mta_sts declares")
    elif not context.answered_by(host, frozenset(context.by_name)):
        yield Hit(
            "email.mta_sts.host", f"{host} serves the policy, and nothing declares it", "add it to hosts"
        )


@rule(
    "client_file.mta_sts.managed",
    reference="RFC 8461 §3.1 (several records count as none)",
    fix="leave it out of records, or set mta_sts: none",
)
def the_record_is_declared_once(context: Context) -> Iterator[Hit]:
    """Where ``email.mta_sts`` declares the ``_mta-sts`` record, ``records`` has none."""
    if context.client.email.sts_policy is None:
        return
    for entry in context.by_name.get(mta_sts.record_name(context.domain), ()):
        yield Hit(entry.key, f"{entry.type} of {entry.name} beside the one that email.mta_sts declares")


@rule(
    "client_file.mta_sts.redirect",
    reference="RFC 8461 §3.3 (redirects must not be followed)",
    fix="take the redirect away: senders of mail would find no policy",
)
def the_policy_is_not_redirected(context: Context) -> Iterator[Hit]:
    """No redirect is made for the policy host. (Wildcards leave it out by themselves.)"""
    policy, host = context.client.email.sts_policy, policy_host(context.domain)
    if policy is None:
        return
    for number, entry in enumerate(context.client.redirects):
        if _host_of(entry.source) == host:
            yield Hit(f"redirects[{number}].from", f"a redirect of {host}, which serves the MTA-STS policy")
    for key, declared in context.client.hosts.items():
        if declared.redirect is not None and context.client.fqdn(key) == host:
            yield Hit(key_text(("hosts", key, "redirect")), f"{host} serves the MTA-STS policy and redirects")


def _host_of(source: str) -> str:
    try:
        return to_ascii(source.partition("/")[0])
    except ValueError:
        return ""


@rule(
    "client_file.mta_sts.https",
    reference="RFC 8461 §3.3 (the policy is fetched over HTTPS)",
    fix="set tls.mode to strict",
)
def the_policy_is_served_over_https(context: Context) -> Iterator[Hit]:
    """HTTPS is not off where a Worker serves the policy."""
    if policy_host_by_worker(context.client) is not None and context.client.tls.mode == "off":
        yield Hit("email.mta_sts", "mta_sts with tls.mode off: nobody can fetch the policy over HTTPS")


@rule(
    "client_file.mta_sts.unreported",
    level=Level.WARNING,
    reference="RFC 8460 §1 (reports show what enforcement would refuse)",
    fix="set email.tls_rpt to an address of yours, and read some weeks of reports before enforce",
)
def enforcement_is_reported(context: Context) -> Iterator[Hit]:
    """``enforce`` goes with TLS reports: otherwise nobody learns which mail does not arrive."""
    email = context.client.email
    if email.sts_policy is not None and email.sts_policy.mode == "enforce" and not email.tls_rpt:
        yield Hit("email.mta_sts", "mta_sts enforce without TLS reports")

"""Lints of MX records."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import rdata
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule


@rule(
    "client_file.mx.host",
    reference="RFC 5321 §5.1, RFC 1035 §3.3.9",
    fix="give priority and a host name: {type: MX, priority: 10, content: mx.example}",
)
def mx_records_name_a_host(context: Context) -> Iterator[Hit]:
    """An MX has a priority and names a host, not an address."""
    for entry in context.of_type("MX"):
        reason = rdata.fault("MX", entry.content, None, entry.priority) if entry.data is None else None
        if reason:
            yield Hit(entry.key, f"MX of {entry.name}: {reason}")


@rule(
    "client_file.mx.null",
    reference="RFC 7505 §3",
    fix="keep either the null MX or the others; a domain that receives mail names who in email.receive, "
    "or sets email: none",
)
def a_null_mx_stands_alone(context: Context) -> Iterator[Hit]:
    """A null MX has priority 0 and no MX beside it."""
    email = context.client.email
    derived = email.managed and email.receive is None and not email.senders
    for (name, rdtype), entries in context.rrsets.items():
        if rdtype != "MX":
            continue
        null = [e for e in entries if e.content == "."]
        others = [e for e in entries if e.content not in ("", ".")]
        if null and others:
            yield Hit(null[0].key, f"{name} has a null MX beside {others[0].content}")
        elif null and null[0].priority not in (0, None):
            yield Hit(null[0].key, f"the null MX of {name} has priority {null[0].priority}, not 0")
        elif derived and others and name == context.domain:
            yield Hit(
                others[0].key,
                f"{name} has an MX in records, but `email` has no senders and no receiver, "
                "which declares a null MX",
            )


@rule(
    "client_file.mx.managed",
    reference="design: one place declares a record",
    fix="leave it out of records, or take email.receive away",
)
def mx_records_are_declared_once(context: Context) -> Iterator[Hit]:
    """Where ``email.receive`` names who takes the mail, ``records`` has no MX at the apex."""
    email = context.client.email
    if not email.managed or email.receive is None:
        return
    for entry in context.rrsets.get((context.domain, "MX"), ()):
        yield Hit(entry.key, f"MX {entry.content} beside email.receive: {email.receive}")


@rule(
    "client_file.mx.proxied",
    level=Level.WARNING,
    reference="developers.cloudflare.com/dns/manage-dns-records/how-to/email-records",
    fix="let the MX name a host with proxied: false",
)
def mx_hosts_are_not_proxied(context: Context) -> Iterator[Hit]:
    """An MX names no proxied host: the edge takes no mail."""
    for entry in context.of_type("MX"):
        if entry.content in context.proxied_names:
            yield Hit(entry.key, f"the MX of {entry.name} names {entry.content}, which is proxied")

"""Lints of CNAMEs: what may stand beside one, and what must not point at one."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.lint.context import Context, Entry
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.rdata import srv_target


def _aliases_with_company(context: Context) -> Iterator[tuple[Entry, list[Entry]]]:
    for alias in context.of_type("CNAME"):
        others = [e for e in context.by_name[alias.name] if e.type != "CNAME"]
        if others:
            yield alias, others


def _listed(entries: list[Entry]) -> str:
    return ", ".join(sorted({e.type for e in entries}))


@rule(
    "client_file.cname.beside_data",
    reference="RFC 1034 §3.6.2, RFC 2181 §10.1",
    fix="give the name addresses instead of a CNAME, or move its other records to another name",
)
def a_cname_stands_alone(context: Context) -> Iterator[Hit]:
    """A name with a CNAME has no other data: resolvers would never see it.

    The apex is the exception: Cloudflare flattens a CNAME there, so it may stand beside MX and TXT.
    Addresses beside a CNAME are refused everywhere, proxied or not (Cloudflare's errors 81053, 81054).
    """
    for alias, others in _aliases_with_company(context):
        addresses = [e for e in others if e.type in ("A", "AAAA")]
        if addresses:
            yield Hit(alias.key, f"{alias.name} has a CNAME beside {_listed(addresses)}")
        elif alias.name != context.domain and not alias.proxied:
            yield Hit(alias.key, f"{alias.name} has a CNAME beside {_listed(others)}")


@rule(
    "client_file.cname.beside_data_proxied",
    reference="RFC 1034 §3.6.2; Cloudflare flattens a proxied CNAME, and only while it is proxied",
    fix="give the name addresses instead of a CNAME, move its other records, or waive this lint with a date",
    waivable=True,
)
def a_proxied_cname_stands_alone(context: Context) -> Iterator[Hit]:
    """A name with a proxied CNAME has no other data: it vanishes when the proxy is turned off."""
    for alias, others in _aliases_with_company(context):
        if alias.name == context.domain or not alias.proxied or any(e.type in ("A", "AAAA") for e in others):
            continue
        yield Hit(
            alias.key,
            f"{alias.name} has a CNAME beside {_listed(others)}, which is served only while it is proxied",
        )


@rule(
    "client_file.cname.several",
    reference="RFC 2181 §10.1; Cloudflare error 81053",
    fix="keep one of them",
)
def a_name_has_one_cname(context: Context) -> Iterator[Hit]:
    """A name has at most one CNAME."""
    for (name, rdtype), entries in context.rrsets.items():
        if rdtype == "CNAME" and len({e.value for e in entries}) > 1:
            yield Hit(entries[1].key, f"{name} has {len(entries)} CNAMEs")


@rule(
    "client_file.cname.apex_dns_only",
    level=Level.WARNING,
    reference="RFC 1034 §3.6.2; developers.cloudflare.com/dns/cname-flattening",
    fix="set proxied: true, or give the apex addresses",
)
def an_apex_cname_is_proxied(context: Context) -> Iterator[Hit]:
    """A CNAME at the apex that isn't proxied is answered with addresses that Cloudflare looks up."""
    for alias in context.rrsets.get((context.domain, "CNAME"), ()):
        if not alias.proxied:
            yield Hit(
                alias.key,
                f"the apex has a CNAME to {alias.content} that is not proxied: Cloudflare flattens it, "
                "so visitors get the addresses that Cloudflare sees, not those for their own region",
            )


@rule(
    "client_file.cname.loop",
    reference="RFC 1034 §3.6.2 (CNAME chains)",
    fix="point one of them at something that has an address",
)
def cname_chains_end(context: Context) -> Iterator[Hit]:
    """No chain of CNAMEs leads back to where it began."""
    for alias in context.of_type("CNAME"):
        seen = [alias.name]
        step: Entry | None = alias
        while step is not None and step.content not in seen:
            seen.append(step.content)
            step = context.alias_of(step.content)
        if step is not None and step.content == alias.name:
            yield Hit(alias.key, f"the CNAMEs {' → '.join([*seen, alias.name])} go in a circle")


def _pointing_at_alias(context: Context, rdtype: str) -> Iterator[tuple[Entry, str, Entry]]:
    for entry in context.of_type(rdtype):
        target = srv_target(entry.content, entry.data) if rdtype == "SRV" else entry.content
        alias = context.alias_of(target) if target else None
        if target and alias is not None and not _flattened(alias, context.domain):
            yield entry, target, alias


def _flattened(alias: Entry, domain: str) -> bool:
    return alias.proxied or alias.name == domain


@rule(
    "client_file.mx.alias",
    reference="RFC 2181 §10.3, RFC 5321 §5.1",
    fix="name the host that the CNAME points at",
)
def mx_hosts_are_no_aliases(context: Context) -> Iterator[Hit]:
    """An MX names a host with addresses, never a CNAME."""
    for entry, target, alias in _pointing_at_alias(context, "MX"):
        yield Hit(
            f"{entry.key}.content", f"the MX of {entry.name} names {target}, a CNAME to {alias.content}"
        )


@rule(
    "client_file.ns.alias",
    reference="RFC 2181 §10.3, RFC 1912 §2.4",
    fix="name the host that the CNAME points at",
)
def name_servers_are_no_aliases(context: Context) -> Iterator[Hit]:
    """An NS names a host with addresses, never a CNAME."""
    for entry, target, alias in _pointing_at_alias(context, "NS"):
        yield Hit(
            f"{entry.key}.content", f"the NS of {entry.name} names {target}, a CNAME to {alias.content}"
        )


@rule(
    "client_file.srv.alias",
    reference="RFC 2782 (Target)",
    fix="name the host that the CNAME points at",
)
def srv_targets_are_no_aliases(context: Context) -> Iterator[Hit]:
    """An SRV names a host with addresses, never a CNAME."""
    for entry, target, alias in _pointing_at_alias(context, "SRV"):
        yield Hit(entry.key, f"the SRV of {entry.name} names {target}, a CNAME to {alias.content}")

"""Lints of single records and of RRsets: type, name, value, duplicates, TTL, proxying."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from launchready.client_file import rdata
from launchready.client_file.lint.context import Context, Entry
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import MAX_NAME, to_ascii, within
from launchready.client_file.plans import MAXIMUM_TTL

KINDS = ", ".join(sorted(rdata.TYPES))


@rule(
    "client_file.record.type",
    reference="developers.cloudflare.com/dns/manage-dns-records/reference/dns-record-types",
    fix=f"use one of {KINDS}",
)
def record_types_exist(context: Context) -> Iterator[Hit]:
    """A record's type is one that Cloudflare takes."""
    for number, record in enumerate(context.client.records):
        if record.type not in rdata.TYPES:
            hint = {
                "SOA": "the SOA is Cloudflare's own",
                "SPF": "the type SPF is obsolete (RFC 7208 §3.1): use TXT",
                "ALIAS": "use a CNAME: Cloudflare flattens it at the apex",
                "ANAME": "use a CNAME: Cloudflare flattens it at the apex",
            }.get(record.type)
            yield Hit(f"records[{number}].type", f"Cloudflare takes no record of type {record.type}", hint)


@rule(
    "client_file.record.name",
    reference="RFC 1035 §2.3.4, RFC 5891",
    fix='write "@", a name relative to the domain, or a full name of the zone',
)
def names_are_dns_names(context: Context) -> Iterator[Hit]:
    """Names of hosts and records are DNS names."""
    for key, name in _names(context):
        reason = _name_fault(name, context)
        if reason:
            yield Hit(key, reason)


def _names(context: Context) -> Iterator[tuple[str, str]]:
    for key in context.client.hosts:
        yield f'hosts["{key}"]' if "." in key else f"hosts.{key}", key
    for number, record in enumerate(context.client.records):
        yield f"records[{number}].name", record.name


def _name_fault(name: str, context: Context) -> str | None:
    try:
        to_ascii(name)
    except ValueError as error:
        return str(error)
    full = context.client.fqdn(name)
    return f"{full} has {len(full)} characters; at most {MAX_NAME}" if len(full) > MAX_NAME else None


@rule(
    "client_file.record.outside",
    reference="RFC 1034 §4.2",
    fix="leave it out, or write it without the trailing dot if it is meant to be below the domain",
)
def names_are_inside_the_zone(context: Context) -> Iterator[Hit]:
    """Hosts and records are names of the zone."""
    for key, name in _names(context):
        if name.endswith(".") and not within(name[:-1], context.domain):
            yield Hit(key, f"{name} is outside the zone {context.domain}")


@rule(
    "client_file.wildcard.shape",
    reference="RFC 4592 §2.1.1; Cloudflare takes * as the whole first label only",
    fix="write * as the first label, alone: *.shop",
)
def wildcards_are_the_first_label(context: Context) -> Iterator[Hit]:
    """A wildcard is the whole first label and occurs once."""
    for key, name in _names(context):
        if "*" in name and (name.count("*") > 1 or not (name == "*" or name.startswith("*."))):
            yield Hit(key, f"{name} is no wildcard: the * must be the whole first label")


@rule(
    "client_file.record.address",
    reference="RFC 1035 §3.4.1, RFC 3596",
    fix="write an IPv4 address for A, an IPv6 address for AAAA",
)
def addresses_are_addresses(context: Context) -> Iterator[Hit]:
    """A and AAAA records, and ``address``, hold IP addresses."""
    for entry in context.of_type("A", "AAAA"):
        reason = rdata.fault(entry.type, entry.content, entry.data, None)
        if reason:
            yield Hit(entry.key if entry.from_hosts else f"{entry.key}.content", f"{entry.name}: {reason}")


@rule(
    "client_file.record.target",
    reference="RFC 1035 §3.3",
    fix="write a host name, such as acme-app.host.example",
)
def targets_are_host_names(context: Context) -> Iterator[Hit]:
    """CNAME, NS and PTR records point at a name."""
    for entry in context.of_type("CNAME", "NS", "PTR"):
        reason = rdata.fault(entry.type, entry.content, entry.data, None)
        if reason:
            suffix = ".cname" if entry.from_hosts else ".content"
            yield Hit(entry.key + suffix, f"{entry.type} of {entry.name}: {reason}")


@rule(
    "client_file.record.data",
    reference="developers.cloudflare.com/api (dns records), and the type's own RFC",
    fix="write the value as a zone file would, or its parts under data",
)
def structured_values_parse(context: Context) -> Iterator[Hit]:
    """CAA, SRV, TLSA, DS, HTTPS and their kind have a value of their type."""
    for entry in context.of_type(*rdata.STRUCTURED):
        reason = rdata.fault(entry.type, entry.content or None, entry.data, entry.priority)
        if reason:
            part = ".data" if entry.data is not None else ".content"
            yield Hit(entry.key + part, f"{entry.type} of {entry.name}: {reason}")


@rule(
    "client_file.record.form",
    reference="developers.cloudflare.com/api (dns records)",
    fix="give content to A, AAAA, CNAME, MX, NS, PTR and TXT; one of content and data to the others",
)
def content_or_data(context: Context) -> Iterator[Hit]:
    """A record has content or data, whichever its type takes, and not both."""
    for number, record in enumerate(context.client.records):
        if record.type not in rdata.TYPES or record.data is None:
            continue
        if record.content is not None:
            yield Hit(f"records[{number}].data", f"{record.type} of {record.name} has both content and data")
        elif record.type not in rdata.STRUCTURED:
            yield Hit(f"records[{number}].data", f"{record.type} of {record.name} takes content, not data")


@rule(
    "client_file.record.duplicate",
    reference="RFC 2181 §5; Cloudflare error 81058",
    fix="keep one of them",
)
def records_are_given_once(context: Context) -> Iterator[Hit]:
    """No record is given twice within ``hosts`` or within ``records``."""
    for first, second in _repeated(context):
        if first.from_hosts == second.from_hosts:
            yield Hit(
                second.key, f"{second.type} {second.name} {second.content} is given twice ({first.key})"
            )


@rule(
    "client_file.record.host_twice",
    reference="RFC 2181 §5; Cloudflare error 81058",
    fix="keep the one in hosts",
)
def records_repeat_no_host(context: Context) -> Iterator[Hit]:
    """What ``hosts`` declares is not declared again in ``records``."""
    for first, second in _repeated(context):
        if first.from_hosts and not second.from_hosts:
            yield Hit(second.key, f"{second.type} {second.name} {second.content} is already in {first.key}")


def _repeated(context: Context) -> Iterator[tuple[Entry, Entry]]:
    for entries in context.rrsets.values():
        if len(entries) < 2:
            continue
        seen: dict[object, Entry] = {}
        for entry in entries:
            first = seen.setdefault(entry.identity, entry)
            if first is not entry:
                yield first, entry


@rule(
    "client_file.record.host_conflict",
    reference="design: one place declares what answers at a host",
    fix="move the addresses to hosts, or the host to records",
)
def hosts_and_records_do_not_share_a_name(context: Context) -> Iterator[Hit]:
    """A host's addresses are all in ``hosts``: none of another value is added in ``records``."""
    hosts = {e.name: e for e in context.entries if e.from_hosts and e.type != "CNAME"}
    for entry in context.of_type("A", "AAAA"):
        host = hosts.get(entry.name)
        if host is not None and not entry.from_hosts:
            twins = context.rrsets.get((entry.name, entry.type), [])
            if not any(t.from_hosts and t.identity == entry.identity for t in twins):
                yield Hit(entry.key, f"{entry.name} has {entry.content} in records beside {host.key}")


@rule(
    "client_file.ttl.proxied",
    reference="developers.cloudflare.com/dns/manage-dns-records/reference/ttl",
    fix="leave ttl out, or set proxied: false",
)
def proxied_records_have_an_automatic_ttl(context: Context) -> Iterator[Hit]:
    """A proxied record has no TTL of its own."""
    for key, entry in _ttl_holders(context):
        if entry.proxied and entry.ttl != 1:
            yield Hit(key, f"{entry.name} is proxied and has a ttl of {entry.ttl}; the edge decides it")


@rule(
    "client_file.ttl.range",
    reference="Cloudflare error 9021; RFC 2181 §8",
    fix="write auto, or 60 to 86400 seconds (from 30 on Enterprise)",
)
def ttls_are_in_range(context: Context) -> Iterator[Hit]:
    """A TTL is automatic, or within what the plan takes."""
    low = context.limits.minimum_ttl
    for key, entry in _ttl_holders(context):
        if entry.ttl != 1 and not low <= entry.ttl <= MAXIMUM_TTL:
            yield Hit(key, f"a ttl of {entry.ttl} for {entry.name}; {low} to {MAXIMUM_TTL}, or auto")


def _ttl_holders(context: Context) -> Iterator[tuple[str, Entry]]:
    for key, group in groupby(context.entries, lambda e: e.key):
        yield f"{key}.ttl", next(group)


@rule(
    "client_file.ttl.conflict",
    level=Level.WARNING,
    reference="RFC 2181 §5.2",
    fix="give all records of one name and type the same ttl",
)
def an_rrset_has_one_ttl(context: Context) -> Iterator[Hit]:
    """Records of one name and type share a TTL."""
    for (name, rdtype), entries in context.rrsets.items():
        ttls = sorted({e.ttl for e in entries if not e.proxied})
        if len(ttls) > 1:
            odd = next(e for e in entries if e.ttl != entries[0].ttl)
            yield Hit(odd.key, f"{rdtype} of {name} has ttls {', '.join(map(str, ttls))}")


@rule(
    "client_file.proxy.type",
    reference="developers.cloudflare.com/dns/proxy-status",
    fix="set proxied: false",
)
def only_web_records_are_proxied(context: Context) -> Iterator[Hit]:
    """Only A, AAAA and CNAME can be proxied."""
    for entry in context.entries:
        if entry.proxied and entry.type not in rdata.PROXIABLE and entry.type in rdata.TYPES:
            yield Hit(f"{entry.key}.proxied", f"{entry.type} of {entry.name} can't be proxied")


@rule(
    "client_file.proxy.mixed",
    level=Level.WARNING,
    reference="developers.cloudflare.com/dns/proxy-status (one proxied record makes the name proxied)",
    fix="proxy all addresses of the name, or none",
)
def a_name_is_proxied_or_not(context: Context) -> Iterator[Hit]:
    """Addresses of one name are all proxied, or none is."""
    for name, entries in context.by_name.items():
        web = [e for e in entries if e.type in rdata.PROXIABLE]
        if len({e.proxied for e in web}) > 1:
            odd = next(e for e in web if e.proxied != web[0].proxied)
            yield Hit(odd.key, f"{name} has proxied and unproxied addresses: the whole name is proxied")


@rule(
    "client_file.address.private",
    level=Level.WARNING,
    reference="RFC 1918, RFC 6890; Cloudflare error 9003 for proxied records",
    fix="write the origin's public address",
)
def addresses_are_public(context: Context) -> Iterator[Hit]:
    """An address is one that visitors, or the edge, can reach; Cloudflare refuses others when proxied."""
    for entry in context.of_type("A", "AAAA"):
        if rdata.is_unreachable(entry.content):
            what = f"{entry.name} has {entry.content}, which the internet can't reach"
            yield Hit(entry.key, what, level=Level.ERROR if entry.proxied else None)

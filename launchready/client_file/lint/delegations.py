"""Lints of delegations and of what belongs to Cloudflare at the apex."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import within


@rule(
    "client_file.ns.apex",
    reference="developers.cloudflare.com/dns/nameservers; RFC 1034 §4.2.1",
    fix="leave it out: Cloudflare serves its own NS and DNSKEY at the apex; the DS goes to the registrar",
)
def the_apex_delegation_is_cloudflares(context: Context) -> Iterator[Hit]:
    """NS, DS and DNSKEY at the apex are not the file's to declare."""
    for rdtype in ("NS", "DS", "DNSKEY"):
        for entry in context.rrsets.get((context.domain, rdtype), ()):
            yield Hit(entry.key, f"{rdtype} at the apex {context.domain}")


@rule(
    "client_file.ns.beside_data",
    reference="RFC 1034 §4.2.1; developers.cloudflare.com/api: NS records exist alone at a name",
    fix="leave the other records out: the delegated name servers answer for this name",
)
def delegated_names_have_nothing_else(context: Context) -> Iterator[Hit]:
    """A delegated name has NS and DS records only."""
    for name in context.delegated:
        for entry in context.by_name[name]:
            if entry.type not in ("NS", "DS"):
                yield Hit(entry.key, f"{entry.type} beside the NS records of {name}")


@rule(
    "client_file.ns.occluded",
    level=Level.WARNING,
    reference="RFC 1034 §4.3.2 (3b), RFC 2136 §7.18",
    fix="declare it at the delegated name servers instead; addresses of those servers themselves are glue",
)
def nothing_lies_below_a_delegation(context: Context) -> Iterator[Hit]:
    """Records below a delegated name are never served, glue aside."""
    if not context.delegated:
        return
    glue = {e.content for e in context.of_type("NS")}
    for name, entries in context.by_name.items():
        parent = name.partition(".")[2]
        while within(parent, context.domain) and parent not in context.delegated:
            parent = parent.partition(".")[2]
        if parent not in context.delegated:
            continue
        for entry in entries:
            if not (entry.type in ("A", "AAAA") and name in glue):
                yield Hit(entry.key, f"{entry.type} of {name} lies below {parent}, which is delegated")


@rule(
    "client_file.ns.glue",
    level=Level.WARNING,
    reference="RFC 1034 §4.2.1, RFC 9471",
    fix="declare the name server's A or AAAA record as well",
)
def name_servers_below_their_zone_have_glue(context: Context) -> Iterator[Hit]:
    """A name server inside the zone that it serves has addresses here."""
    for entry in context.of_type("NS"):
        if entry.name == context.domain or not within(entry.content, entry.name):
            continue
        if not any(e.type in ("A", "AAAA") for e in context.by_name.get(entry.content, ())):
            yield Hit(
                entry.key, f"{entry.content} serves {entry.name}, lies below it and has no address here"
            )


@rule(
    "client_file.ds.without_ns",
    reference="RFC 4035 §2.4",
    fix="add the NS records of the delegation, or leave the DS out",
)
def ds_records_secure_a_delegation(context: Context) -> Iterator[Hit]:
    """A DS stands beside the NS records of the delegation that it secures."""
    for entry in context.of_type("DS"):
        if entry.name != context.domain and entry.name not in context.delegated:
            yield Hit(entry.key, f"DS of {entry.name}, which is not delegated")


@rule(
    "client_file.service.name",
    level=Level.WARNING,
    reference="RFC 2782, RFC 6698 §3",
    fix="name it _service._protocol.host (SRV) or _port._protocol.host (TLSA)",
)
def service_records_have_service_names(context: Context) -> Iterator[Hit]:
    """SRV and TLSA records stand at _service._protocol names, the only ones that clients ask for."""
    for entry in context.of_type("SRV", "TLSA"):
        labels = entry.name.split(".")
        if labels[0] == "*":
            continue
        if len(labels) < 3 or not (labels[0].startswith("_") and labels[1].startswith("_")):
            yield Hit(entry.key, f"{entry.type} at {entry.name}, where no client looks for it")

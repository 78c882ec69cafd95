"""Bad twins of row ``dns``: each breaks the served zone, its servers or its delegation in one way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from launchready.edge.world import registrar
from tests.bad_twins.clients import APP, DOMAIN, TOKEN, client, unsigned
from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.servers import Bend, bend_dns

NS1 = "ns1"
STALE_DS = f"12345 13 2 {'5A' * 32}"


def twin(values: dict[str, Any], breaks: Break | None, *trips: str) -> Twin:
    return Twin(values, frozenset(trips), breaks)


def defect(kind: str, where: str, **options: Any) -> Break:
    async def breaks(scene: Scene) -> None:
        scene.defect(kind, where, **options)

    return breaks


def api(act: Callable[[Scene], Any]) -> Break:
    async def breaks(scene: Scene) -> None:
        await act(scene)

    return breaks


def bent(bend: Bend) -> Break:
    async def breaks(scene: Scene) -> None:
        await bend_dns(scene, bend)

    return breaks


def later(**span: float) -> Break:
    async def breaks(scene: Scene) -> None:
        scene.now = datetime.now(UTC) + timedelta(**span)

    return breaks


# --- what a bending name server does ---------------------------------------------------------


def _asks(message: dns.message.Message, rdtype: str) -> bool:
    return message.question[0].rdtype == dns.rdatatype.from_text(rdtype)


def recurses(message: dns.message.Message) -> None:
    if message.question[0].name == dns.name.root:
        message.set_rcode(dns.rcode.NOERROR)
        message.flags |= dns.flags.RA
        message.answer = [dns.rrset.from_text(".", 300, "IN", "NS", "a.root-servers.example.")]


def offers_recursion(message: dns.message.Message) -> None:
    message.flags |= dns.flags.RA


def absent_names_without_soa(message: dns.message.Message) -> None:
    if message.rcode() == dns.rcode.NXDOMAIN:
        message.authority = []


def absent_names_say_noerror(message: dns.message.Message) -> None:
    if message.rcode() == dns.rcode.NXDOMAIN:
        message.set_rcode(dns.rcode.NOERROR)


def absent_types_without_soa(message: dns.message.Message) -> None:
    if _asks(message, "PTR"):
        message.authority = []


def denies_without_proof(message: dns.message.Message) -> None:
    if _asks(message, "PTR"):
        message.authority = [r for r in message.authority if r.rdtype == dns.rdatatype.SOA]


def odd_soa(message: dns.message.Message) -> None:
    if _asks(message, "SOA") and message.answer:
        message.answer = [
            dns.rrset.from_text(
                DOMAIN + ".", 1800, "IN", "SOA", f"ns1.{DOMAIN}. dns.{DOMAIN}. 7 600 7200 604800 1800"
            )
        ]


def text_beside_alias(message: dns.message.Message) -> None:
    name = message.question[0].name
    if name == dns.name.from_text(f"help.{DOMAIN}") and _asks(message, "TXT"):
        message.answer = [dns.rrset.from_text(name, 300, "IN", "TXT", '"beside"')]


# --- what is done to the registration ----------------------------------------------------------


async def one_name_server(scene: Scene) -> None:
    zone = scene.state.zones[scene.zone_id]
    zone.info["name_servers"] = zone.info["name_servers"][:1]
    scene.state.changed()


async def servers_inside(scene: Scene) -> None:
    """Name servers with names in the zone itself, and right glue."""
    zone = scene.state.zones[scene.zone_id]
    names = {f"ns1.{DOMAIN}": "198.51.100.1", f"ns2.{DOMAIN}": "198.51.100.2"}
    zone.info["name_servers"] = list(names)
    registrar.set_ns(scene.state, DOMAIN, list(names), {name: [address] for name, address in names.items()})


async def wrong_glue(scene: Scene) -> None:
    await servers_inside(scene)
    scene.defect("world.glue_mismatch", DOMAIN, address="198.51.100.2")


INSIDE = [
    {"name": "ns1", "type": "A", "content": "198.51.100.1"},
    {"name": "ns2", "type": "A", "content": "198.51.100.2"},
    {"name": "@", "type": "TXT", "content": TOKEN},
]


async def another_ds_too(scene: Scene) -> None:
    own = registrar.zone_ds(scene.state.zones[scene.zone_id])
    registrar.set_ds(scene.state, DOMAIN, [str(own), STALE_DS])


async def weak_digest(scene: Scene) -> None:
    info = scene.state.zones[scene.zone_id].dnssec
    key = dns.rrset.from_text(DOMAIN + ".", 300, "IN", "DNSKEY", f"257 3 13 {info['public_key']}")[0]
    ds = dns.dnssec.make_ds(dns.name.from_text(DOMAIN), key, "SHA1", validating=True)
    registrar.set_ds(scene.state, DOMAIN, [ds.to_text()])


async def silent_parent(scene: Scene) -> None:
    registrar.set_ds(scene.state, DOMAIN, [])


async def ds_of_nobody(scene: Scene) -> None:
    registrar.set_ds(scene.state, DOMAIN, [STALE_DS])


def _records(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "@", "type": "TXT", "content": TOKEN}, *more]


_APEX_TXT = {"name": DOMAIN, "type": "TXT", "content": f'"{TOKEN}"'}
_DIRECT = {"name": "files", "type": "A", "content": "203.0.113.30"}
_FILES = {"name": f"files.{DOMAIN}", "type": "A"}
_SRV = {
    "name": "_sip._tcp",
    "type": "SRV",
    "data": {"priority": 1, "weight": 1, "port": 5060, "target": f"sip.{DOMAIN}"},
}
_ALIAS = {"name": "sip", "type": "CNAME", "content": f"files.{DOMAIN}"}
_LOST = {"name": "gone", "type": "CNAME", "content": f"lost.{DOMAIN}"}
_HELP = {"name": "help", "type": "CNAME", "content": f"files.{DOMAIN}"}

TWINS: dict[str, Twin] = {
    "dns: a record is deleted": twin(
        client(),
        api(lambda s: s.api.delete_records(s.zone_id, **_APEX_TXT)),
        "dns.record.served",
    ),
    "dns: a record has other data": twin(
        client(records=_records(_DIRECT)),
        api(lambda s: s.api.change_records(s.zone_id, _FILES, content="203.0.113.99")),
        "dns.record.served",
        "dns.record.undeclared",
    ),
    "dns: a record has another TTL": twin(
        client(records=_records(_DIRECT)),
        api(lambda s: s.api.change_records(s.zone_id, _FILES, ttl=3600)),
        "dns.record.served",
    ),
    "dns: a proxied name is DNS-only": twin(
        client(),
        api(lambda s: s.api.change_records(s.zone_id, {"name": APP, "type": "CNAME"}, proxied=False)),
        "dns.record.served",
        "dns.record.undeclared",
        "tls.hsts.declared",
        "tls.hsts.duration",
        "tls.https.forced",
        # what the edge would have done to its answers
        "cors_csp.csp.declared",
        "cors_csp.csp.framing",
        "cors_csp.csp.present",
        "surface.banner",
        "surface.headers.declared",
        "surface.isolation",
        "surface.nosniff",
        "surface.permissions_policy",
        "surface.referrer_policy",
    ),
    "dns: one server lacks a record": twin(
        client(records=_records(_DIRECT)),
        defect("dns.hide_record", f"files.{DOMAIN}", type="A", server=NS1),
        "dns.record.served",
    ),
    "dns: a record nobody declared": twin(
        client(),
        api(lambda s: s.api.add_record(s.zone_id, name="old", type="A", content="203.0.113.77")),
        "dns.record.undeclared",
    ),
    "dns: a second value nobody declared": twin(
        client(),
        api(lambda s: s.api.add_record(s.zone_id, name=DOMAIN, type="TXT", content='"forgotten=1"')),
        "dns.record.undeclared",
        "dns.record.served",
    ),
    "dns: a wildcard nobody declared": twin(
        client(),
        api(lambda s: s.api.add_record(s.zone_id, name="*", type="A", content="203.0.113.77")),
        "dns.wildcard.undeclared",
        "dns.record.undeclared",
    ),
    "dns: the parent names one server only": twin(
        client(), defect("world.ns_mismatch", DOMAIN), "dns.delegation.matches"
    ),
    "dns: glue is wrong": twin(unsigned(records=INSIDE), wrong_glue, "dns.delegation.glue"),
    "dns: a server is lame": twin(client(), defect("dns.lame", NS1), "dns.delegation.lame"),
    "dns: one name server": twin(client(), one_name_server, "dns.servers.count"),
    "dns: serials differ": twin(client(), defect("dns.soa_disagree", NS1), "dns.servers.soa_agrees"),
    "dns: servers answer differently": twin(
        client(),
        defect("dns.hide_record", DOMAIN, type="TXT", content=f'"{TOKEN}"', server=NS1),
        "dns.servers.answers_agree",
        "dns.record.served",
    ),
    "dns: an open resolver": twin(unsigned(), bent(recurses), "dns.servers.recursion"),
    "dns: offers recursion": twin(unsigned(), bent(offers_recursion), "dns.servers.recursion"),
    "dns: no TCP": twin(client(), defect("dns.no_tcp", NS1), "dns.servers.tcp"),
    "dns: no EDNS": twin(unsigned(), defect("dns.no_edns", NS1), "dns.servers.edns"),
    "dns: SOA timers are upside down": twin(unsigned(), bent(odd_soa), "dns.soa.sane"),
    "dns: absent names lack the SOA": twin(
        unsigned(), bent(absent_names_without_soa), "dns.negative.nxdomain"
    ),
    "dns: absent names say NOERROR": twin(
        unsigned(), bent(absent_names_say_noerror), "dns.negative.nxdomain"
    ),
    "dns: absent types lack the SOA": twin(unsigned(), bent(absent_types_without_soa), "dns.negative.nodata"),
    "dns: an alias beside text": twin(
        unsigned(records=_records(_DIRECT, _HELP)),
        bent(text_beside_alias),
        "dns.cname.alone",
        "dns.record.undeclared",
    ),
    "dns: an alias to nowhere": twin(
        client(records=_records(_LOST)),
        None,
        "dns.cname.dangling",
    ),
    "dns: a target without address": twin(client(records=_records(_SRV)), None, "dns.targets.resolve"),
    "dns: a target that is an alias": twin(
        client(records=_records(_SRV, _ALIAS, _DIRECT)), None, "dns.targets.alias"
    ),
    "dns: a host without address": twin(
        client(), defect("dns.nxdomain", APP), "dns.hosts.resolve", "dns.record.served"
    ),
    "dns: a private address": twin(
        client(hosts=client()["hosts"] | {"intern": {"address": "10.0.0.5", "proxied": False}}),
        None,
        "dns.address.public",
    ),
    "dns: a TTL of five seconds": twin(
        client(), defect("dns.ttl", DOMAIN, ttl=5, type="TXT"), "dns.ttl.sane", "dns.record.served"
    ),
    "dns: no DS at the parent": twin(client(), silent_parent, "dns.dnssec.declared"),
    "dns: a DS although DNSSEC is off": twin(
        unsigned(),
        ds_of_nobody,
        "dns.dnssec.declared",
        "dns.dnssec.chain",
        "dns.dnssec.stale_ds",
        "dns.dnssec.signatures",
        "dns.dnssec.denial",
    ),
    "dns: the DS is of a key that is gone": twin(
        client(), defect("world.stale_ds", DOMAIN), "dns.dnssec.chain", "dns.dnssec.stale_ds"
    ),
    "dns: one DS too many": twin(client(), another_ds_too, "dns.dnssec.stale_ds"),
    "dns: signatures are bogus": twin(
        client(), defect("dns.bogus_signature", DOMAIN, type="A", exact=True), "dns.dnssec.signatures"
    ),
    "dns: signatures are missing": twin(
        client(), defect("dns.missing_signature", DOMAIN, type="A", exact=True), "dns.dnssec.signatures"
    ),
    "dns: signatures have expired": twin(
        client(),
        defect("dns.expired_signature", DOMAIN, type="A", exact=True),
        "dns.dnssec.signatures",
        "dns.dnssec.expiry",
    ),
    "dns: signatures are about to expire": twin(client(), later(hours=22), "dns.dnssec.expiry"),
    "dns: a SHA-1 digest": twin(client(), weak_digest, "dns.dnssec.algorithm"),
    "dns: denials without proof": twin(client(), bent(denies_without_proof), "dns.dnssec.denial"),
}

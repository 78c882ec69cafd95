"""A real zone that lives on Cloudflare, 2,193 records: every RR served as it stands in the zone file."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import dns.message
import dns.name
import dns.rdata
import dns.rdatatype
import pytest
from edge_dns_kit import record, state_of, zone

from launchready.edge.dns.answer import Resolved
from launchready.edge.dns.authority import Authority
from launchready.edge.dns.rrset import Rcode, Type, rrset_of

ORIGIN = "is-a.dev"


def read_zone(path: Path):
    """(name, type, rdata text, proxied) of each record below the apex's SOA."""
    for line in path.read_text(encoding="utf-8").splitlines():
        body, _, comment = line.partition(" ; cf_tags=")
        fields = body.split(None, 4)
        if len(fields) == 5 and fields[2] == "IN" and fields[3] != "SOA":
            name = ORIGIN if fields[0] == "@" else f"{fields[0]}.{ORIGIN}"
            yield name.lower(), fields[3], fields[4], "cf-proxied:true" in comment


def api_record(name, kind, text, proxied):
    if kind == "MX":
        priority, host = text.split()
        return record(name, kind, host, priority=int(priority))
    return record(name, kind, text.rstrip(".") if kind == "CNAME" else text, proxied=proxied)


def ask(server, name, kind):
    wire = server.respond(dns.message.make_query(name, kind, use_edns=0).to_wire(), True)
    return dns.message.from_wire(wire)


def origin_of_everything(name, rdtype):
    return Resolved(Rcode.NOERROR, [rrset_of(name, Type.A, 300, [bytes((198, 18, 0, 1))])])


@pytest.mark.oracle
def test_a_real_zone_is_served_record_by_record(shared):
    records = list(read_zone(shared / "data" / "is-a.dev-sample.zone"))
    kinds = defaultdict(set)
    for name, kind, _, _ in records:
        kinds[name].add(kind)
    lawful = [r for r in records if not ("CNAME" in kinds[r[0]] and len(kinds[r[0]]) > 1 and r[0] != ORIGIN)]
    assert len(records) - len(lawful) < 100
    authority = Authority(state_of(zone(ORIGIN, *(api_record(*r) for r in lawful))))
    authority.use_resolver(origin_of_everything)
    expected = defaultdict(set)
    for name, kind, text, proxied in lawful:
        if proxied:
            expected[name, "A"] = {"127.0.0.1"}
        elif not (name == ORIGIN and kind in ("CNAME", "NS")):
            rdata = dns.rdata.from_text("IN", kind, text, origin=dns.name.root, relativize=False)
            expected[name, kind].add(rdata.to_text())
    cuts = {name for name, found in kinds.items() if "NS" in found and name != ORIGIN}
    for (name, kind), wanted in expected.items():
        reply = ask(authority.servers[0], name, kind)
        section = reply.authority if name in cuts else reply.answer
        if any(name != cut and name.endswith("." + cut) for cut in cuts):
            continue
        found = {rdata.to_text() for r in section if dns.rdatatype.to_text(r.rdtype) == kind for rdata in r}
        assert found == wanted, (name, kind)
        assert {r.ttl for r in section} == {300}, (name, kind)
    assert len(expected) > 1_500

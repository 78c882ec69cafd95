"""Property: for random zones, addresses and senders, pyspf gives the flattened record the same verdict."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from launchready.client_file.mail_options_model import SpfFlattened
from launchready.client_file.model import ClientFile
from launchready.client_file.spf_record import Composed, compose, to_flatten
from launchready.mailauth import spf
from launchready.mailauth.spf.addresses import AddressSet
from launchready.mailauth.spf.flatten import Flat, NotFlattenedError, flatten, kept_lookups, read
from tests.mailauth.test_mailauth_spf_oracle import (
    ADDRESSES,
    ADDRESSES6,
    CLIENTS,
    DOMAINS,
    Zone,
    pyspf,
    zones,
)

pytestmark = pytest.mark.slow

ACME = "acme.example"
MAILBOX = f"strong-bad@{ACME}"
SETTINGS = settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def own_terms(draw: st.DrawFn) -> str:
    """A term of a sender: mostly includes, of any qualifier; addresses and hosts between them."""
    qualifier = draw(st.sampled_from(["", "", "", "+", "-", "~", "?"]))
    kind = draw(st.sampled_from(["include"] * 5 + ["ip4", "ip6", "a", "exists"]))
    if kind == "include":
        return f"{qualifier}include:{draw(st.sampled_from(DOMAINS))}"
    if kind == "ip4":
        return f"{qualifier}ip4:{draw(st.sampled_from(ADDRESSES))}{draw(st.sampled_from(['', '/30', '/25']))}"
    if kind == "ip6":
        return f"{qualifier}ip6:{draw(st.sampled_from(ADDRESSES6))}/{draw(st.sampled_from([128, 64, 48]))}"
    host = draw(st.sampled_from(["h0.example.net", "h1.example.net", "%{i}.x.example.net", "%{l}.%{d}"]))
    return f"{qualifier}{kind}:{host}"


@st.composite
def many_addresses(draw: st.DrawFn) -> tuple[str, ...]:
    """A record with more single addresses than fit one small TXT record, some of them taken away first."""
    numbers = draw(st.lists(st.integers(0, 255), min_size=40, max_size=120, unique=True))
    refused = draw(st.lists(st.sampled_from(numbers), max_size=3))
    terms = [f"-ip4:192.0.2.{n}" for n in refused] + [f"ip4:192.0.2.{n}" for n in numbers]
    return (" ".join(["v=spf1", *terms, draw(st.sampled_from(["~all", "-all", ""]))]).strip(),)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Zone, ClientFile]:
    zone = draw(zones())
    if draw(st.booleans()):
        zone.data[draw(st.sampled_from(DOMAINS)), "TXT"] = draw(many_addresses())
    senders = [
        {"name": f"s{n}", "spf": draw(st.lists(own_terms(), min_size=1, max_size=3))}
        for n in range(draw(st.integers(1, 3)))
    ]
    end = draw(st.sampled_from(["-all", "~all"]))
    email = {"senders": senders, "spf_all": end, "spf": {"flatten": True}}
    return zone, ClientFile.model_validate({"domain": ACME, "email": email})


def flattened(client: ClientFile, zone: Zone) -> ClientFile:
    """The client with every include that can be flattened."""
    includes: dict[str, tuple[str, ...]] = {}
    costs: dict[str, int] = {}
    for domain in to_flatten(client):
        try:
            flat = flatten(domain, zone.lookup)
        except NotFlattenedError:
            continue
        includes[domain] = flat.terms()
        costs |= kept_lookups(flat, zone.lookup)
    snapshot = SpfFlattened(taken=date(2026, 11, 24), includes=includes, lookups=costs)
    return client.model_copy(update={"spf_flattened": snapshot})


def with_records(zone: Zone, composed: Composed | None) -> Zone:
    assert composed is not None
    found = {(record.name, "TXT"): (record.text,) for record in composed.records}
    return replace(zone, data={**zone.data, **found})


def verdict(zone: Zone, client: str) -> str:
    reverse = ipaddress.ip_address(client).reverse_pointer
    zone.data[reverse, "PTR"] = ("h0.example.net", "elsewhere.example.org")
    before, pyspf.DNSLookup = pyspf.DNSLookup, zone.pyspf_lookup
    try:
        return str(pyspf.query(client, MAILBOX, "helo.example.com").check()[0])
    finally:
        pyspf.DNSLookup = before


def compare(zone: Zone, client: ClientFile, address: str) -> None:
    plain = verdict(with_records(zone, compose(client)), address)
    # an evaluation that ends in an error gives no verdict to keep: flattening is there to end those
    assume(plain not in ("permerror", "temperror"))
    renewed = flattened(client, zone)
    composed = compose(renewed)
    assert composed is not None
    event(f"verdict {plain}")
    event(f"{min(len(composed.records), 3)} records, flattened {bool(renewed.spf_flattened.includes)}")  # type: ignore[union-attr]
    assert verdict(with_records(zone, composed), address) == plain, [r.text for r in composed.records]


addresses = st.one_of(
    st.sampled_from(CLIENTS),
    st.integers(0, 255).map(lambda n: f"192.0.2.{n}"),
    st.integers(0, 2**32 - 1).map(lambda n: str(ipaddress.IPv4Address(n))),
    st.sampled_from(ADDRESSES6),
    st.integers(0, 2**128 - 1).map(lambda n: str(ipaddress.IPv6Address(n))),
)


@SETTINGS
@given(worlds(), addresses)
def test_a_flattened_record_gives_the_verdict_of_the_unflattened_one(
    world: tuple[Zone, ClientFile], address: str
) -> None:
    compare(*world, address)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), addresses)
def test_a_flattened_record_gives_the_verdict_of_the_unflattened_one_many_more_times(
    world: tuple[Zone, ClientFile], address: str
) -> None:
    compare(*world, address)


@settings(SETTINGS, max_examples=30)
@given(zones(), st.sampled_from(DOMAINS), addresses)
def test_what_stands_for_an_include_matches_exactly_when_the_include_passes(
    zone: Zone, domain: str, address: str
) -> None:
    direct = spf.check_host(address, domain, MAILBOX, "helo.example.com", zone.lookup)
    assume(direct.fault is None)
    try:
        terms = flatten(domain, zone.lookup).terms()
    except NotFlattenedError:
        assume(False)
    zone.data[ACME, "TXT"] = (" ".join(["v=spf1", *terms, "-all"]),)
    instead = spf.check_host(address, ACME, MAILBOX, "helo.example.com", zone.lookup)
    assert (instead.result == "pass") == (direct.result == "pass"), terms


@settings(SETTINGS, max_examples=12)
@given(worlds())
def test_flattening_never_costs_more_lookups_than_there_are_unless_the_terms_do(
    world: tuple[Zone, ClientFile],
) -> None:
    zone, client = world
    composed = compose(flattened(client, zone))
    assert composed is not None
    kept = composed.lookups - (len(composed.records) - 1)
    runs = sum(term.flat is not None for term in composed.terms)  # at most: each needs one record
    assert composed.lookups <= max(10, kept + runs)
    assert all(len(record.text) <= 4_000 for record in composed.records[1:])


@settings(SETTINGS, max_examples=30)
@given(zones(), st.sampled_from(DOMAINS))
def test_terms_that_are_written_are_read_back_as_they_were(zone: Zone, domain: str) -> None:
    try:
        flat = flatten(domain, zone.lookup)
    except NotFlattenedError:
        assume(False)
    assert read(flat.terms()) == flat


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, 63), st.integers(26, 32)), max_size=8),
    st.lists(st.tuples(st.integers(0, 63), st.integers(26, 32)), max_size=8),
)
def test_address_sets_are_sets(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    a, b = (
        AddressSet.of(ipaddress.ip_network((f"192.0.2.{n}", length), strict=False) for n, length in given)
        for given in (one, two)
    )
    members = [{n for n in range(64) if ipaddress.ip_address(f"192.0.2.{n}") in s} for s in (a, b)]
    for found, wanted in (
        (a | b, members[0] | members[1]),
        (a - b, members[0] - members[1]),
        (a & b, members[0] & members[1]),
    ):
        assert {n for n in range(64) if ipaddress.ip_address(f"192.0.2.{n}") in found} == wanted
        assert AddressSet.of(found.networks()) == found
        assert len(found.networks()) == len(list(ipaddress.collapse_addresses(found.networks())))
    assert Flat(a).terms() == a.terms()

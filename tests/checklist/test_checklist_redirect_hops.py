"""Walking redirects over evidence made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from launchready import checklist
from launchready.checklist.redirects.hops import hops_from, normal, target_of, walk
from launchready.checklist.registry import Outcome, Status, Subject
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.evidence.types import Cause, Evidence, HttpProbe, HttpResult, NotCollected

DOMAIN = "acme.example"
HOSTS = {"@": {"address": "203.0.113.10"}, "www": {"address": "203.0.113.10"}}
CHECKS = checklist.load().checks


def hop(url: str, location: str | None = None, status: int = 301, cause: Cause | None = None) -> HttpResult:
    headers = (("location", location),) if location is not None else ()
    return HttpResult(HttpProbe(url), cause, status if location is not None else 200, headers)


def subject(*hops: HttpResult, **changes: Any) -> Subject:
    client = ClientFile.model_validate({"domain": DOMAIN, "hosts": HOSTS, "email": "none", **changes})
    facts: dict[str, object] = {"now": datetime.now(UTC), "target": "live", "nonce": "nonce"}
    return Subject(client, declare(client), Evidence({h.probe.id: (h,) for h in hops}, facts))


def run(check_id: str, seen: Subject) -> list[Outcome]:
    outcome = CHECKS[check_id].run(seen)
    return [outcome] if isinstance(outcome, Outcome) else list(outcome)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTPS://Acme.Example", "https://acme.example/"),
        ("https://acme.example:443/a", "https://acme.example/a"),
        ("http://acme.example:80/", "http://acme.example/"),
        ("https://acme.example/%c3%a4", "https://acme.example/%C3%A4"),
    ],
)
def test_urls_that_mean_the_same_compare(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://acme.example/A", "https://acme.example/a"),
        ("https://acme.example/a/", "https://acme.example/a"),
        ("https://acme.example:8443/", "https://acme.example/"),
        ("http://acme.example:443/", "http://acme.example/"),
        ("https://acme.example/?b&a", "https://acme.example/?a&b"),
    ],
)
def test_urls_that_differ_do_not_compare(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b?c", "https://acme.example/b?c"),
        ("b", "https://acme.example/b"),
        ("//other.example/x", "https://other.example/x"),
        ("https://acme.example/b#part", "https://acme.example/b"),
        ("javascript:alert(1)", None),
        ("https://[bad/", None),
        ("", "https://acme.example/a"),
    ],
)
def test_a_location_is_resolved_against_its_request(location: str, target: str | None) -> None:
    assert target_of(hop("https://acme.example/a", location)) == target


def test_a_walk_asks_for_the_hop_that_is_missing() -> None:
    start = hop("http://acme.example/", "https://acme.example/")
    with pytest.raises(NotCollected) as caught:
        walk(subject(start), "http://acme.example/")
    assert [probe.id for probe in caught.value.probes] == ["http:GET:https://acme.example/"]
    planned = [probe.id for probe in hops_from(subject(start), ["http://acme.example/"])]
    assert planned == ["http:GET:http://acme.example/", "http:GET:https://acme.example/"]


def test_a_walk_stops_at_other_peoples_hosts_without_asking_them() -> None:
    chain = walk(subject(hop("http://acme.example/", "https://other.example/")), "http://acme.example/")
    assert (chain.external, chain.urls[-1], len(chain.hops)) == (True, "https://other.example/", 1)


def test_a_loop_is_seen_when_it_closes() -> None:
    hops = [
        hop("https://acme.example/", "https://www.acme.example/"),
        hop("https://www.acme.example/", "https://acme.example/"),
    ]
    chain = walk(subject(*hops), "https://acme.example/")
    assert (chain.loop, chain.redirects) == (True, 2)


def test_an_endless_chain_is_ended() -> None:
    hops = [hop(f"https://acme.example/{n}", f"/{n + 1}") for n in range(40)]
    chain = walk(subject(*hops), "https://acme.example/0")
    assert (chain.loop, len(chain.hops)) == (False, 10)


def fronts(**changed: HttpResult) -> list[HttpResult]:
    """Both hosts, http to https, www to the apex; ``changed`` by the URL's name."""
    usual = {
        "http": hop("http://acme.example/", "https://acme.example/"),
        "https": hop("https://acme.example/"),
        "http_www": hop("http://www.acme.example/", "https://www.acme.example/"),
        "https_www": hop("https://www.acme.example/", "https://acme.example/"),
    }
    return list((usual | changed).values())


ROW = (
    "loop",
    "length",
    "downgrade",
    "https_first",
    "permanent",
    "canonical",
    "target.reachable",
    "location.valid",
)


@pytest.mark.parametrize("name", ROW)
def test_the_usual_two_hops_pass(name: str) -> None:
    outcomes = run(f"redirects.{name}", subject(*fronts()))
    assert {o.status for o in outcomes} <= {Status.PASS, Status.NOT_APPLICABLE}
    assert Status.PASS in {o.status for o in outcomes}


def test_the_two_hops_of_a_preloaded_apex_are_not_too_many() -> None:
    """http apex → https apex → https www."""
    preloaded = fronts(
        https=hop("https://acme.example/", "https://www.acme.example/"),
        https_www=hop("https://www.acme.example/"),
    )
    assert {o.status for o in run("redirects.length", subject(*preloaded))} == {Status.PASS}


@pytest.mark.parametrize("name", ["loop", "length", "downgrade"])
def test_a_hop_that_was_not_seen_leaves_a_chain_undecided(name: str) -> None:
    hops = fronts(https=hop("https://acme.example/", cause=Cause.TIMEOUT))
    outcomes = {o.subject: o for o in run(f"redirects.{name}", subject(*hops))}
    assert outcomes["https://www.acme.example/"].cause is Cause.TIMEOUT


def test_a_closed_port_80_redirects_nobody_and_is_no_failure() -> None:
    hops = fronts(http=hop("http://acme.example/", cause=Cause.CONNECTION_REFUSED))
    for name in ROW:
        assert Status.INCONCLUSIVE not in {o.status for o in run(f"redirects.{name}", subject(*hops))}


def test_a_target_that_is_gone_fails_on_the_internet() -> None:
    gone = HttpResult(HttpProbe("https://acme.example/"), None, 404)
    outcomes = run("redirects.target.reachable", subject(*fronts(https=gone)))
    assert {(o.subject, o.status) for o in outcomes} == {
        ("http://www.acme.example/", Status.FAIL),
        ("https://www.acme.example/", Status.FAIL),
    }


@pytest.mark.parametrize(
    ("location", "status"),
    [
        ("https://acme.example/a b", Status.FAIL),
        ("https://acme.example/ä", Status.FAIL),
        ("https://u:p@acme.example/", Status.FAIL),
        ("ftp://acme.example/", Status.FAIL),
        ("https://other.example/a%20b", Status.PASS),
    ],
)
def test_locations(location: str, status: Status) -> None:
    odd = hop("https://www.acme.example/", location)
    hops = [
        *fronts(https_www=odd),
        hop("https://acme.example/a b"),
        hop("https://acme.example/ä"),
        hop("https://u:p@acme.example/"),
    ]
    outcomes = {o.subject: o.status for o in run("redirects.location.valid", subject(*hops))}
    assert outcomes["https://www.acme.example/"] is status

"""Twins of the registration: what the registry says by RDAP, of the domain's end, its locks and its data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from launchready.edge.state import Registration
from launchready.edge.world.registrar import registration
from tests.bad_twins.clients import DOMAIN, client, unsigned
from tests.bad_twins.dns_twins import defect
from tests.bad_twins.harness import Break, Scene, Twin

ROWS = ("dns",)


def registered(change: Callable[[Registration], None]) -> Break:
    """The registration of the twin's domain, changed at the registry."""

    async def breaks(scene: Scene) -> None:
        entry = registration(scene.state, scene.domain)
        assert entry is not None
        change(entry)
        scene.state.changed()

    return breaks


def _ends(days: float) -> Break:
    return registered(lambda entry: setattr(entry, "expires", datetime.now(UTC) + timedelta(days=days)))


def _has(*statuses: str) -> Break:
    return registered(lambda entry: setattr(entry, "statuses", list(statuses)))


def twin(breaks: Break, *trips: str) -> Twin:
    return Twin(client(), frozenset(trips), breaks, ROWS)


GOOD: dict[str, Twin] = {
    "a registration with the registry's own lock": twin(_has("active", "server transfer prohibited")),
    "a registry whose RDAP is in no list": twin(defect("world.rdap_unlisted", DOMAIN)),
}

TWINS: dict[str, Twin] = {
    "registration: it ends in three weeks": twin(_ends(21), "dns.registration.expiry"),
    "registration: it has ended": twin(_ends(-2), "dns.registration.expiry"),
    "registration: anyone may move it": twin(_has("active"), "dns.registration.lock"),
    "registration: nobody is the registrar": twin(
        registered(lambda entry: setattr(entry, "registrar", "")), "dns.registration.registrar"
    ),
    "registration: the registrar holds it back": twin(
        _has("client transfer prohibited", "client hold"), "dns.registration.status"
    ),
    "registration: it waits for deletion": twin(
        _has("client transfer prohibited", "pendingDelete"), "dns.registration.status"
    ),
    "registration: other name servers on record": twin(
        defect("world.rdap_nameservers", DOMAIN), "dns.registration.nameservers"
    ),
    "registration: an old key on record": twin(defect("world.rdap_ds", DOMAIN), "dns.registration.ds"),
    "registration: no key on record": twin(defect("world.rdap_ds", DOMAIN, ds=[]), "dns.registration.ds"),
    "registration: a key on record for an unsigned zone": Twin(
        unsigned(), frozenset({"dns.registration.ds"}), defect("world.rdap_ds", DOMAIN), ROWS
    ),
}

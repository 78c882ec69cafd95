"""Drills of DNS: what somebody does behind the program's back, and the kind of drift that it must show as."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from launchready.edge.world import registrar
from tests.drift.drift_clients import DOMAIN
from tests.drift.drift_kit import Launched

Act = Callable[[Launched], Awaitable[None]]
FORGED = "203.0.113.66"


@dataclass(frozen=True)
class Drill:
    """``change`` makes drift; ``shows``: the ids of all items then.

    ``mend``: what a person does, where the fix is no command. ``adopt``: the fix's declaration instead of its
    deletion. ``full``: look at DNS, TLS and AWS too. ``second``: on the second client.
    """

    change: Act
    shows: tuple[str, ...]
    mend: Act | None = None
    adopt: bool = False
    full: bool = False
    second: bool = False
    harmless: bool = False
    """Listed, and no drift."""
    steps: int = 0
    """How many items may be left once the first fix was carried out; each is mended by its own."""


def edit(wanted: dict[str, Any], **changes: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.edit(wanted, **changes)

    return act


def drop(**wanted: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.drop(**wanted)

    return act


def add(**record: Any) -> Act:
    async def act(launched: Launched) -> None:
        await launched.add(**record)

    return act


def txt(launched: Launched, name: str, begins: str) -> dict[str, Any]:
    """The one TXT record of a name that begins so."""
    return next(
        r for r in launched.records(name=name, type="TXT") if r["content"].strip('"').startswith(begins)
    )


def edit_txt(name: str, begins: str, content: str) -> Act:
    async def act(launched: Launched) -> None:
        await launched.edit({"id": txt(launched, name, begins)["id"]}, content=content)

    return act


def drop_txt(name: str, begins: str) -> Act:
    async def act(launched: Launched) -> None:
        await launched.drop(id=txt(launched, name, begins)["id"])

    return act


def _owned(record: dict[str, Any], meta: dict[str, Any]) -> tuple[Act, Act]:
    """A record that a Cloudflare product made: the API can't write its meta, the product does."""

    async def change(launched: Launched) -> None:
        await launched.add(**record)
        for found in launched.records(name=record["name"], type=record["type"]):
            if found["content"].strip('"') == record["content"].strip('"'):
                found["meta"] = meta

    async def mend(launched: Launched) -> None:
        found = [r for r in launched.records(name=record["name"], type=record["type"]) if r["meta"] == meta]
        for one in found:
            launched.zone.drop_record(one["id"])

    return change, mend


_ROUTING = _owned(
    {"name": DOMAIN, "type": "MX", "content": "route1.mx.cloudflare.net", "priority": 7},
    {"email_routing": True, "read_only": True},
)
_ROUTING_BELOW = _owned(
    {"name": f"news.{DOMAIN}", "type": "MX", "content": "route1.mx.cloudflare.net", "priority": 7},
    {"email_routing": True, "read_only": True},
)
_TUNNEL = _owned(
    {"name": f"tunnel.{DOMAIN}", "type": "CNAME", "content": "1234.cfargotunnel.com", "proxied": True},
    {"managed_by_apps": True, "read_only": True},
)


async def _pause(launched: Launched) -> None:
    await launched.call("PATCH", "", {"paused": True})


async def _delete_zone(launched: Launched) -> None:
    await launched.call("DELETE", "")


async def _another_zone(launched: Launched) -> None:
    await launched.call("DELETE", "")
    account = {"id": launched.edge.state.account_id}
    await launched.call("POST", "//zones", {"name": DOMAIN, "account": account, "type": "full"})


async def _unsign(launched: Launched) -> None:
    await launched.call("PATCH", "/dnssec", {"status": "disabled"})


def _delegate(*names: str) -> Act:
    async def act(launched: Launched) -> None:
        registrar.set_ns(launched.edge.state, DOMAIN, names)

    return act


def _publish(*ds: str) -> Act:
    async def act(launched: Launched) -> None:
        registrar.set_ds(launched.edge.state, DOMAIN, ds)

    return act


def _held(launched: Launched, kind: str, name: str) -> Any:
    return next(h for h in launched.stack.held.values() if h.type.endswith(f":{kind}") and h.name == name)


def state_has(kind: str, name: str, **values: Any) -> Act:
    """The state alone knows something else."""

    async def act(launched: Launched) -> None:
        held = _held(launched, kind, name)
        held.outputs = {**held.outputs, **values}
        held.inputs = {**held.inputs, **{key: value for key, value in values.items() if key in held.inputs}}

    return act


def state_loses(kind: str, name: str) -> Act:
    """The state alone does not know of it."""

    async def act(launched: Launched) -> None:
        del launched.stack.held[_held(launched, kind, name).urn]

    return act


_APP = {"name": f"app.{DOMAIN}"}
_API6 = {"name": f"api.{DOMAIN}", "type": "AAAA"}
_BUCH = {"name": f"xn--bcher-kva.{DOMAIN}"}
_SRV = {"name": f"_sip._tcp.{DOMAIN}"}
_TLSA = {"name": f"_443._tcp.api.{DOMAIN}"}
_SUB = {"name": f"sub.{DOMAIN}"}
_KEY = f"google._domainkey.{DOMAIN}"

DRILLS: dict[str, Drill] = {
    "a proxied host made DNS only": Drill(edit(_APP, proxied=False), ("dns.proxy.off",)),
    "a DNS-only host made proxied": Drill(
        edit({"name": f"docs.{DOMAIN}"}, proxied=True, ttl=1), ("dns.proxy.on",)
    ),
    "an edited MX": Drill(edit({"type": "MX"}, content="mail.elsewhere.example"), ("dns.mx.changed",)),
    "an edited priority": Drill(edit({"type": "MX"}, priority=50), ("dns.mx.changed",)),
    "an edited SPF": Drill(edit_txt(DOMAIN, "v=spf1", '"v=spf1 +all"'), ("dns.spf.changed",)),
    "an edited DMARC": Drill(
        edit_txt(f"_dmarc.{DOMAIN}", "v=DMARC1", '"v=DMARC1; p=none"'), ("dns.dmarc.changed",)
    ),
    "an edited DKIM key": Drill(edit_txt(_KEY, "v=DKIM1", '"v=DKIM1; k=rsa; p="'), ("dns.dkim.changed",)),
    "an edited TLS-RPT": Drill(
        edit_txt(f"_smtp._tls.{DOMAIN}", "v=TLSRPTv1", '"v=TLSRPTv1; rua=mailto:x@elsewhere.example"'),
        ("dns.mail_policy.changed",),
    ),
    "an edited verification": Drill(
        edit_txt(DOMAIN, "launch-check", '"launch-check=somebody"'), ("dns.txt.changed",)
    ),
    "an edited long TXT": Drill(edit_txt(f"long.{DOMAIN}", "x", '"short"'), ("dns.txt.changed",)),
    "an edited CAA": Drill(
        edit({"type": "CAA", "content": '0 issue "pki.goog"'},
             data={"flags": 0, "tag": "issue", "value": "ca.elsewhere.example"}),
        ("dns.caa.changed",),
    ),
    "an edited SRV": Drill(
        edit(_SRV, data={"priority": 10, "weight": 5, "port": 5061, "target": "api.acme.example"}),
        ("dns.srv.changed",),
    ),
    "an edited TLSA": Drill(
        edit(_TLSA, data={"usage": 3, "selector": 1, "matching_type": 1, "certificate": "cd" * 32}),
        ("dns.tlsa.changed",),
    ),
    "an edited delegation": Drill(edit(_SUB, content="ns.elsewhere.example"), ("dns.ns.changed",)),
    "an edited CNAME": Drill(edit(_APP, content="elsewhere.example"), ("dns.cname.changed",)),
    "a CNAME made an address": Drill(
        edit({"name": f"docs.{DOMAIN}"}, type="A", content=FORGED), ("dns.cname.changed",)
    ),
    "an edited address": Drill(edit(_BUCH, content=FORGED), ("dns.address.changed",)),
    "an edited IPv6 address": Drill(edit(_API6, content="2001:db8::66"), ("dns.address.changed",)),
    "an edited LOC": Drill(
        edit({"type": "LOC"}, data={
            "lat_degrees": 1, "lat_minutes": 0, "lat_seconds": 0, "lat_direction": "S",
            "long_degrees": 1, "long_minutes": 0, "long_seconds": 0, "long_direction": "W",
            "altitude": 0, "size": 1, "precision_horz": 10000, "precision_vert": 10,
        }),
        ("dns.data.changed",),
        second=True,
    ),
    "an edited TTL": Drill(edit(_API6, ttl=3600), ("dns.ttl.changed",)),
    "an edited comment": Drill(edit(_BUCH, comment="who wrote this?"), ("dns.note.changed",)),
    "edited tags": Drill(edit(_BUCH, tags=["owner:nobody"]), ("dns.note.changed",)),
    "a deleted apex": Drill(drop(name=DOMAIN, type="A"), ("dns.apex.missing",)),
    "a deleted host": Drill(drop(**_APP), ("dns.address.missing",)),
    "a deleted address of two": Drill(drop(**_API6), ("dns.address.missing",)),
    "a deleted MX": Drill(drop(type="MX"), ("dns.mx.missing",)),
    "a deleted SPF": Drill(drop_txt(DOMAIN, "v=spf1"), ("dns.spf.missing",)),
    "a deleted DMARC": Drill(drop_txt(f"_dmarc.{DOMAIN}", "v=DMARC1"), ("dns.dmarc.missing",)),
    "a deleted DKIM key": Drill(drop_txt(_KEY, "v=DKIM1"), ("dns.dkim.missing",)),
    "a deleted CAA": Drill(drop(type="CAA", content='0 issue "pki.goog"'), ("dns.caa.missing",)),
    "a deleted delegation": Drill(drop(**_SUB), ("dns.ns.missing",)),
    "a deleted verification": Drill(drop_txt(DOMAIN, "launch-check"), ("dns.txt.missing",)),
    "a deleted SRV": Drill(drop(**_SRV), ("dns.record.missing",)),
    "a second SPF": Drill(
        add(name=DOMAIN, type="TXT", content='"v=spf1 include:elsewhere.example ~all"'), ("dns.spf.second",)
    ),
    "a second DMARC": Drill(
        add(name=f"_dmarc.{DOMAIN}", type="TXT", content='"v=DMARC1; p=none"'), ("dns.dmarc.second",)
    ),
    "a wildcard": Drill(add(name=f"*.{DOMAIN}", type="A", content=FORGED), ("dns.wildcard.added",)),
    "an adopted wildcard": Drill(
        add(name=f"*.{DOMAIN}", type="A", content=FORGED), ("dns.wildcard.added",), adopt=True
    ),
    "a subdomain delegated away": Drill(
        add(name=f"shop.{DOMAIN}", type="NS", content="ns.elsewhere.example"), ("dns.ns.added",)
    ),
    "a foreign MX": Drill(
        add(name=DOMAIN, type="MX", content="mail.elsewhere.example", priority=1), ("dns.mx.added",)
    ),
    "a foreign DKIM key": Drill(
        add(name=f"evil._domainkey.{DOMAIN}", type="TXT", content='"v=DKIM1; p=AAAA"'), ("dns.dkim.added",)
    ),
    "a foreign CAA": Drill(
        add(name=DOMAIN, type="CAA", data={"flags": 0, "tag": "issue", "value": "ca.elsewhere.example"}),
        ("dns.caa.added",),
    ),
    "a foreign host": Drill(
        add(name=f"forgotten.{DOMAIN}", type="CNAME", content="gone.host.example"), ("dns.address.added",)
    ),
    "a foreign address beside the declared": Drill(
        add(name=f"api.{DOMAIN}", type="A", content=FORGED, ttl=300), ("dns.address.added",)
    ),
    "an adopted address beside the declared": Drill(
        add(name=f"xn--bcher-kva.{DOMAIN}", type="A", content=FORGED), ("dns.address.added",), adopt=True
    ),
    "a foreign TXT": Drill(
        add(name=f"note.{DOMAIN}", type="TXT", content='"who knows"'), ("dns.record.added",)
    ),
    "an adopted TXT": Drill(
        add(name=f"note.{DOMAIN}", type="TXT", content='"who \\"knows\\""', ttl=600), ("dns.record.added",),
        adopt=True,
    ),
    "an adopted SRV": Drill(
        add(name=f"_x._tcp.{DOMAIN}", type="SRV",
            data={"priority": 1, "weight": 2, "port": 3, "target": "api.acme.example"}),
        ("dns.record.added",),
        adopt=True,
    ),
    "mail routing beside the declared mail": Drill(_ROUTING[0], ("dns.mail_routing.competes",), _ROUTING[1]),
    "mail routing where no mail is declared": Drill(
        _ROUTING_BELOW[0], ("dns.mail_routing",), _ROUTING_BELOW[1], harmless=True
    ),
    "a certificate authority's challenge": Drill(
        add(name=f"_acme-challenge.{DOMAIN}", type="TXT", content='"token"'), ("dns.acme",),
        drop(name=f"_acme-challenge.{DOMAIN}"), harmless=True,
    ),
    "a tunnel's record": Drill(_TUNNEL[0], ("dns.managed",), _TUNNEL[1], harmless=True),
    "a paused zone": Drill(_pause, ("dns.zone.paused",), full=True),
    "other name servers": Drill(
        _delegate("ns1.elsewhere.example", "ns2.elsewhere.example"), ("dns.delegation.changed",), full=True
    ),
    "no delegation": Drill(_delegate(), ("dns.delegation.missing",), full=True),
    "DNSSEC off": Drill(_unsign, ("dns.dnssec.off",), full=True),
    "no DS": Drill(_publish(), ("dns.ds.missing",), full=True),
    "a DS of another key": Drill(_publish(f"1 13 2 {'AB' * 32}"), ("dns.ds.stale",), full=True),
    "a state with another address": Drill(
        state_has("DnsRecord", "xn--bcher-kva", content=FORGED), ("dns.record.state",)
    ),
    "a record that the state lost": Drill(state_loses("DnsRecord", "xn--bcher-kva"), ("dns.record.lost",)),
    "a mail record that the state lost": Drill(state_loses("DnsRecord", "@/MX"), ("dns.record.lost",)),
    "another zone of the name": Drill(_another_zone, ("dns.zone.other",), steps=2),
    "a deleted zone": Drill(_delete_zone, ("dns.zone.missing",), steps=2),
}  # fmt: skip

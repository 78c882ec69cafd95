"""Bad twins of row ``email_auth``: for each check a client, or a served zone, that breaks exactly it.

Most twins declare their defect, so that the zone is served as declared and only mail checks trip. Those of
the "live = declared" kind change the served zone, which row ``dns`` notices too; ``trips`` says so.
"""

from __future__ import annotations

import base64
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from launchready.edge.state import Zone
from launchready.mailauth.dns import text_of
from launchready.mailauth.presets import world_records

DOMAIN = "acme.example"
DMARC = f"_dmarc.{DOMAIN}"
GOOGLE = f"google._domainkey.{DOMAIN}"
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
KEY = text_of(world_records()["*.dkim.amazonses.com"]["TXT"][0]).partition("p=")[2]
"""The key behind the fake internet's delegations: valid, 2048 bits."""

MAILS: dict[str, Any] = {
    "senders": ["google", "ses"],
    "receive": "google",
    "dkim": {"google": {"public_key": KEY}, TOKEN: {"cname": f"{TOKEN}.dkim.amazonses.com"}},
}
NEVER: dict[str, Any] = {"senders": []}
MX = {"name": "@", "type": "MX", "content": "smtp.google.com", "priority": 1}
SPF_OK = "v=spf1 include:_spf.google.com -all"
DMARC_OK = f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{DOMAIN}; adkim=s; aspf=s"


@functools.cache
def key(bits: int) -> str:
    """A fresh RSA public key, base64 of its DER."""
    public = rsa.generate_private_key(65537, bits).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@dataclass(frozen=True)
class EmailTwin:
    """``client``: values of a client file (without ``launchready:``). ``break_served``: what is then done
    to the zone that the edge serves. ``trips``: every check that fails, of whatever row.
    """

    client: dict[str, Any]
    trips: frozenset[str]
    break_served: Callable[[Zone], None] | None = field(default=None, compare=False)


# --- clients -----------------------------------------------------------------------------------


def client(email: object, *records: dict[str, Any]) -> dict[str, Any]:
    return {
        "domain": DOMAIN,
        "hosts": {"@": {"address": "203.0.113.10"}},
        "records": list(records),
        "email": email,
    }


def txt(name: str, content: str) -> dict[str, Any]:
    return {"name": name, "type": "TXT", "content": content}


def by_hand(*spf: str, dmarc: str | None = DMARC_OK, more: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """``email: none``, the mail records written out: the way to declare what launchready never composes."""
    written = [MX, *(txt("@", text) for text in spf), *more]
    return client("none", *written, *([txt("_dmarc", dmarc)] if dmarc is not None else []))


def custom(*terms: str, more: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return client(MAILS | {"senders": ["google", "ses", {"name": "own", "spf": list(terms)}]}, *more)


def dmarc_with(**options: object) -> dict[str, Any]:
    return client(MAILS | {"dmarc": options})


# --- what is done to a served zone ---------------------------------------------------------------

_numbers = itertools.count(1)


def serve(name: str, kind: str, *contents: str, priority: int | None = None) -> Callable[[Zone], None]:
    """Replace an RRset of the zone; no content takes it away."""

    def change(zone: Zone) -> None:
        for old in [r for r in zone.records_at(name) if r["type"] == kind]:
            zone.drop_record(old["id"])
        for content in contents:
            quoted = f'"{content}"' if kind == "TXT" else content
            record = {"id": f"{next(_numbers):032x}", "name": name, "type": kind, "content": quoted}
            more = {"ttl": 1, "proxied": False} | ({"priority": priority} if priority is not None else {})
            zone.put_record(record | more)

    return change


def _trips(*ids: str) -> frozenset[str]:
    return frozenset(i if i.startswith("dns.") else f"email_auth.{i}" for i in ids)


def _live(email: object, change: Callable[[Zone], None], *ids: str) -> EmailTwin:
    """A twin that is served other data than its client file declares: row dns sees that as well."""
    return EmailTwin(client(email), _trips(*ids, "dns.record.served", "dns.record.undeclared"), change)


def _gone(email: object, name: str, kind: str, *ids: str) -> EmailTwin:
    """A twin of which a declared RRset is not served."""
    return EmailTwin(client(email), _trips(*ids, "dns.record.served"), serve(name, kind))


def _declared(values: dict[str, Any], *ids: str) -> EmailTwin:
    return EmailTwin(values, _trips(*ids))


_LOOP = (txt("loop", f"v=spf1 include:loop.{DOMAIN} -all"),)
_TWO = (txt("two", "v=spf1 -all"), txt("two", "v=spf1 ~all"))
_HOSTS = tuple(
    {"name": f"h{i}", "type": "A", "content": f"203.0.113.{100 + i}", "proxied": False} for i in range(11)
)
_MANY = tuple(
    {"name": "many", "type": "MX", "content": f"h{i}.{DOMAIN}", "priority": i} for i in range(11)
) + tuple(host | {"type": kind, "content": content} for host in _HOSTS for kind, content in (
    ("A", host["content"]), ("AAAA", "2001:db8::25"),
))  # fmt: skip
_V4 = tuple({"name": f"v{i}", "type": "A", "content": "203.0.113.50", "proxied": False} for i in range(3))
_ALIASED = (
    {"name": "@", "type": "MX", "content": f"alias.{DOMAIN}", "priority": 1},
    {"name": "alias", "type": "CNAME", "content": "smtp.google.com", "proxied": False},
    txt("@", SPF_OK), txt("_dmarc", DMARC_OK),
)  # fmt: skip
_LOST = (
    {"name": "@", "type": "MX", "content": f"lost.{DOMAIN}", "priority": 1},
    txt("@", SPF_OK),
    txt("_dmarc", DMARC_OK),
)
_NULL = {"name": "@", "type": "MX", "content": ".", "priority": 0}
_LOGO = {"bimi": {"logo": "https://brand.example.net/logo.svg"}}
_TWELVE = [
    "google",
    "mailgun",
    "zoho",
    "microsoft365",
    "fastmail",
    "ses",
    {"name": "x", "spf": ["+INCLUDE:sendgrid.net"]},
]

TWINS: dict[str, EmailTwin] = {
    # SPF
    "email: no SPF": _declared(by_hand(), "spf.present"),
    "email: SPF that no receiver takes for one": _declared(
        by_hand("v=spf1;include:_spf.google.com -all"), "spf.present"
    ),
    "email: two SPF records": _declared(by_hand(SPF_OK, "V=SPF1 -ALL"), "spf.single"),
    "email: SPF with a broken term": _declared(by_hand("v=spf1 ip4:198.51.100.300 -all"), "spf.syntax"),
    "email: SPF with twelve look-ups": _declared(client(MAILS | {"senders": _TWELVE}), "spf.lookups"),
    "email: SPF that includes itself": _declared(custom(f"include:loop.{DOMAIN}", more=_LOOP), "spf.lookups"),
    "email: SPF with three void look-ups": _declared(
        custom(*(f"a:gone{i}.{DOMAIN}" for i in range(3))), "spf.void"
    ),
    "email: SPF void for IPv6": _declared(
        custom(*(f"a:v{i}.{DOMAIN}" for i in range(3)), more=_V4), "spf.void"
    ),
    "email: SPF over eleven MX hosts": _declared(custom(f"mx:many.{DOMAIN}", more=_MANY), "spf.mx_hosts"),
    "email: SPF includes nothing": _declared(custom(f"include:nothing.{DOMAIN}"), "spf.includes"),
    "email: SPF includes two records": _declared(custom(f"include:two.{DOMAIN}", more=_TWO), "spf.includes"),
    "email: SPF ends neutral": _declared(by_hand("v=spf1 include:_spf.google.com ?all"), "spf.all"),
    "email: SPF lets everyone pass": _declared(by_hand("v=spf1 +all"), "spf.all"),
    "email: SPF has no end": _declared(by_hand("v=spf1 include:_spf.google.com"), "spf.all"),
    "email: SPF admits the internet": _declared(custom("ip4:0.0.0.0/1", "ip4:128.0.0.0/1"), "spf.breadth"),
    "email: SPF terms after all": _declared(by_hand(SPF_OK + " ip4:198.51.100.7"), "spf.order"),
    "email: SPF with ptr": _declared(custom("ptr"), "spf.no_ptr"),
    "email: another SPF is served": _live(
        MAILS, serve(DOMAIN, "TXT", "v=spf1 include:_spf.google.com ~all"), "spf.declared"
    ),
    "email: SPF lacks a sender": _live(
        MAILS, serve(DOMAIN, "TXT", "v=spf1 ip4:198.51.100.7 -all"), "spf.senders", "spf.declared"
    ),
    "email: never mails, SPF admits somebody": _live(
        NEVER, serve(DOMAIN, "TXT", "v=spf1 ip4:198.51.100.7 -all"), "spf.nobody", "spf.declared"
    ),
    # DMARC
    "email: no DMARC": _declared(by_hand(SPF_OK, dmarc=None), "dmarc.present"),
    "email: DMARC in lower case": _declared(by_hand(SPF_OK, dmarc=DMARC_OK.lower()), "dmarc.present"),
    "email: two DMARC records": _declared(
        by_hand(SPF_OK, more=(txt("_dmarc", "v=DMARC1; p=reject"),)), "dmarc.single"
    ),
    "email: DMARC with a broken tag": _declared(
        by_hand(SPF_OK, dmarc=DMARC_OK + "; t=maybe"), "dmarc.syntax"
    ),
    "email: DMARC stage none": _declared(dmarc_with(policy="none"), "dmarc.policy"),
    "email: DMARC weaker for subdomains": _declared(
        dmarc_with(policy="reject", sp="quarantine"), "dmarc.subdomains"
    ),
    "email: DMARC weaker for absent names": _declared(dmarc_with(np="none"), "dmarc.subdomains"),
    "email: DMARC aligned loosely": _declared(dmarc_with(adkim="r"), "dmarc.alignment"),
    "email: DMARC as a test": _declared(dmarc_with(policy="reject", testing=True), "dmarc.testing"),
    "email: DMARC with pct": _declared(by_hand(SPF_OK, dmarc=DMARC_OK + "; pct=50"), "dmarc.obsolete"),
    "email: DMARC without reports": _declared(dmarc_with(rua=[]), "dmarc.reports"),
    "email: DMARC reports that are not allowed": _declared(
        dmarc_with(rua=["mailto:dmarc@noreports.example.net"]), "dmarc.reports_allowed"
    ),
    "email: another DMARC is served": _live(
        MAILS, serve(DMARC, "TXT", DMARC_OK.replace("quarantine", "reject")), "dmarc.declared"
    ),
    "email: a sender that passes by nothing": _declared(
        client(MAILS | {"dkim": {"google": {"public_key": KEY}}}), "dmarc.senders"
    ),
    # DKIM
    "email: DKIM key that is none": _declared(
        client(MAILS | {"dkim": MAILS["dkim"] | {"spare": {"public_key": "AAAA"}}}), "dkim.key"
    ),
    "email: DKIM key is gone": _gone(MAILS, GOOGLE, "TXT", "dkim.key", "dkim.declared"),
    "email: DKIM key is weak": _declared(
        client(MAILS | {"dkim": MAILS["dkim"] | {"google": {"public_key": key(1024)}}}), "dkim.strength"
    ),
    "email: DKIM key in test mode": _declared(
        by_hand(SPF_OK, more=(txt("s1._domainkey", f"v=DKIM1; k=rsa; t=y; p={KEY}"),)), "dkim.test_mode"
    ),
    "email: another DKIM key is served": _live(
        MAILS, serve(GOOGLE, "TXT", f"v=DKIM1; k=rsa; p={key(2048)}"), "dkim.declared"
    ),
    "email: no DKIM": _declared(client({"senders": ["google"], "receive": "google"}), "dkim.present"),
    "email: never mails, yet signs": _declared(
        client({"dkim": {"google": {"public_key": KEY}}}), "dkim.nobody"
    ),
    # exchangers
    "email: other MX are served": _live(
        MAILS, serve(DOMAIN, "MX", "mx.zoho.com", priority=10), "mx.declared"
    ),
    "email: MX host without address": _declared(client("none", *_LOST), "mx.resolves", "dns.targets.resolve"),
    "email: MX host is an alias": _declared(client("none", *_ALIASED), "mx.alias", "dns.targets.alias"),
    "email: no null MX": _gone(NEVER, DOMAIN, "MX", "mx.null", "mx.declared"),
    "email: null MX of a sender": _declared(
        client(MAILS | {"receive": None}, _NULL), "mx.null", "mx.bounces"
    ),
    "email: no way back for bounces": _declared(client(MAILS | {"receive": None}), "mx.bounces"),
    # around
    "email: TLS reports to nowhere": _declared(
        by_hand(SPF_OK, more=(txt("_smtp._tls", f"v=TLSRPTv1; rua=tls@{DOMAIN}"),)), "tls_rpt.record"
    ),
    "email: MTA-STS without an id": _declared(
        by_hand(SPF_OK, more=(txt("_mta-sts", "v=STSv1; id=not-an-id"),)), "mta_sts.record"
    ),
    "email: BIMI logo by http": _declared(
        by_hand(SPF_OK, more=(txt("default._bimi", f"v=BIMI1; l=http://{DOMAIN}/logo.svg"),)), "bimi.record"
    ),
    "email: BIMI without enforced DMARC": _declared(
        client(MAILS | {"dmarc": {"policy": "none"}} | _LOGO), "bimi.enforced", "dmarc.policy"
    ),
}

"""The typed model of a client file: every key that a launch can declare.

Values arrive here as plain data (from YAML or from the Pulumi engine); what leaves is
immutable. Host names are lower-case A-labels without a trailing dot.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Plan(StrEnum):
    """Cloudflare's plans, by their ``legacy_id``."""

    FREE = "free"
    PRO = "pro"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"


class Strict(BaseModel):
    """Immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


# --- hosts, records, redirects -------------------------------------------------------------


class PrivateExposure(Strict):
    """Who may reach a private host: networks in CIDR form."""

    allow: tuple[str, ...]


class Exposure(Strict):
    """A host that is closed to the public."""

    private: PrivateExposure


class Host(Strict):
    """What answers at a host: exactly one of ``address``, ``cname`` or ``redirect``.

    ``redirect`` names another key of ``hosts`` ("@" is the apex) or a full URL.
    """

    address: tuple[str, ...] = ()
    cname: str | None = None
    redirect: str | None = None
    proxied: bool = True
    ttl: int = 1
    exposure: Exposure | Literal["public"] = "public"


class RecordEntry(Strict):
    """One DNS record beside ``hosts``. ``data`` serves CAA, SRV, TLSA, HTTPS and their kind."""

    name: str
    type: str
    content: str | None = None
    data: dict[str, Any] | None = None
    ttl: int = 1
    priority: int | None = None
    proxied: bool = False
    comment: str | None = None
    tags: tuple[str, ...] = ()


class RedirectEntry(Strict):
    """A host or path redirect: ``from`` is ``host/path`` with ``*``; ``to`` a URL with ``${1}``…"""

    source: Annotated[str, Field(alias="from")]
    to: str
    status: Literal[301, 302, 303, 307, 308] = 301
    keep_query: bool = True


# --- TLS -----------------------------------------------------------------------------------


class Hsts(Strict):
    max_age: Annotated[int, Field(ge=0)] = 31_536_000
    include_subdomains: bool = True
    preload: bool = False
    nosniff: bool = True


class Tls(Strict):
    mode: Literal["off", "flexible", "full", "strict"] = "strict"
    min_version: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2"
    tls13: bool = True
    always_https: bool = True
    rewrites: bool = True
    hsts: Hsts | Literal["none"] = Hsts()
    dnssec: bool = True
    caa: tuple[str, ...] | Literal["none"] = ("letsencrypt.org", "pki.goog", "ssl.com")
    caa_iodef: str | None = None
    certificates: Literal["universal", "advanced"] = "universal"


# --- mail ----------------------------------------------------------------------------------


class DkimKey(Strict):
    """A DKIM selector: a public key (base64 DER for RSA, raw base64 for Ed25519) or a CNAME."""

    public_key: str | None = None
    type: Literal["rsa", "ed25519"] = "rsa"
    cname: str | None = None


class Dmarc(Strict):
    """RFC 9989. ``rua`` None means ``mailto:dmarc@<domain>`` for a domain that mails."""

    policy: Literal["none", "quarantine", "reject"] = "quarantine"
    rua: tuple[str, ...] | None = None
    ruf: tuple[str, ...] = ()
    adkim: Literal["s", "r"] = "s"
    aspf: Literal["s", "r"] = "s"
    sp: Literal["none", "quarantine", "reject"] | None = None
    np: Literal["none", "quarantine", "reject"] | None = None
    fo: str | None = None
    testing: bool = False


class CustomSender(Strict):
    """A sender without a preset: the SPF terms that admit it."""

    name: str
    spf: tuple[str, ...] = ()
    return_path: str | None = None


class Bimi(Strict):
    logo: str
    authority: str | None = None


class Email(Strict):
    """``senders: []`` is a domain that never mails. ``receive`` names who takes its mail."""

    senders: tuple[str | CustomSender, ...] = ()
    receive: str | None = None
    spf_all: Literal["-all", "~all"] = "-all"
    dkim: dict[str, DkimKey] = {}
    dmarc: Dmarc = Dmarc()
    mta_sts: Literal["none", "testing", "enforce"] | dict[str, Any] = "none"
    tls_rpt: tuple[str, ...] = ()
    bimi: Bimi | None = None


# --- zone, waivers, guard -------------------------------------------------------------------


class ZoneOptions(Strict):
    """``id`` names an existing zone that this launch adopts; without it the zone is created."""

    id: str | None = None


class Waiver(Strict):
    check: str
    reason: Annotated[str, Field(min_length=1)]
    until: date


class Guard(Strict):
    max_delete: Annotated[int, Field(ge=0)] = 3
    destroy: bool = False


# --- keys of later versions -------------------------------------------------------------------
# They are parsed (so that the schema is the contract) and refused by the lint
# `client_file.unsupported` until their component exists. None = not given.


class ClientFile(Strict):
    """Everything that one file declares about one client's launch.

    ``client`` is the stack's name and ``path`` the file; both are set by the loader.
    """

    domain: str
    account: str | None = None
    plan: Plan = Plan.FREE
    zone: ZoneOptions = ZoneOptions()
    hosts: dict[str, Host] = {}
    records: tuple[RecordEntry, ...] = ()
    redirects: tuple[RedirectEntry, ...] = ()
    tls: Tls = Tls()
    email: Email = Email()
    waivers: tuple[Waiver, ...] = ()
    guard: Guard = Guard()
    portal: Any = None
    cache: Any = None
    headers: Any = None
    rate_limits: Any = None
    monitors: Any = None
    environment: Any = None

    client: Annotated[str, Field(exclude=True)] = ""
    path: Annotated[Path | None, Field(exclude=True)] = None

"""The typed model of a client file: every key that a launch can declare.

Values arrive here as plain data (from YAML or from the Pulumi engine); what leaves is
immutable. Host names are lower-case A-labels without a trailing dot, names of hosts and records
relative to the zone ("@" is the apex), the host in a redirect's ``from`` a full name.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from launchready.client_file.base import Secret, Strict
from launchready.client_file.cache_model import Cache, CacheOrNone
from launchready.client_file.dns_model import (
    Exposure,
    Host,
    PrivateExposure,
    RecordEntry,
    RedirectEntry,
)
from launchready.client_file.environment_model import Environment, EnvironmentOrNone
from launchready.client_file.headers_model import Headers, HeadersOrNone
from launchready.client_file.mail_model import Bimi, CustomSender, DkimKey, Dmarc, Email, MtaSts
from launchready.client_file.mail_options_model import SpfFlattened
from launchready.client_file.monitors_model import Monitors, MonitorsOrNone
from launchready.client_file.names import fqdn, relative, to_ascii
from launchready.client_file.portal_model import Portal, PortalOrNone
from launchready.client_file.rate_limits_model import RateLimit, RateLimitsOrNone
from launchready.client_file.scalars import Bool, Day, HostName, Id, Text, lower
from launchready.client_file.tls_model import Hsts, Tls

__all__ = [
    "Bimi", "Cache", "ClientFile", "CustomSender", "DkimKey", "Dmarc", "Email", "Environment", "Exposure",
    "Guard", "Headers", "Host", "Hsts", "Monitors", "MtaSts", "Plan", "Portal", "PrivateExposure",
    "RateLimit", "RecordEntry", "RedirectEntry", "Secret", "Strict", "Tls", "Waiver", "ZoneOptions",
]  # fmt: skip


class Plan(StrEnum):
    """Cloudflare's plans, by their ``legacy_id``."""

    FREE = "free"
    PRO = "pro"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"


class ZoneOptions(Strict):
    """Which zone this launch works on."""

    id: Id | None = None
    """Id of an existing zone that this launch adopts; without it the zone is created."""


class Waiver(Strict):
    """A finding that doesn't count until a date."""

    check: Text
    """Id of the check, as ``launch checks`` lists it (or of a lint that may be waived)."""
    reason: Annotated[Text, Field(min_length=1)]
    """Why it is accepted."""
    until: Day
    """Last day on which it is accepted, such as 2027-01-31."""


class Guard(Strict):
    """What ``launch up`` may do without being asked twice."""

    max_delete: Annotated[int, Field(ge=0)] = 3
    """Resources that one run may delete or replace: an absolute number, whatever the zone's size."""
    destroy: Bool = False
    """Whether the launch may be taken down as a whole, with a zone that the program created."""


class ClientFile(Strict):
    """Everything that one file declares about one client's launch.

    ``client`` is the stack's name and ``path`` the file; both are set by the loader.
    """

    domain: HostName
    """The client's domain: the zone's apex."""
    account: Id | None = None
    """Cloudflare account id: 32 hexadecimal digits, quoted."""
    plan: Annotated[Plan, BeforeValidator(lower)] = Plan.FREE
    """The zone's Cloudflare plan."""
    zone: ZoneOptions = ZoneOptions()
    """Which zone this launch works on."""
    hosts: dict[Text, Host] = Field(default={})
    """What answers where: name → host ("@" is the apex)."""
    records: tuple[RecordEntry, ...] = ()
    """DNS records beside ``hosts``."""
    redirects: tuple[RedirectEntry, ...] = ()
    """Host and path redirects; the first that matches wins."""
    tls: Tls = Tls()
    """How the edge speaks TLS."""
    email: Email = Email()
    """Mail of the domain, or ``none``."""
    spf_flattened: SpfFlattened | None = None
    """Written by `launch spf flatten`: what the includes of the senders resolved to, and when."""
    waivers: tuple[Waiver, ...] = ()
    """Findings that don't count until a date."""
    guard: Guard = Guard()
    """What ``launch up`` may do without being asked twice."""
    portal: PortalOrNone | None = None
    """How to log in to the portal, or ``none`` (the default)."""
    cache: CacheOrNone = Cache()
    """What the edge keeps, or ``none``: the zone's own cache rules stay as they are."""
    headers: HeadersOrNone | None = None
    """Response headers of proxied hosts, or ``none``; default: a baseline that passes the checklist."""
    rate_limits: RateLimitsOrNone | None = None
    """How many requests one visitor may make, or ``none``; default: a declared portal's doors are limited."""
    monitors: MonitorsOrNone | None = None
    """Health checks and alarms, or ``none``."""
    environment: EnvironmentOrNone | None = None
    """The application's variables, or ``none``."""

    client: Annotated[str, Field(exclude=True)] = ""
    path: Annotated[Path | None, Field(exclude=True)] = None

    def fqdn(self, name: str) -> str:
        """The full name of a host's or record's name."""
        return fqdn(name, self.domain)

    @model_validator(mode="before")
    @classmethod
    def _relative_names(cls, value: Any) -> Any:
        """Names in their one form; what can't be normalised stays, for a lint to refuse."""
        if not isinstance(value, dict):
            return value
        domain = _domain(value.get("domain"))
        if domain is None:
            return value
        value = dict(value)
        for key, normalise in (("hosts", _hosts), ("records", _records), ("redirects", _redirects)):
            if value.get(key):
                value[key] = normalise(value[key], domain)
        return value


def _domain(value: object) -> str | None:
    try:
        return to_ascii(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _short(name: object, domain: str) -> Any:
    try:
        return relative(name, domain) if isinstance(name, str) else name
    except ValueError:
        return name


def _hosts(hosts: Any, domain: str) -> Any:
    if not isinstance(hosts, dict):
        return hosts
    result: dict[Any, Any] = {}
    for key, host in hosts.items():
        name = _short(key, domain)
        if name in result:
            name = key  # the lint client_file.hosts.twice refuses it
        target = host.get("redirect") if isinstance(host, dict) else None
        if isinstance(target, str) and "/" not in target:
            host = {**host, "redirect": _short(target, domain)}
        result[name] = host
    return result


def _records(records: Any, domain: str) -> Any:
    if not isinstance(records, list | tuple):
        return records
    return tuple(
        {**record, "name": _short(record["name"], domain)}
        if isinstance(record, dict) and isinstance(record.get("name"), str)
        else record
        for record in records
    )


def _redirects(redirects: Any, domain: str) -> Any:
    if not isinstance(redirects, list | tuple):
        return redirects
    return tuple(
        {**entry, "from": _source(entry["from"], domain)}
        if isinstance(entry, dict) and isinstance(entry.get("from"), str)
        else entry
        for entry in redirects
    )


def _source(source: str, domain: str) -> str:
    """``from`` with a full host name: "@/x" and "www/x" are taken as names of the zone."""
    bare = source.strip()
    for scheme in ("https://", "http://"):
        if bare.lower().startswith(scheme):
            bare = bare[len(scheme) :]
    host, slash, path = bare.partition("/")
    try:
        name = to_ascii(host)
    except ValueError:
        return bare
    if name == "@" or "." not in name:
        name = fqdn(name, domain)
    return name + slash + path

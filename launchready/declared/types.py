"""What a client file declares, as plain values: records, redirects, zone settings.

One concept, one type: the components create these, the verifier compares the world with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from launchready.declared import rdata
from launchready.declared.created import CertificatePlan, DkimKeyPlan, KeyStore, Pending, SesPlan, WorkerPlan
from launchready.declared.environment import Environment
from launchready.declared.monitors import Monitoring

AUTOMATIC_TTL = 1
SERVED_AUTOMATIC_TTL = 300


@dataclass(frozen=True, slots=True)
class Record:
    """One DNS record in the form of Cloudflare's API.

    ``name``: FQDN, lower-case A-labels, no trailing dot. ``content``: as the API echoes it
    (targets without trailing dot; TXT as quoted strings of at most 255 bytes each; CAA, SRV, TLSA,
    HTTPS … as their canonical presentation). ``data``: the structured form where the API wants one.
    ``ttl``: seconds, 1 = automatic. ``resource``: the Pulumi name, never derived from a secret.
    ``key``: the client-file key that declares it, such as ``hosts.www`` or ``records[3]``.
    ``aliases``: names that the same resource had when its set had another size.
    ``after``: the resource of the same set that must be settled first.
    """

    name: str
    type: str
    content: str
    key: str
    resource: str
    ttl: int = AUTOMATIC_TTL
    proxied: bool = False
    priority: int | None = None
    data: Mapping[str, Any] | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    after: str | None = None

    @property
    def presentation(self) -> str:
        """Rdata as a zone file shows it: priority first, targets absolute with their dot."""
        return rdata.presentation(self.type, self.content, self.priority)

    @property
    def served_ttl(self) -> int:
        """Seconds that DNS shows: automatic is served as 300."""
        return SERVED_AUTOMATIC_TTL if self.ttl == AUTOMATIC_TTL or self.proxied else self.ttl


@dataclass(frozen=True, slots=True)
class Redirect:
    """One single-redirect rule, in order. ``ref`` is stable across edits.

    ``expression``: when it applies; ``target``: a static URL or, if ``dynamic``, an expression,
    both in Cloudflare's rules language. ``examples``: (request URL, expected Location) pairs that prove it.
    """

    ref: str
    expression: str
    target: str
    dynamic: bool
    status: int
    keep_query: bool
    key: str
    description: str
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a zone's ruleset in a phase, in Cloudflare's own spelling (snake_case keys).

    ``ref`` is stable across edits and never derived from a secret. ``parameters``: the API's
    ``action_parameters``; ``ratelimit``: the API's ``ratelimit``, in its phase only. ``key``: the
    client-file key that declares it.
    """

    ref: str
    expression: str
    action: str
    description: str
    key: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ratelimit: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One zone setting: Cloudflare's id, the declared value, the client-file key."""

    id: str
    value: Any
    key: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A distinct place behind the edge: an address or a CNAME target, and the hosts it answers."""

    target: str
    hosts: tuple[str, ...]
    proxied: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything that one client file declares. Hosts are FQDNs."""

    domain: str
    plan: str
    records: tuple[Record, ...]
    redirects: tuple[Redirect, ...]
    settings: tuple[Setting, ...]
    dnssec: bool
    universal_ssl: bool
    hosts: tuple[str, ...] = ()
    """FQDNs that answer HTTP(S), redirect-only hosts included."""
    origins: tuple[Origin, ...] = ()
    zone_id: str | None = None
    rulesets: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    """Phase → its rules in order, redirects aside; a phase without rules is absent."""
    tiered_cache: bool | None = None
    """Is tiered cache (smart topology) on; None: not declared, the zone keeps its own."""
    pending: tuple[Pending, ...] = ()
    """Records of which a part is known only after creation (see ``created.resolve``)."""
    dkim_keys: tuple[DkimKeyPlan, ...] = ()
    ses: SesPlan | None = None
    workers: tuple[WorkerPlan, ...] = ()
    certificate: CertificatePlan | None = None
    key_store: KeyStore | None = None
    environment: Environment | None = None
    """The application's variables as AWS keeps them."""
    monitoring: Monitoring | None = None
    """What watches the launch from outside, and whom it wakes."""
    notes: tuple[str, ...] = field(default=())
    """Sentences for the report: explained SPF look-ups, 'portal: none', …"""

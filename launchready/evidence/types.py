"""What a probe asks and what it brings back: immutable, serialisable values.

A failure to find out is a value too (a ``Cause``), never an empty answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar


class Cause(StrEnum):
    """Why something could not be found out (or, for DNS, how the name answered)."""

    NXDOMAIN = "NXDOMAIN"
    NODATA = "NODATA"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    TIMEOUT = "TIMEOUT"
    UNREACHABLE = "UNREACHABLE"
    CONNECTION_REFUSED = "CONNECTION_REFUSED"
    RESET = "RESET"
    TLS = "TLS"
    MALFORMED = "MALFORMED"
    LAME = "LAME"
    BOGUS = "BOGUS"
    CHALLENGE = "CHALLENGE"
    STALE_EDGE = "STALE_EDGE"
    PLACEHOLDER = "PLACEHOLDER"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_REDIRECTS = "TOO_MANY_REDIRECTS"
    DISAGREE = "DISAGREE"
    NOT_PROBED = "NOT_PROBED"
    WAITING = "WAITING"
    NOT_CREATED = "NOT_CREATED"
    """Known only after creation, and the stack's outputs don't tell it."""
    NO_RUNTIME = "NO_RUNTIME"
    """The local edge has no JavaScript runtime, so that it can't show what a Worker answers."""
    SATURATED = "SATURATED"
    """Our own client was too busy for its figures to say anything of the other side."""
    CHECK_ERROR = "CHECK_ERROR"
    """The check itself broke: a bug of ours, never a pass and never the client's failure."""


RESOLVER = "resolver"
"""The recursive resolver, as a value of ``DnsProbe.server``."""
EACH_AUTHORITATIVE = "authoritative"
"""Every address of every name server of the zone (one answer for each)."""
PARENT = "parent"
"""The parent zone's servers: referrals, glue, DS."""


@dataclass(frozen=True, slots=True)
class DnsProbe:
    """A DNS question. ``server``: RESOLVER, EACH_AUTHORITATIVE, PARENT, or an ``ip`` (port 53)."""

    name: str
    rdtype: str
    server: str = RESOLVER
    transport: str = "udp"
    """``udp`` (falling back to TCP on truncation) or ``tcp``."""
    dnssec: bool = False
    """Set DO, and keep the signatures."""
    recursion: bool = False
    """Set RD although the server is not our resolver (is it an open one?)."""

    @property
    def id(self) -> str:
        suffix = "" if self.server == RESOLVER else f"@{self.server}"
        flags = ("+tcp" if self.transport == "tcp" else "") + ("+do" if self.dnssec else "")
        flags += "+rd" if self.recursion else ""
        return f"dns:{self.rdtype}:{self.name}{suffix}{flags}"


@dataclass(frozen=True, slots=True)
class TlsProbe:
    """A handshake. ``version`` None = negotiate; ``"1.0"``…``"1.3"`` = offer only that one.

    ``weak``: offer nothing but ciphers that must be refused (a bare ClientHello, TLS 1.2 and older).
    """

    host: str
    port: int = 443
    version: str | None = None
    address: str | None = None
    weak: bool = False

    @property
    def id(self) -> str:
        version = (f"+tls{self.version}" if self.version else "") + ("+weak" if self.weak else "")
        return f"tls:{self.host}:{self.port}{version}{'@' + self.address if self.address else ''}"


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """One request, never following redirects. Its own headers make it another piece of evidence.

    ``source``: the loopback address to ask from, on an edge only; "" is any. ``quiet``: asked when nothing
    else is, three times over, for how long it takes: the answer is the one of middle ``first_byte``.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    source: str = ""
    quiet: bool = False

    @property
    def id(self) -> str:
        own = "".join(f"+{name.lower()}={value}" for name, value in self.headers)
        own += "+quiet" if self.quiet else ""
        return f"http:{self.method}:{self.url}{own}{'~' + self.source if self.source else ''}"


@dataclass(frozen=True, slots=True)
class BurstProbe:
    """Requests to the first URL until the edge refuses one, then one to each other. Stateful, and the last.

    ``count``: how many at most; ``pause``: seconds between them; ``source``: as of HttpProbe, a wish;
    ``patience``: seconds to wait, once, if the very first is refused since we were busy there before.
    """

    urls: tuple[str, ...]
    method: str = "GET"
    count: int = 6
    pause: float = 0.0
    source: str = ""
    patience: float = 0.0

    @property
    def id(self) -> str:
        return f"burst:{self.method}:{self.count}:{' '.join(self.urls)}"


AWS_REGION = "us-east-1"
"""Where Route 53's metrics are, and with them a launch's alarms and topics."""


@dataclass(frozen=True, slots=True)
class AwsProbe:
    """One read of an AWS API, every page of it. ``service`` and ``operation`` as boto3 names them.

    ``parameters``: a JSON object as text, keys sorted.
    """

    service: str
    operation: str
    parameters: str = "{}"
    region: str = AWS_REGION

    @classmethod
    def of(cls, service: str, operation: str, region: str = AWS_REGION, **parameters: Any) -> AwsProbe:
        """A probe with plain JSON parameters."""
        return cls(service, operation, json.dumps(parameters, sort_keys=True), region)

    @property
    def id(self) -> str:
        parameters = "" if self.parameters == "{}" else f":{self.parameters}"
        return f"aws:{self.service}:{self.operation}:{self.region}{parameters}"


@dataclass(frozen=True, slots=True)
class PortalProbe:
    """A scenario played against the portal, by its name (evidence/portal/scenarios/). Stateful."""

    scenario: str

    @property
    def id(self) -> str:
        return f"portal:{self.scenario}"


@dataclass(frozen=True, slots=True)
class LoadProbe:
    """Requests at a steady rate to one endpoint of ``portal.onboarding``, whatever becomes of them. Stateful.

    ``number``: its place there; ``per_second``: the rate; ``limit``: requests that one user may make in ten
    seconds (0 is any), which the load stays under; ``target``: milliseconds that its p95 is to stay below.
    """

    number: int
    path: str
    count: int = 60
    per_second: float = 20.0
    limit: int = 0
    target: float = 500.0

    @property
    def id(self) -> str:
        return f"load:{self.number}:{self.path}:{self.count}@{self.per_second:g}/{self.limit}"


@dataclass(frozen=True, slots=True)
class RdapProbe:
    """What the registry says of a domain: found by IANA's bootstrap (RFC 9224), asked once."""

    domain: str

    @property
    def id(self) -> str:
        return f"rdap:{self.domain}"


Probe = DnsProbe | TlsProbe | HttpProbe | AwsProbe | PortalProbe | BurstProbe | LoadProbe | RdapProbe


def is_stateful(probe: Probe) -> bool:
    """Does a probe change something, or must nothing else run beside it?

    Then it runs after all others, one at a time, within the budget.
    """
    return isinstance(probe, PortalProbe | BurstProbe | LoadProbe) or (
        isinstance(probe, HttpProbe) and probe.quiet
    )


@dataclass(frozen=True, slots=True)
class RRset:
    """Owner (no trailing dot, lower-case), type, TTL in seconds, rdata in presentation form."""

    name: str
    type: str
    ttl: int
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DnsResult:
    """One server's answer. ``cause`` None means NOERROR with data for the question asked.

    NXDOMAIN and NODATA are *answers* (``answered`` is True); the other causes are failures to find out.
    From a server that does not recurse, a CNAME alone and a referral downwards count as data.
    ``flags``: the header's (aa, ra, rd, tc, ad) plus ``edns`` (it sent OPT) and ``tcp`` (how it answered).
    """

    probe: DnsProbe
    server: str
    cause: Cause | None
    answer: tuple[RRset, ...] = ()
    authority: tuple[RRset, ...] = ()
    additional: tuple[RRset, ...] = ()
    flags: frozenset[str] = frozenset()
    detail: str = ""
    seconds: float = 0.0

    @property
    def answered(self) -> bool:
        return self.cause in (None, Cause.NXDOMAIN, Cause.NODATA)

    @property
    def referral(self) -> RRset | None:
        """The delegation that a server pointed to instead of answering."""
        if self.answer or any(rrset.type == "SOA" for rrset in self.authority):
            return None
        return next((rrset for rrset in self.authority if rrset.type == "NS"), None)

    @property
    def data(self) -> tuple[str, ...]:
        """Rdata of the asked type, CNAMEs in front of it followed."""
        return tuple(d for rrset in self.answer if rrset.type == self.probe.rdtype for d in rrset.data)

    @property
    def ttl(self) -> int | None:
        ttls = [rrset.ttl for rrset in self.answer if rrset.type == self.probe.rdtype]
        return min(ttls) if ttls else None


@dataclass(frozen=True, slots=True)
class TlsResult:
    """A handshake's outcome. ``chain``: DER certificates as sent, the leaf first."""

    probe: TlsProbe
    cause: Cause | None
    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    chain: tuple[bytes, ...] = ()
    trusted: bool | None = None
    """Does the chain lead to a trusted root and name the host; None when there was no handshake."""
    trust_error: str = ""
    alert: str = ""
    """The peer's refusal, such as ``protocol_version``, when it refused by alert."""
    address: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HttpResult:
    """One response. ``headers`` keep order and repeats, names lower-case; ``body`` is bounded."""

    probe: HttpProbe
    cause: Cause | None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    http_version: str = ""
    address: str = ""
    detail: str = ""
    seconds: float = 0.0
    first_byte: float = 0.0
    """Seconds from the request, the connection made, to the answer's head."""
    wire_bytes: int = 0
    """Bytes of the body as they came, before anything was unpacked."""

    def header(self, name: str) -> str | None:
        """All values of a header joined by ", ", or None."""
        wanted = name.lower()
        values = [v for k, v in self.headers if k == wanted]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class AwsResult:
    """AWS's answer: ``data`` as JSON, lists of all pages joined, secret members left out.

    ``error``: AWS's code when it answered that there is no such thing; that is an answer (``cause`` None).
    """

    probe: AwsProbe
    cause: Cause | None
    data: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    detail: str = ""

    @property
    def missing(self) -> bool:
        """Did AWS say that what was asked for does not exist?"""
        return self.cause is None and bool(self.error)


@dataclass(frozen=True, slots=True)
class BurstResult:
    """``statuses``: of the first URL, in order. ``refused_at``: the first that the edge itself refused (1 =
    the first request), None when it refused none. ``others``: each further URL and its status once that was
    so. An origin's own 429 is not the edge's, and ends nothing.
    """

    probe: BurstProbe
    cause: Cause | None
    statuses: tuple[int, ...] = ()
    refused_at: int | None = None
    retry_after: str | None = None
    others: tuple[tuple[str, int], ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """How an endpoint bore a load. Milliseconds, each request's from the moment at which it was due.

    ``sent``: requests made; ``matched``: answers that the client file calls a success; ``statuses``: how
    often each came; ``failures``: how often each cause took an answer's place. ``histogram``: HdrHistogram's
    own encoding (microseconds, of the answers that count); ``buckets``: (up to so many ms, how many) for
    drawing. ``floor``: p95 of the same client against a server of its own in this process; ``lag``: p95 of
    the time by which requests left late. ``saturated``: the client was busy with itself, and its figures
    say nothing of the endpoint.
    """

    probe: LoadProbe
    cause: Cause | None
    sent: int = 0
    matched: int = 0
    statuses: tuple[tuple[int, int], ...] = ()
    failures: tuple[tuple[str, int], ...] = ()
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    most: float = 0.0
    histogram: str = ""
    buckets: tuple[tuple[float, int], ...] = ()
    floor: float = 0.0
    lag: float = 0.0
    saturated: bool = False
    detail: str = ""

    def count(self, status: int) -> int:
        """How often a status came."""
        return sum(times for code, times in self.statuses if code == status)


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a scenario and its answer, by a label that the scenario gives it.

    ``body`` is bounded and has no secret in clear; ``leaks`` names the secrets that it had. Values of
    cookies are marks: equal marks mean equal values. ``matched``: was it the answer that the client file
    calls a success?
    """

    label: str
    request: str
    cause: Cause | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    leaks: tuple[str, ...] = ()
    matched: bool | None = None
    seconds: float = 0.0
    detail: str = ""

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def cookies(self) -> tuple[str, ...]:
        """The Set-Cookie lines, values marked."""
        return tuple(value for key, value in self.headers if key == "set-cookie")


@dataclass(frozen=True, slots=True)
class PortalResult:
    """What a scenario saw. ``cause``: why it could not be played to its end; the steps until then stay.

    ``facts``: what it measured, as JSON.
    """

    probe: PortalProbe
    cause: Cause | None
    steps: tuple[Step, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""

    def step(self, label: str) -> Step | None:
        """The step of that label, when the scenario came to it."""
        return next((step for step in self.steps if step.label == label), None)

    def under(self, prefix: str) -> tuple[Step, ...]:
        """Every step whose label begins so, in order."""
        return tuple(step for step in self.steps if step.label.startswith(prefix))


@dataclass(frozen=True, slots=True)
class RdapResult:
    """A domain's registration (RFC 9083 §5.3). ``missing``: why there is none to tell, an answer too
    (``cause`` None): the registry has no RDAP, or does not know the domain.

    ``statuses``: in RDAP's words, lower-case (``client transfer prohibited``; EPP's too, RFC 8056).
    ``events``: (action, date as RFC 3339 text). ``nameservers``: lower-case, without the last dot; empty when
    it names none. ``signed``: secureDNS.delegationSigned, None when it says nothing. ``ds``: rdata in
    presentation form, from secureDNS.dsData. ``server``: the service's URL.
    """

    probe: RdapProbe
    cause: Cause | None
    missing: str = ""
    server: str = ""
    registrar: str = ""
    statuses: tuple[str, ...] = ()
    events: tuple[tuple[str, str], ...] = ()
    nameservers: tuple[str, ...] = ()
    signed: bool | None = None
    ds: tuple[str, ...] = ()
    detail: str = ""

    @property
    def expires(self) -> datetime | None:
        """When the registration ends; None when that is not said, or not in a form that is a date."""
        text = next((date for action, date in self.events if action == "expiration"), "")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


Result = DnsResult | TlsResult | HttpResult | AwsResult | PortalResult | BurstResult | LoadResult | RdapResult
R = TypeVar(
    "R", DnsResult, TlsResult, HttpResult, AwsResult, PortalResult, BurstResult, LoadResult, RdapResult
)
Results = Mapping[str, tuple[Result, ...]]
"""Probe id → results (more than one only for EACH_AUTHORITATIVE and PARENT)."""


class NotCollected(Exception):  # noqa: N818 - a signal to the engine, not an error
    """A check asked for evidence that no probe has brought yet; the engine collects it and asks again."""

    def __init__(self, *probes: Probe) -> None:
        super().__init__(", ".join(probe.id for probe in probes))
        self.probes = probes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the probes brought, read by checks. Asking for what was not probed raises NotCollected."""

    results: Results = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the run knows of its surroundings: ``now`` (aware datetime), ``target`` ("live"/"edge"),
    ``edge_addresses`` (tuple of str; proxied names answer with these), ``public`` (True without a client
    file), ``nonce`` (random letters for names and queries that nobody has), ``nameservers`` (pairs of
    host name and address, as the resolver knows them)."""

    @property
    def now(self) -> datetime:
        """When the run began (facts ``now``)."""
        now = self.facts["now"]
        if not isinstance(now, datetime):
            raise TypeError("facts['now'] is not a datetime")
        return now

    @property
    def on_edge(self) -> bool:
        """Is the world looked at a local edge, and not the internet?"""
        return self.facts.get("target") == "edge"

    @property
    def public(self) -> bool:
        """Is there no client file to compare with?"""
        return bool(self.facts.get("public"))

    @property
    def nonce(self) -> str:
        """Letters that name nothing: the same during a whole run."""
        return str(self.facts.get("nonce", "nonce"))

    @property
    def nameservers(self) -> tuple[tuple[str, str], ...]:
        """(host name, address) of the zone's name servers; empty when they could not be found."""
        found = self.facts.get("nameservers", ())
        return tuple(found) if isinstance(found, tuple) else ()

    @property
    def edge_addresses(self) -> tuple[str, ...]:
        """What proxied names answer with on a local edge."""
        found = self.facts.get("edge_addresses", ())
        return tuple(found) if isinstance(found, tuple) else ()

    def dns(self, name: str, rdtype: str, *, dnssec: bool = False) -> DnsResult:
        """The recursive resolver's answer."""
        return self._only(DnsProbe(_name(name), rdtype, dnssec=dnssec), DnsResult)

    def dns_at(
        self, name: str, rdtype: str, server: str, *, transport: str = "udp", dnssec: bool = False,
        recursion: bool = False,
    ) -> DnsResult:  # fmt: skip
        """The answer of one server, by address."""
        return self._only(DnsProbe(_name(name), rdtype, server, transport, dnssec, recursion), DnsResult)

    def authoritative(
        self, name: str, rdtype: str, *, transport: str = "udp", dnssec: bool = False, recursion: bool = False
    ) -> tuple[DnsResult, ...]:
        """Each name server's own answer."""
        probe = DnsProbe(_name(name), rdtype, EACH_AUTHORITATIVE, transport, dnssec, recursion)
        return self._all(probe, DnsResult)

    def parent(self, name: str, rdtype: str) -> tuple[DnsResult, ...]:
        """The parent servers' answers: the referral for NS (authority + glue), the DS set for DS."""
        return self._all(DnsProbe(_name(name), rdtype, PARENT), DnsResult)

    def tls(self, host: str, port: int = 443, version: str | None = None, *, weak: bool = False) -> TlsResult:
        return self._only(TlsProbe(host, port, version, weak=weak), TlsResult)

    def http(
        self, url: str, method: str = "GET", headers: tuple[tuple[str, str], ...] = (), *, source: str = ""
    ) -> HttpResult:
        return self._only(HttpProbe(url, method, headers, source), HttpResult)

    def aws(self, service: str, operation: str, region: str = AWS_REGION, **parameters: Any) -> AwsResult:
        """AWS's answer to a read (``evidence/aws_probe.py`` lists what may be read)."""
        return self.aws_probe(AwsProbe.of(service, operation, region, **parameters))

    def aws_probe(self, probe: AwsProbe) -> AwsResult:
        return self._only(probe, AwsResult)

    def burst(self, probe: BurstProbe) -> BurstResult:
        """What became of a burst."""
        return self._only(probe, BurstResult)

    def load(self, probe: LoadProbe) -> LoadResult:
        """How an endpoint bore a load."""
        return self._only(probe, LoadResult)

    def quiet(self, url: str, headers: tuple[tuple[str, str], ...] = ()) -> HttpResult:
        """An answer that was waited for while nothing else ran."""
        return self._only(HttpProbe(url, "GET", headers, quiet=True), HttpResult)

    def rdap(self, domain: str) -> RdapResult:
        """What the registry says of the domain."""
        return self._only(RdapProbe(_name(domain)), RdapResult)

    def portal(self, scenario: str) -> PortalResult:
        """What a scenario saw at the portal."""
        return self._only(PortalProbe(scenario), PortalResult)

    def _all(self, probe: Probe, kind: type[R]) -> tuple[R, ...]:
        found = self.results.get(probe.id)
        if found is None:
            raise NotCollected(probe)
        return tuple(result for result in found if isinstance(result, kind))

    def _only(self, probe: Probe, kind: type[R]) -> R:
        return self._all(probe, kind)[0]


def _name(name: str) -> str:
    return name.rstrip(".").lower()

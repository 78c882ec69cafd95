"""What ``headers`` comes to for each host: the baseline, what the file says of all hosts, what of one.

A host's own key replaces the common one, key by key; ``set`` and ``remove`` are joined. Lint counts rules
with it, ``declared`` writes them, the checklist compares answers with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from launchready.client_file.headers_model import Cors, Csp, Headers, HeaderSet
from launchready.client_file.model import ClientFile, Exposure
from launchready.client_file.names import fqdn, relative
from launchready.client_file.positions import key_text
from launchready.client_file.rdata import PROXIABLE
from launchready.websec.headers import BANNERS, BASELINE, BASELINE_CSP, permissions_policy

CSP_HEADER = "content-security-policy"
REPORT_HEADER = "content-security-policy-report-only"
GRANTS = ("access-control-allow-origin", "access-control-allow-credentials")
"""What an origin server may not grant by itself where ``cors`` is declared."""
MOST_ORIGIN_CHARACTERS = 3_000
MOST_HOST_CHARACTERS = 900
"""Of the 4,096 that an expression may have: for the origins that one rule lists, and for its hosts."""
_FIELDS = {
    "referrer_policy": "referrer-policy",
    "coop": "cross-origin-opener-policy",
    "corp": "cross-origin-resource-policy",
    "coep": "cross-origin-embedder-policy",
    "frame_options": "x-frame-options",
}


@dataclass(frozen=True, slots=True)
class CspPlan:
    """``name`` is the header's; ``text`` its value; ``if_absent``: only where the answer has none."""

    name: str
    text: str
    if_absent: bool


@dataclass(frozen=True, slots=True)
class HostHeaders:
    """What one host's answers carry. Names in lower case.

    ``fields``: header → value, replaced whatever the origin sent. ``removed``: headers taken away.
    """

    fields: Mapping[str, str]
    removed: tuple[str, ...]
    csp: CspPlan | None
    cors: Cors | None

    @property
    def same_always(self) -> tuple[object, ...]:
        """What one rule does; equal values share it."""
        csp = None if self.csp is None or self.csp.if_absent else self.csp
        return tuple(self.fields.items()), self.removed, csp, self.cors is not None


@dataclass(frozen=True, slots=True)
class Scope:
    """Hosts that a rule is for: ``hosts`` alone, or every host but them (``others``)."""

    hosts: tuple[str, ...]
    others: bool = False

    @property
    def word(self) -> str:
        """A readable part of a rule's reference."""
        return "all" if self.others else self.hosts[0]


@dataclass(frozen=True, slots=True)
class HeaderPlan:
    """Host by host what is sent; hosts are FQDNs. ``default`` is for hosts that are not in ``own``."""

    default: HostHeaders
    own: Mapping[str, HostHeaders] = field(default_factory=dict)
    default_needed: bool = True

    def of(self, host: str) -> HostHeaders | None:
        """What a host gets; None for one that no rule is for."""
        return self.own.get(host, self.default if self.default_needed else None)

    def scopes(self, kind: str) -> list[tuple[Scope, HostHeaders]]:
        """The hosts in as few groups as there are different answers of a kind: always, csp, cors."""
        groups: dict[object, tuple[HostHeaders, list[str]]] = {}
        if self.default_needed:
            groups[_part(self.default, kind)] = (self.default, [])
        for host, headers in self.own.items():
            groups.setdefault(_part(headers, kind), (headers, []))[1].append(host)
        default = _part(self.default, kind) if self.default_needed else None
        elsewhere = tuple(host for host, headers in self.own.items() if _part(headers, kind) != default)
        return [
            (Scope(elsewhere, True), headers)
            if self.default_needed and part == default
            else (Scope(tuple(hosts)), headers)
            for part, (headers, hosts) in groups.items()
        ]


def _part(headers: HostHeaders, kind: str) -> object:
    if kind == "always":
        return headers.same_always
    if kind == "csp":
        return headers.csp if headers.csp is not None and headers.csp.if_absent else ()
    return headers.cors or ()


def origin_groups(cors: Cors) -> list[tuple[str, ...]]:
    """The declared origins, each once, as many to a group as one rule can list."""
    groups: list[list[str]] = []
    for origin in dict.fromkeys(cors.origins):
        if groups and sum(len(one) + 3 for one in (*groups[-1], origin)) <= MOST_ORIGIN_CHARACTERS:
            groups[-1].append(origin)
        else:
            groups.append([origin])
    return [tuple(group) for group in groups]


def rule_count(client: ClientFile) -> int:
    """How many transform rules the file's headers take, that of private hosts (noindex) included."""
    plan = header_plan(client)
    private = int(any(isinstance(host.exposure, Exposure) for host in client.hosts.values()))
    if plan is None:
        return private
    policies = sum(1 for _, h in plan.scopes("csp") if h.csp is not None and h.csp.if_absent)
    shared = sum(len(origin_groups(h.cors)) for _, h in plan.scopes("cors") if h.cors is not None)
    return len(plan.scopes("always")) + policies + shared + private


def header_plan(client: ClientFile) -> HeaderPlan | None:
    """The plan, or None when the file wants none or nothing is proxied to an origin."""
    declared = client.headers
    if declared == "none":
        return None
    hosts = origin_hosts(client)
    if not hosts:
        return None
    common = declared if isinstance(declared, Headers) else Headers()
    own = {
        full: _host_headers(_merged(common, special))
        for key, special in common.hosts.items()
        if (full := _full(client, key)) in hosts
    }
    default = _host_headers(common)
    kept = {host: headers for host, headers in own.items() if headers != default}
    return HeaderPlan(default, kept, any(host not in kept for host in hosts))


def origin_hosts(client: ClientFile) -> tuple[str, ...]:
    """Names (FQDNs, wildcards too) that are proxied and answered by an origin: whose answers rules change."""
    hosts = [
        _full(client, key) for key, host in client.hosts.items() if host.proxied and host.redirect is None
    ]
    records = [client.fqdn(r.name) for r in client.records if r.proxied and r.type in PROXIABLE]
    return tuple(dict.fromkeys((*hosts, *records)))


def _full(client: ClientFile, key: str) -> str:
    try:
        return fqdn(relative(key, client.domain), client.domain)
    except ValueError:
        return key


def _merged(common: HeaderSet, special: HeaderSet) -> HeaderSet:
    """The host's keys over the common ones."""
    values = {
        name: own if (own := getattr(special, name)) is not None else getattr(common, name)
        for name in HeaderSet.model_fields
        if name not in ("set", "remove")
    }
    dropped = {name.lower() for name in special.remove}
    kept = {name: value for name, value in common.set.items() if name.lower() not in dropped}
    again = {name.lower() for name in special.set}
    kept = {name: value for name, value in kept.items() if name.lower() not in again}
    removed = tuple(name for name in common.remove if name.lower() not in again)
    return HeaderSet.model_construct(**values, set=kept | special.set, remove=(*removed, *special.remove))


def _host_headers(headers: HeaderSet) -> HostHeaders:
    fields = _fields(headers)
    removed = dict.fromkeys(
        name for name in (*BANNERS, *(name.lower() for name in headers.remove)) if name not in fields
    )
    cors = headers.cors if isinstance(headers.cors, Cors) else None
    return HostHeaders(fields, tuple(removed), csp_plan(headers.csp), cors)


def _fields(headers: HeaderSet) -> dict[str, str]:
    fields = dict(BASELINE)
    if headers.nosniff is False:
        del fields["x-content-type-options"]
    for key, name in _FIELDS.items():
        _put(fields, name, getattr(headers, key))
    permissions = headers.permissions_policy
    if isinstance(permissions, Mapping):
        permissions = permissions_policy(permissions)
    _put(fields, "permissions-policy", permissions)
    if headers.reporting_endpoints:
        fields["reporting-endpoints"] = endpoints_text(headers.reporting_endpoints)
    return fields | {name.lower(): value for name, value in headers.set.items()}


def _put(fields: dict[str, str], name: str, value: str | None) -> None:
    """None: the baseline's; ``none``: not ours."""
    if value == "none":
        fields.pop(name, None)
    elif value is not None:
        fields[name] = value


def endpoints_text(endpoints: Mapping[str, str]) -> str:
    """Reporting-Endpoints: a dictionary of quoted URLs (Reporting API §3.2)."""
    return ", ".join(f'{name}="{url}"' for name, url in endpoints.items())


def csp_plan(csp: Csp | str | None) -> CspPlan | None:
    """The header that a declared policy (or, for None, the baseline) comes to."""
    if isinstance(csp, str):
        return None
    if csp is None:
        return CspPlan(CSP_HEADER, policy_text(BASELINE_CSP), True)
    name = REPORT_HEADER if csp.report_only else CSP_HEADER
    return CspPlan(name, policy_text(csp.policy), csp.mode == "if_absent")


def policy_text(directives: Mapping[str, Sequence[str]]) -> str:
    """The header's value for directives as the file has them; names in lower case."""
    return "; ".join(" ".join((name.strip().lower(), *words)) for name, words in directives.items())


def header_sets(client: ClientFile) -> list[tuple[str, HeaderSet]]:
    """Every part of the file that declares headers, with its key: ``headers``, ``headers.hosts.app``."""
    if not isinstance(client.headers, Headers):
        return []
    own = [(key_text(("headers", "hosts", host)), part) for host, part in client.headers.hosts.items()]
    return [("headers", client.headers), *own]

"""What ``rate_limits`` amounts to: the entries, or the portal's defaults, as rules of the edge.

Where the plan has a rule for each entry, each gets one with counters of its own. Where it has not, entries
that are alike in everything but the path share a rule, and so a counter. Sources:
developers.cloudflare.com/waf/rate-limiting-rules/ (parameters, request-rate).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from launchready.client_file.model import ClientFile, Plan, Portal
from launchready.client_file.names import fqdn, relative
from launchready.client_file.plans import LIMITS
from launchready.client_file.portal_model import Call
from launchready.client_file.rate_limits_model import RateLimit

MAX_EXPRESSION = 4096
"""Characters of a rule's expression."""
VISITOR = {
    "ip": "ip.src",
    "nat": "cf.unique_visitor_id",
    "host": "http.host",
    "path": "http.request.uri.path",
    "asn": "ip.src.asnum",
    "country": "ip.src.country",
}
"""The words of ``by`` → the API's characteristics."""
NAMED = {"header": "http.request.headers", "cookie": "http.request.cookies", "query": "http.request.uri.args"}
"""The same for those with a name: ``header:x-api-key``."""
DATA_CENTRE = "cf.colo.id"
"""Counters are per data centre: the API wants it said."""

_SAFE = "/%!$&'()+,;=:@~*"
_PLACEHOLDER = re.compile(r"\$?\{")


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule: requests to any of ``paths`` (``*`` at the end: all below) count together.

    ``period`` and ``mitigation``: seconds. ``methods`` and ``by`` as in the client file; ``host``: FQDN.
    ``keys``: the client-file keys that declare it.
    """

    paths: tuple[str, ...]
    requests: int
    period: int
    mitigation: int
    keys: tuple[str, ...]
    methods: tuple[str, ...] = ()
    host: str | None = None
    by: tuple[str, ...] = ("ip",)

    @property
    def alike(self) -> tuple[object, ...]:
        """What must be equal for two limits to share a rule."""
        return self.requests, self.period, self.mitigation, self.methods, self.host, self.by

    def covers(self, path: str) -> bool:
        """Whether a request to this path counts, whatever its host and method."""
        asked = path_text(path)
        return any(
            asked.startswith(one[:-1]) if one.endswith("*") else asked.rstrip("/") == one.rstrip("/")
            for one in map(path_text, self.paths)
        )


def limits(client: ClientFile) -> tuple[Limit, ...]:
    """The rules, in order. Entries that share one stand where the first of them stood."""
    entries = declared_entries(client)
    if len(entries) <= LIMITS[client.plan].rate_limit_rules:
        return entries
    groups: dict[tuple[object, ...], Limit] = {}
    for entry in entries:
        held = groups.get(entry.alike)
        if held is None:
            groups[entry.alike] = entry
        else:
            paths = tuple(dict.fromkeys((*held.paths, *entry.paths)))
            groups[entry.alike] = replace(held, paths=paths, keys=(*held.keys, *entry.keys))
    return tuple(groups.values())


def declared_entries(client: ClientFile) -> tuple[Limit, ...]:
    """One limit for each entry of the file; without the key, the portal's defaults."""
    given = client.rate_limits
    if given == "none":
        return ()
    if given is None:
        return tuple(_defaults(client))
    return tuple(_entry(client, number, limit) for number, limit in enumerate(given))


def _entry(client: ClientFile, number: int, limit: RateLimit) -> Limit:
    return Limit(
        paths=(limit.path,),
        requests=limit.requests,
        period=limit.per,
        mitigation=limit.per if limit.mitigation is None else limit.mitigation,
        keys=(f"rate_limits[{number}]",),
        methods=tuple(sorted(set(limit.methods))),
        host=None if limit.host is None else host_of(limit.host, client.domain),
        by=tuple(dict.fromkeys(limit.by)),
    )


def host_of(name: str, domain: str) -> str:
    """The full name of a limit's host: a key of ``hosts`` or a full name."""
    return fqdn(relative(name, domain), domain)


# --- the portal's defaults --------------------------------------------------------------------

_AUTHENTICATION = ("login", "mfa", "reset", "invite", "signup")


def portal_host(client: ClientFile) -> str | None:
    """The portal's host, if it is one of the zone's."""
    if not isinstance(client.portal, Portal):
        return None
    try:
        host = (urlsplit(client.portal.base).hostname or "").rstrip(".")
    except ValueError:
        return None
    return host if host == client.domain or host.endswith(f".{client.domain}") else None


def behind_edge(client: ClientFile, host: str) -> bool:
    """Whether the edge answers for a host of the zone: only then it can count requests."""
    for key, entry in client.hosts.items():
        if host_of(key, client.domain) == host:
            return entry.proxied and entry.redirect is None
    names = (host, f"*.{host.partition('.')[2]}")
    return any(record.proxied and client.fqdn(record.name) in names for record in client.records)


def portal_paths(portal: Portal) -> dict[str, tuple[str, ...]]:
    """Which calls of a portal must be limited: what it is called → its paths on the portal's host."""
    base = urlsplit(portal.base).path.rstrip("/")
    reset, invite, signup = portal.reset, portal.invite, portal.signup
    calls: dict[str, tuple[Call | None, ...]] = {
        "login": (portal.login,),
        "mfa": (portal.login.mfa,),
        "reset": (reset, reset.confirm if reset else None),
        "invite": (invite, invite.confirm if invite else None),
        "signup": (signup, signup.confirm if signup else None),
        "onboarding": portal.onboarding,
    }
    found = {name: tuple(_portal_path(base, one.path) for one in many if one) for name, many in calls.items()}
    return {name: tuple(dict.fromkeys(paths)) for name, paths in found.items() if paths}


def _portal_path(base: str, path: str) -> str:
    """A call's path on its host; from a placeholder on, anything matches."""
    path = f"{base}/{path.partition('?')[0].lstrip('/')}"
    hole = _PLACEHOLDER.search(path)
    return path if hole is None else f"{path[: hole.start()]}*"


def _defaults(client: ClientFile) -> Iterator[Limit]:
    """Without ``rate_limits``: what guards a portal, as far as the plan goes.

    Free has one rule of ten seconds over all of it. Above it, log-in and its kin have a rule of their own.
    """
    host = portal_host(client)
    if host is None or not isinstance(client.portal, Portal) or not behind_edge(client, host):
        return
    calls = portal_paths(client.portal)
    if client.plan is Plan.FREE:
        every = tuple(dict.fromkeys(path for paths in calls.values() for path in paths))
        yield Limit(every, 5, 10, 10, ("portal",))
        return
    guarded = tuple(dict.fromkeys(path for name in _AUTHENTICATION for path in calls.get(name, ())))
    yield Limit(guarded, 10, 60, 60, ("portal",), host=host)
    if "onboarding" in calls:
        yield Limit(calls["onboarding"], 30, 60, 60, ("portal.onboarding",), host=host)


# --- the expression ---------------------------------------------------------------------------


def path_text(path: str) -> str:
    """A path as the rules compare it: what is no ASCII escaped, in lower case."""
    return quote(path, safe=_SAFE).lower()


def expression(limit: Limit) -> str:
    """When a request counts, in the rules language.

    Applications differ in whether /Login and /login/ are /login; a limit that an attacker steps around by
    a capital letter is none, so case and a trailing slash make no difference.
    """
    parts = [_paths(limit.paths)]
    if limit.host is not None:
        parts.insert(0, f'http.host eq "{limit.host}"')
    if limit.methods:
        parts.append(f"http.request.method in {_set(limit.methods)}")
    return " and ".join(parts)


def _paths(paths: tuple[str, ...]) -> str:
    texts = [path_text(path) for path in paths]
    exact = [
        spelling
        for text in texts
        if not text.endswith("*")
        for spelling in ((text.rstrip("/"), text.rstrip("/") + "/") if text != "/" else (text,))
    ]
    parts = [f"lower(http.request.uri.path) in {_set(dict.fromkeys(exact))}"] if exact else []
    parts += [f'starts_with(lower(http.request.uri.path), "{t[:-1]}")' for t in texts if t.endswith("*")]
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"


def _set(values: Any) -> str:
    return "{" + " ".join(f'"{value}"' for value in values) + "}"


def characteristics(by: tuple[str, ...]) -> list[str]:
    """The API's names of what makes one visitor. Raises KeyError for a word that ``by`` doesn't know."""
    found = [DATA_CENTRE]
    for word in by:
        kind, colon, name = word.partition(":")
        lowered = name.lower() if kind == "header" else name
        found.append(f'{NAMED[kind]}["{lowered}"]' if colon else VISITOR[word])
    return found

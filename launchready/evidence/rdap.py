"""RDAP: what the registry says of a domain, found by the bootstrap file and read as values.

Two questions: IANA's list of services (RFC 9224), then ``domain/NAME`` at the one of the longest suffix (RFC
9082 §3.1.3). Only the run's own domain is asked about, over HTTPS to a server that can prove its name; on a
local edge over HTTP to loopback. A redirect is followed where it stays as safe as that, a few times.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urljoin

from launchready.evidence import http_probe
from launchready.evidence.dialer import Dialer, Target, Unreachable
from launchready.evidence.limits import Limits
from launchready.evidence.tls_probe import Contexts
from launchready.evidence.types import Cause, HttpProbe, HttpResult, RdapProbe, RdapResult

MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ACCEPT = (("accept", "application/rdap+json, application/json"),)
LONGEST = 255
"""Characters of any one text that is kept."""
MOST = 64
"""Members of any one list that are kept."""
Json = Mapping[str, Any]


class Surroundings(Protocol):
    """What is read of the collector's world."""

    @property
    def zone(self) -> str: ...
    @property
    def rdap(self) -> str: ...
    @property
    def connect(self) -> Mapping[str, str] | None: ...
    @property
    def contexts(self) -> Contexts: ...


class _Failed(Exception):  # noqa: N818 - becomes a typed cause in the result, never reaches a user
    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


async def read(probe: RdapProbe, world: Surroundings, dialer: Dialer, limits: Limits) -> RdapResult:
    """The registration of ``probe.domain``, or the cause why it could not be read. Never raises."""
    if probe.domain != world.zone:
        return RdapResult(probe, Cause.NOT_PROBED, detail=f"{probe.domain} is not the domain of this run")
    if not world.rdap:
        return RdapResult(probe, Cause.NOT_PROBED, detail="there is no bootstrap file to ask")
    asking = _Asking(world, dialer, limits)
    try:
        status, bootstrap = await asking.json(world.rdap)
        if status != 200:
            raise _Failed(Cause.UNREACHABLE, f"{world.rdap} answers {status}")
        service = service_of(bootstrap, probe.domain, plain=asking.on_edge)
        if service is None:
            top = probe.domain.rpartition(".")[2]
            return RdapResult(probe, None, missing=f"the registry of .{top} has no RDAP in IANA's list")
        base = service if service.endswith("/") else f"{service}/"
        url = _joined(base, f"domain/{quote(probe.domain)}")
        status, document = await asking.json(url)
        if status == 404:
            return RdapResult(probe, None, missing=f"{service} does not know {probe.domain}", server=service)
        if status != 200:
            raise _Failed(Cause.REFUSED if status < 500 else Cause.UNREACHABLE, f"{url} answers {status}")
        return registration(probe, document, service)
    except _Failed as error:
        return RdapResult(probe, error.cause, detail=error.detail)


class _Asking:
    """GETs of one read."""

    def __init__(self, world: Surroundings, dialer: Dialer, limits: Limits) -> None:
        self.on_edge = world.connect is not None
        self._contexts = world.contexts
        self._dialer = dialer
        self._limits = limits

    async def json(self, url: str) -> tuple[int, Json]:
        """Status and document; an answer that is no 200 need not be JSON. Raises _Failed."""
        result = await self._get(url)
        for _ in range(MOST_REDIRECTS):
            if result.status not in REDIRECTS:
                break
            url = _joined(url, result.header("location") or "")
            result = await self._get(url)
        else:
            if result.status in REDIRECTS:
                raise _Failed(Cause.TOO_MANY_REDIRECTS, f"more than {MOST_REDIRECTS} redirects, to {url}")
        if result.cause is not None or result.status is None:
            raise _Failed(result.cause or Cause.MALFORMED, f"{url}: {result.detail or result.cause}")
        if result.status != 200:
            return result.status, {}
        if result.detail == http_probe.CUT:
            raise _Failed(Cause.TOO_LARGE, f"{url}: more than {self._limits.body_bytes} bytes")
        try:
            document = json.loads(result.body)
        except (ValueError, RecursionError):
            raise _Failed(Cause.MALFORMED, f"{url}: no JSON") from None
        if not isinstance(document, dict):
            raise _Failed(Cause.MALFORMED, f"{url}: no JSON object")
        return 200, document

    async def _get(self, url: str) -> HttpResult:
        try:
            target = await self._target(url)
        except Unreachable as error:
            raise _Failed(error.cause, f"{url}: {error.detail}") from None
        except ValueError as error:
            raise _Failed(Cause.MALFORMED, str(error)) from None
        probe = HttpProbe(url, headers=ACCEPT)
        return await http_probe.request(probe, target, self._contexts, self._limits, trusted=True)

    async def _target(self, url: str) -> Target:
        scheme, host, port = http_probe.place(url)
        if self.on_edge:
            if not _is_loopback(host):
                raise Unreachable(Cause.NOT_PROBED, f"{host} is not on loopback")
            return Target(host, host, port)
        if scheme != "https":
            raise Unreachable(Cause.NOT_PROBED, "it is not HTTPS")
        return (await self._dialer.targets(host, port))[0]


def _joined(base: str, reference: str) -> str:
    """Raises _Failed for what is no URL."""
    try:
        return urljoin(base, reference)
    except ValueError:
        raise _Failed(Cause.MALFORMED, f"no URL: {reference[:LONGEST]!r} from {base[:LONGEST]!r}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def service_of(bootstrap: Json, domain: str, *, plain: bool = False) -> str | None:
    """The base URL for a domain: of the entry with the longest suffix, label by label (RFC 9224 §4).

    ``plain``: HTTP will do. None when no entry covers it, or has no such URL.
    """
    labels = domain.lower().rstrip(".").split(".")
    best: tuple[int, str] | None = None
    for suffixes, urls in _services(bootstrap):
        for suffix in suffixes:
            wanted = suffix.lower().strip(".").split(".")
            if labels[-len(wanted) :] != wanted or (best is not None and len(wanted) <= best[0]):
                continue
            schemes = ("https://", "http://") if plain else ("https://",)
            url = next((u for scheme in schemes for u in urls if u.lower().startswith(scheme)), None)
            best = (len(wanted), url) if url is not None else best
    return best[1] if best is not None else None


def _services(bootstrap: Json) -> Iterator[tuple[list[str], list[str]]]:
    services = bootstrap.get("services")
    for entry in services if isinstance(services, list) else ():
        if isinstance(entry, list) and len(entry) >= 2 and all(isinstance(part, list) for part in entry[:2]):
            yield [s for s in entry[0] if isinstance(s, str)], [u for u in entry[1] if isinstance(u, str)]


def registration(probe: RdapProbe, document: Json, server: str) -> RdapResult:
    """The document of a domain as values. What has another form than RFC 9083's is passed over.

    A document of another object, or of another domain, is no answer (``Cause.MALFORMED``).
    """
    name = _text(document.get("ldhName")).lower().rstrip(".")
    if document.get("objectClassName") != "domain" or name not in ("", probe.domain):
        return RdapResult(probe, Cause.MALFORMED, server=server, detail=f"{server} tells of something else")
    secure = document.get("secureDNS")
    secure = secure if isinstance(secure, dict) else {}
    signed = secure.get("delegationSigned")
    events = (
        (_text(event.get("eventAction")).lower(), _text(event.get("eventDate")))
        for event in _objects(document, "events")
    )
    servers = (_text(one.get("ldhName")).lower().rstrip(".") for one in _objects(document, "nameservers"))
    return RdapResult(
        probe,
        None,
        server=server,
        registrar=_registrar(document),
        statuses=tuple(dict.fromkeys(_status(text) for text in _texts(document, "status"))),
        events=tuple(pair for pair in events if all(pair)),
        nameservers=tuple(sorted({server for server in servers if server})),
        signed=signed if isinstance(signed, bool) else None,
        ds=tuple(sorted(_ds(secure))),
    )


def _status(text: str) -> str:
    """RDAP's words; EPP's (clientHold, and with a link behind it) are brought to them."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.split(" http")[0])
    return " ".join(words.lower().split())


def _ds(secure: Json) -> Iterator[str]:
    for one in _objects(secure, "dsData"):
        numbers = [one.get(key) for key in ("keyTag", "algorithm", "digestType")]
        digest = "".join(_text(one.get("digest")).split()).upper()
        if digest and all(isinstance(number, int) for number in numbers):
            yield f"{numbers[0]} {numbers[1]} {numbers[2]} {digest}"


def _registrar(document: Json) -> str:
    """The full name on the registrar's card (jCard, RFC 7095), or else its handle."""
    for entity in _objects(document, "entities"):
        if "registrar" in _texts(entity, "roles"):
            card = entity.get("vcardArray")
            lines = card[1] if isinstance(card, list) and len(card) > 1 else ()
            for line in lines if isinstance(lines, list) else ():
                if isinstance(line, list) and len(line) > 3 and line[0] == "fn" and _text(line[3]).strip():
                    return _text(line[3]).strip()
            return _text(entity.get("handle")).strip()
    return ""


def _objects(document: Json, key: str) -> list[Json]:
    found = document.get(key)
    return [one for one in found[:MOST] if isinstance(one, dict)] if isinstance(found, list) else []


def _texts(document: Json, key: str) -> list[str]:
    found = document.get(key)
    return [_text(one) for one in found[:MOST] if isinstance(one, str)] if isinstance(found, list) else []


def _text(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""

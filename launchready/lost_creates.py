"""What a create whose answer was lost is found by, so that it is taken over instead of made twice.

A request to make something may take effect and its answer never arrive. Cloudflare refuses a second zone
or record of the same kind, and takes a second health check, policy or webhook without a word; so the list
is looked at before anything is asked for again. DNS records are known by the whole zone: see the gateway's
``operations`` and the local plugin's ``DnsRecord``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import idna

Json = Mapping[str, Any]
SLACK = timedelta(minutes=5)
"""How far this machine's clock and the API's may be apart."""


@dataclass(frozen=True, slots=True)
class Search:
    """``path``: the list to read, below the API's base; ``same``: is an entry of it what was asked for?

    ``item``: where an entry is read whole, its id in the place of ``{}``; None where the list shows all.
    """

    path: str
    same: Callable[[Json], bool]
    item: str | None = None

    def pick(
        self, listed: Iterable[object], since: datetime | None = None, taken: Collection[str] = ()
    ) -> Json | None:
        """The entry that was made, not before ``since``, and is none of ``taken``."""
        for entry in listed:
            if (
                isinstance(entry, Mapping)
                and isinstance(entry.get("id"), str)
                and entry["id"] not in taken
                and self.same(entry)
                and may_be_since(entry, since)
            ):
                return entry
        return None


def may_be_since(shown: Json, since: datetime | None) -> bool:
    """Whether it may have been made since then; what shows no date may have been."""
    told = shown.get("created_on") or shown.get("created") or shown.get("created_at")
    if since is None or not isinstance(told, str):
        return True
    try:
        made = datetime.fromisoformat(told)
    except ValueError:
        return True
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    return made >= since - SLACK


def search_for(path: str, body: object) -> Search | None:
    """How the thing that ``POST path`` with ``body`` makes is found; None where nothing tells it apart."""
    if not isinstance(body, Mapping):
        return None
    for pattern, make in _SEARCHES:
        match = pattern.fullmatch(path.partition("?")[0])
        if match is not None:
            return make(match[0], body)
    return None


def _zone(path: str, body: Json) -> Search | None:
    name, account = _name(body.get("name")), (body.get("account") or {}).get("id")
    if not name:
        return None
    query = f"?name={quote(name, safe='')}" + (
        f"&account.id={quote(str(account), safe='')}" if account else ""
    )
    return Search(path + query, lambda zone: _name(zone.get("name")) == name)


def _ruleset(path: str, body: Json) -> Search:
    """A phase has one entry point; its name tells whose it is."""
    return Search(path, _equal(body, "phase", "kind", "name"), path + "/{}")


def _health_check(path: str, body: Json) -> Search:
    return Search(f"{path}?per_page=1000", _equal(body, "name", "address"))


def _policy(path: str, body: Json) -> Search:
    return Search(path, _equal(body, "name", "alert_type"))


def _webhook(path: str, body: Json) -> Search:
    return Search(path, _equal(body, "name", "url"))


def _route(path: str, body: Json) -> Search:
    return Search(path, _equal(body, "pattern", "script"))


def _pack(path: str, body: Json) -> Search:
    """An order of a certificate: the same authority for the same hosts."""
    hosts = sorted(_name(host) for host in body.get("hosts") or ())
    same = _equal(body, "certificate_authority", "type")
    whole = path.removesuffix("/order")
    return Search(
        f"{whole}?status=all&per_page=50",
        lambda pack: same(pack) and sorted(_name(host) for host in pack.get("hosts") or ()) == hosts,
    )


def _page_rule(path: str, body: Json) -> Search:
    targets = body.get("targets")
    return Search(path, lambda rule: rule.get("targets") == targets)


def _equal(body: Json, *names: str) -> Callable[[Json], bool]:
    wanted = {name: body.get(name) for name in names}
    return lambda shown: all(shown.get(name) == value for name, value in wanted.items())


def _name(given: object) -> str:
    """A domain name in one spelling."""
    text = str(given or "").rstrip(".").lower()
    try:
        return text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        return text


_OWNER = r"/(?:zones|accounts)/[^/]+"
_SEARCHES: tuple[tuple[re.Pattern[str], Callable[[str, Json], Search | None]], ...] = (
    (re.compile(r"/zones"), _zone),
    (re.compile(rf"{_OWNER}/rulesets"), _ruleset),
    (re.compile(r"/zones/[^/]+/healthchecks"), _health_check),
    (re.compile(r"/accounts/[^/]+/alerting/v3/policies"), _policy),
    (re.compile(r"/accounts/[^/]+/alerting/v3/destinations/webhooks"), _webhook),
    (re.compile(r"/zones/[^/]+/workers/routes"), _route),
    (re.compile(r"/zones/[^/]+/ssl/certificate_packs/order"), _pack),
    (re.compile(r"/zones/[^/]+/pagerules"), _page_rule),
)

"""What lints look at: the client file, and the DNS entries that it amounts to, indexed by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from launchready.client_file import txt
from launchready.client_file.model import ClientFile
from launchready.client_file.names import to_ascii, within
from launchready.client_file.plans import LIMITS, Limits
from launchready.client_file.positions import Positions, key_text
from launchready.client_file.rdata import PROXIABLE

NO_ORIGIN = "100::"
"""The address that a redirect-only host gets (RFC 6666's discard prefix)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One DNS record that ``hosts`` or ``records`` amounts to. ``name``: FQDN."""

    name: str
    type: str
    content: str
    key: str
    proxied: bool = False
    ttl: int = 1
    priority: int | None = None
    data: Mapping[str, Any] | None = None
    from_hosts: bool = False

    @property
    def identity(self) -> tuple[str, str, str, int | None]:
        """What makes two records the same to Cloudflare (error 81058)."""
        return self.name, self.type, self.value, self.priority if self.type == "MX" else None

    @property
    def value(self) -> str:
        """The content in a form in which equal values are equal."""
        if self.data is not None:
            return repr(sorted((k, str(v)) for k, v in self.data.items()))
        if self.type == "TXT":
            try:
                return repr(b"".join(txt.strings(self.content)))
            except ValueError:
                return self.content
        if self.type in ("A", "AAAA"):
            try:
                return str(ipaddress.ip_address(self.content))
            except ValueError:
                return self.content
        return self.content.lower().rstrip(".")


@dataclass
class Context:
    """Everything that a lint may read. ``checks``: ids that a waiver may name, None if unknown."""

    client: ClientFile
    positions: Positions
    today: date
    checks: frozenset[str] | None = None
    waivable: frozenset[str] = field(default_factory=frozenset)
    _with: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return self.client.domain

    @property
    def limits(self) -> Limits:
        """The quotas of the client's plan."""
        return LIMITS[self.client.plan]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every record of ``hosts`` and ``records``, in order."""
        return (*self._host_entries(), *self._record_entries())

    @cached_property
    def by_name(self) -> dict[str, list[Entry]]:
        """FQDN → its entries."""
        index: dict[str, list[Entry]] = {}
        for entry in self.entries:
            index.setdefault(entry.name, []).append(entry)
        return index

    @cached_property
    def rrsets(self) -> dict[tuple[str, str], list[Entry]]:
        """(FQDN, type) → its entries."""
        index: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            index.setdefault((entry.name, entry.type), []).append(entry)
        return index

    @cached_property
    def proxied_names(self) -> frozenset[str]:
        """FQDNs that Cloudflare's edge answers."""
        return frozenset(e.name for e in self.entries if e.proxied and e.type in PROXIABLE)

    @cached_property
    def delegated(self) -> frozenset[str]:
        """FQDNs below the apex that have NS records."""
        return frozenset(e.name for e in self.entries if e.type == "NS" and e.name != self.domain)

    def of_type(self, *types: str) -> Iterator[Entry]:
        """The entries of some types."""
        return (entry for entry in self.entries if entry.type in types)

    def answered_by(self, name: str, names: Iterable[str]) -> bool:
        """Whether one of ``names`` is ``name`` or the wildcard that covers it (RFC 4592 §3.3.1)."""
        pool = names if isinstance(names, frozenset) else frozenset(names)
        if name in pool:
            return True
        if name in self.existing:
            return False
        parent = name
        while "." in parent:
            parent = parent.partition(".")[2]
            if f"*.{parent}" in pool:
                return True
            if parent in self.existing or parent == self.domain:
                return False
        return False

    @cached_property
    def existing(self) -> frozenset[str]:
        """Names that exist, empty non-terminals included: they stop a wildcard above them."""
        found = set()
        for name in self.by_name:
            while within(name, self.domain) and name not in found:
                found.add(name)
                name = name.partition(".")[2]
        return frozenset(found)

    def names_with(self, kinds: tuple[str, ...]) -> frozenset[str]:
        """FQDNs that have a record of one of these types."""
        if kinds not in self._with:
            self._with[kinds] = frozenset(name for name, kind in self.rrsets if kind in kinds)
        return self._with[kinds]

    def alias_of(self, name: str) -> Entry | None:
        """The CNAME at a name of this file, if there is one."""
        return next(iter(self.rrsets.get((name, "CNAME"), ())), None)

    def _host_entries(self) -> Iterator[Entry]:
        for key, host in self.client.hosts.items():
            name, at = self.client.fqdn(key), key_text(("hosts", key))
            if host.redirect is not None:
                yield Entry(name, "AAAA", NO_ORIGIN, at, host.proxied, host.ttl, from_hosts=True)
            elif host.cname is not None:
                target = normal_target(host.cname, self.domain)
                yield Entry(name, "CNAME", target, at, host.proxied, host.ttl, from_hosts=True)
            else:
                for address in host.address:
                    kind = "AAAA" if ":" in address else "A"
                    yield Entry(name, kind, address, at, host.proxied, host.ttl, from_hosts=True)

    def _record_entries(self) -> Iterator[Entry]:
        for number, record in enumerate(self.client.records):
            content = record.content or ""
            if record.type in ("CNAME", "MX", "NS", "PTR"):
                content = normal_target(content, self.domain)
            yield Entry(
                self.client.fqdn(record.name),
                record.type,
                content,
                f"records[{number}]",
                record.proxied,
                record.ttl,
                record.priority,
                record.data,
            )


def normal_target(target: str, domain: str) -> str:
    """A target as a full name; "@" is the apex; what is no name stays as it is."""
    if target.strip() in ("", "."):
        return target.strip()
    try:
        name = to_ascii(target)
    except ValueError:
        return target
    return domain if name == "@" else name

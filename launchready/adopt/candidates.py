"""From zone lines to entries of ``records``, each line judged alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from launchready.adopt.result import Refusal
from launchready.adopt.zone_file import ZoneRecord
from launchready.client_file import rdata
from launchready.client_file.names import within
from launchready.client_file.plans import MAXIMUM_TTL, Limits
from launchready.client_file.txt import MAX_STRING

DNSSEC_TYPES = frozenset({"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY"})
APEX_TYPES = frozenset({"NS", "DS", "DNSKEY"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that can be an entry of ``records``: the line, and the entry's keys and values."""

    source: ZoneRecord
    entry: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str, str, int | None]:
        """What makes two records the same."""
        content = self.entry["content"]
        value = content if self.entry["type"] == "TXT" else content.lower()
        return self.source.name, self.entry["type"], value, self.entry.get("priority")


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges lines of one zone file."""

    file: str
    domain: str
    limits: Limits

    def at(self, *candidates: Candidate) -> str:
        """Where lines are, in words."""
        return "in line " + ", ".join(str(candidate.source.line) for candidate in candidates)

    def refuse(self, record: ZoneRecord, reason: str, text: str, fix: str) -> Refusal:
        """The refusal of a line."""
        return Refusal(
            "record", self.file, record.line, record.name, record.type, record.rdata, reason, text, fix
        )

    def candidate(self, record: ZoneRecord) -> Candidate | Refusal:
        """The entry that a line amounts to, or why it can't be taken over."""
        if record.fault:
            return self.refuse(record, "unreadable", record.fault, "correct the line in the zone file")
        return self._place(record) or self._timing(record) or self._entry(record)

    def _place(self, record: ZoneRecord) -> Refusal | None:
        if not within(record.name, self.domain):
            text = f"{record.name} is outside the zone {self.domain}"
            return self.refuse(record, "outside_zone", text, "adopt it with its own zone")
        if record.type == "SOA":
            return self.refuse(record, "apex", "Cloudflare serves its own SOA", "nothing to do")
        if record.type in APEX_TYPES and record.name == self.domain:
            text = f"the apex's {record.type} is Cloudflare's own"
            return self.refuse(record, "apex", text, "set name servers and DS at the registrar")
        if record.type in DNSSEC_TYPES:
            text = f"{record.type} is made by whoever signs the zone, and Cloudflare signs it anew"
            return self.refuse(record, "dnssec", text, "nothing to do; tls.dnssec turns signing on")
        if record.type not in rdata.TYPES:
            text = f"Cloudflare takes no record of type {record.type}"
            return self.refuse(record, "type", text, f"it takes {', '.join(sorted(rdata.TYPES))}")
        return None

    def _timing(self, record: ZoneRecord) -> Refusal | None:
        if record.proxied and record.type not in rdata.PROXIABLE:
            text = f"marked as proxied, and {record.type} can't be proxied"
            return self.refuse(record, "proxied_type", text, "mark it cf-proxied:false in the zone file")
        low = self.limits.minimum_ttl
        if record.proxied or record.ttl in (None, 1) or low <= (record.ttl or 1) <= MAXIMUM_TTL:
            return None
        text = f"a TTL of {record.ttl}; Cloudflare takes {low} to {MAXIMUM_TTL}, or 1 for automatic"
        return self.refuse(record, "ttl", text, "change the TTL in the zone file")

    def _entry(self, record: ZoneRecord) -> Candidate | Refusal:
        try:
            origin = dns.name.from_text(record.origin)
            rdtype = dns.rdatatype.from_text(record.type)
            value = dns.rdata.from_text(
                dns.rdataclass.IN, rdtype, record.rdata, origin=origin, relativize=False
            )
        except (dns.exception.DNSException, ValueError) as error:
            text = f"{record.rdata[:80]!r} is no {record.type} value: {error or type(error).__name__}"
            return self.refuse(record, "value", text, "correct the value in the zone file")
        entry = _entry_of(record, self.domain, value, self.limits)
        wrong = rdata.fault(record.type, entry["content"], None, entry.get("priority"))
        if wrong:
            return self.refuse(record, "value", wrong, "correct the value in the zone file")
        return Candidate(record, entry)


def _entry_of(record: ZoneRecord, domain: str, value: Any, limits: Limits) -> dict[str, Any]:
    short = "@" if record.name == domain else record.name.removesuffix("." + domain)
    entry: dict[str, Any] = {"name": short, "type": record.type}
    if record.type == "MX":
        entry["content"] = _host(value.exchange)
        entry["priority"] = value.preference
    elif record.type in ("CNAME", "NS", "PTR"):
        entry["content"] = _host(value.target)
    elif record.type == "TXT":
        entry["content"] = txt_content(value.strings)
    else:
        entry["content"] = value.to_text()
    if record.ttl not in (None, 1) and not record.proxied:
        entry["ttl"] = record.ttl
    if record.proxied:
        entry["proxied"] = True
    if record.comment and len(record.comment) <= limits.comment_length:
        entry["comment"] = record.comment
    if record.tags and len(record.tags) <= limits.record_tags:
        entry["tags"] = list(record.tags)
    return entry


def _host(name: dns.name.Name) -> str:
    return "." if name == dns.name.root else name.to_text(omit_final_dot=True).lower()


def txt_content(strings: tuple[bytes, ...]) -> str:
    """TXT strings as content: bare when one plain string says the same, else quoted strings."""
    only = strings[0] if len(strings) == 1 else b""
    bare = only.decode("ascii", "replace")
    plain = 0 < len(only) <= MAX_STRING and only.isascii() and bare.isprintable() and bare == bare.strip()
    if plain and not bare.startswith('"') and "\\" not in bare:
        return bare
    return " ".join(f'"{_escaped(string)}"' for string in strings)


def _escaped(string: bytes) -> str:
    return "".join(
        f"\\{chr(byte)}" if byte in b'"\\' else chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}"
        for byte in string
    )

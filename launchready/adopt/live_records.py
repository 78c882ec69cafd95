"""From records of the API to entries of ``records``: the same record to the letter, or none at all.

A record that the client file can't say as it is, is left in the zone, and said: declared otherwise, the
next `launch up` would change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.adopt.candidates import DNSSEC_TYPES, Candidate, Judge, txt_content
from launchready.adopt.result import Refusal
from launchready.adopt.zone_file import ZoneRecord
from launchready.client_file.names import within
from launchready.declared import rdata
from launchready.declared.rdata.text import parse, split
from launchready.drift.canonical import WITH_PRIORITY, api_record

Json = Mapping[str, Any]
MANAGED = ("read_only", "email_routing", "managed_by_apps", "managed_by_argo_tunnel")
"""Marks in a record's ``meta`` of a product of Cloudflare's that keeps the record itself."""
FLAGS = {
    "flatten_cname": "is flattened at its name",
    "ipv4_only": "is IPv4 only",
    "ipv6_only": "is IPv6 only",
}
LEFT = "nothing to do: it stays in the zone as it is"


@dataclass(frozen=True, slots=True)
class LiveJudge(Judge):
    """A Judge of records that the API lists; ``ids``: id of the record by its place in the list."""

    ids: tuple[str, ...] = ()

    def at(self, *candidates: Candidate) -> str:
        return "with the id " + ", ".join(self.ids[one.source.line - 1] for one in candidates)


def take_records(records: Iterable[Json], judge: LiveJudge) -> tuple[list[Candidate], list[Refusal]]:
    """What can be declared, and what is left and why. ``source.line``: the place in the list, from 1."""
    taken: list[Candidate] = []
    refused: list[Refusal] = []
    for place, raw in enumerate(records, 1):
        record = _source(raw, place)
        reason = _left(raw, record, judge.domain)
        if reason is not None:
            refused.append(judge.refuse(record, *reason, LEFT))
            continue
        try:
            entry = _entry(raw, record, judge.domain)
        except (ValueError, KeyError, TypeError) as error:
            refused.append(judge.refuse(record, "value", f"its value can't be declared: {error}", LEFT))
            continue
        taken.append(Candidate(record, entry))
    return taken, refused


def _source(raw: Json, place: int) -> ZoneRecord:
    rec = api_record(raw)
    text = str(raw.get("content") or rec.text)
    return ZoneRecord(
        place, rec.name, rec.type, text, ttl=rec.ttl, comment=rec.comment or None, tags=rec.tags,
        proxied=rec.proxied,
    )  # fmt: skip


def _left(raw: Json, record: ZoneRecord, domain: str) -> tuple[str, str] | None:
    """(reason, sentence) for a record that is not looked at further."""
    marks = [mark for mark in MANAGED if (raw.get("meta") or {}).get(mark)]
    if marks or raw.get("locked"):
        return "managed", "Cloudflare keeps this record itself (" + ", ".join(marks or ["locked"]) + ")"
    if not within(record.name, domain):
        return "outside_zone", f"{record.name} is outside the zone"
    if record.type in ("NS", "SOA", "DS", "DNSKEY") and record.name == domain:
        return "apex", f"the apex's {record.type} is Cloudflare's own"
    if record.type in DNSSEC_TYPES:
        return "dnssec", f"{record.type} belongs to whoever signs the zone"
    if record.type not in rdata.CANONICALISERS:
        return "type", f"records of type {record.type} can't be declared"
    settings = raw.get("settings") or {}
    set_ = [words for flag, words in FLAGS.items() if settings.get(flag)]
    if set_:
        return "settings", f"it {' and '.join(set_)}, which a record can't declare"
    if raw.get("private_routing"):
        return "settings", "it is routed privately, which a record can't declare"
    return None


def _entry(raw: Json, record: ZoneRecord, domain: str) -> dict[str, Any]:
    rec = api_record(raw)
    text = txt_content(tuple(split(parse(str(raw["content"]).strip())))) if rec.type == "TXT" else rec.text
    short = "@" if rec.name == domain else rec.name.removesuffix("." + domain)
    entry: dict[str, Any] = {"name": short, "type": rec.type, "content": text}
    if rec.type in WITH_PRIORITY and rec.type == "MX":
        entry["priority"] = rec.priority
    # raises where the data is not of its type
    rdata.canonical(rec.type, rdata.Given(text, None, entry.get("priority"), domain))
    if rec.ttl != 1 and not rec.proxied:
        entry["ttl"] = rec.ttl
    if rec.proxied:
        entry["proxied"] = True
    if rec.comment:
        entry["comment"] = str(raw["comment"])
    if rec.tags:
        entry["tags"] = list(rec.tags)
    return entry

"""One write of a DNS record: as a call of its own, as a part of a batch, and as an effect in the zone."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import idna

from launchready.gateway.answers import Answer
from launchready.lost_creates import may_be_since

Part = Literal["deletes", "patches", "puts", "posts"]
PARTS: dict[str, Part] = {"DELETE": "deletes", "PATCH": "patches", "PUT": "puts", "POST": "posts"}
ORDER: tuple[Part, ...] = ("deletes", "patches", "puts", "posts")
"""The order in which a batch runs its parts."""
Record = dict[str, Any]
_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')
_IDENTIFYING = ("type", "name", "content", "data")
_COMPARED = (*_IDENTIFYING, "ttl", "proxied", "priority", "comment")


@dataclass(slots=True, eq=False)
class Operation:
    """A write that a caller waits for. ``record_id`` is "" for a create; ``body`` is the call's JSON."""

    method: str
    record_id: str
    body: Record
    answer: asyncio.Future[Answer] = field(repr=False)
    sent: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the caller asked for it."""
    lost: bool = False
    """Whether it was sent once without an answer, so that it may have taken effect."""

    @property
    def part(self) -> Part:
        return PARTS[self.method]

    @property
    def in_batch(self) -> Record:
        """The operation as an item of its part of a batch."""
        return {**self.body, "id": self.record_id} if self.record_id else self.body

    def resolve(self, answer: Answer) -> None:
        """Give the caller its answer, unless it is gone."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def effect(self, records: Mapping[str, Record], zone: str) -> Record | None:
        """The record that shows that this write has taken effect in a zone with these records, or None."""
        if self.method == "DELETE":
            return {"id": self.record_id} if self.record_id not in records else None
        wanted = _comparable(self.body, zone)
        if self.method == "POST":
            made = (record for record in records.values() if may_be_since(record, self.sent))
            return _first(made, wanted, zone)
        return _first([records.get(self.record_id, {})], wanted, zone)

    def made(self, records: Mapping[str, Record], zone: str) -> Record | None:
        """For a create that is refused since there is such a record: the one that an earlier try made."""
        wanted = _comparable(self.body, zone)
        known = {key: wanted[key] for key in _IDENTIFYING if key in wanted}
        made = (record for record in records.values() if may_be_since(record, self.sent))
        return _first(made, known, zone)


def _first(records: Iterable[Record], wanted: Record, zone: str) -> Record | None:
    for record in records:
        shown = _comparable({**record, "type": record.get("type")}, zone)
        if record and all(_within(value, shown.get(key)) for key, value in wanted.items()):
            return dict(record)
    return None


def batch(operations: list[Operation]) -> dict[str, list[Record]]:
    """The body of the batch call that does all of them."""
    document: dict[str, list[Record]] = {}
    for operation in operations:
        document.setdefault(operation.part, []).append(operation.in_batch)
    return document


def parse(body: bytes) -> Record | None:
    """A call's JSON object, or None when it is something else."""
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _comparable(record: Record, zone: str) -> Record:
    """The fields that identify and describe a record, in one spelling."""
    kind = str(record.get("type") or "").upper()
    shown = {key: record[key] for key in _COMPARED if record.get(key) not in (None, "")}
    shown["type"] = kind
    if not kind:
        del shown["type"]
    if isinstance(shown.get("name"), str):
        shown["name"] = _full_name(shown["name"], zone)
    if isinstance(shown.get("content"), str):
        shown["content"] = _content(kind, shown["content"])
    if isinstance(shown.get("data"), dict):
        shown["data"] = {key: _scalar(value) for key, value in shown["data"].items()}
    return shown


def _within(wanted: Any, shown: Any) -> bool:
    """Whether what was asked for is shown; the API may show more parts of an object."""
    if isinstance(wanted, dict) and isinstance(shown, dict):
        return all(shown.get(key) == value for key, value in wanted.items())
    return bool(wanted == shown)


def _scalar(value: Any) -> Any:
    return value.rstrip(".").lower() if isinstance(value, str) else value


def _full_name(name: str, zone: str) -> str:
    name = _a_label(name.rstrip(".").lower())
    if name in ("", "@"):
        return zone
    return name if not zone or name == zone or name.endswith("." + zone) else f"{name}.{zone}"


def _a_label(name: str) -> str:
    try:
        return name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return name


def _content(kind: str, text: str) -> str:
    if kind == "TXT":
        strings = _STRINGS.findall(text)
        return "".join(strings) if text.lstrip().startswith('"') and strings else text
    if kind in ("A", "AAAA"):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return text
    return _a_label(text.rstrip(".").lower())

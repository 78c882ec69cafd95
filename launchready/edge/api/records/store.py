"""Writing records: create, replace, patch, delete, each all or nothing, with a journal to undo."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from launchready.edge.api import plans
from launchready.edge.api.envelope import refuse
from launchready.edge.api.fields import read
from launchready.edge.api.records import conflicts
from launchready.edge.api.records.build import build
from launchready.edge.state import Json, Zone

_FIXED = ("id", "zone_id", "zone_name", "created_on", "modified_on", "proxiable", "meta")
_DATES = ("comment_modified_on", "tags_modified_on")


@dataclass(slots=True)
class Writer:
    """Writes into one zone at one time; ``undo`` takes everything back."""

    zone: Zone
    now: str
    _journal: list[tuple[str, Json | None]] = field(default_factory=list)
    _serial: int | None = None

    def find(self, record_id: str) -> Json:
        record = self.zone.records.get(record_id)
        if record is None:
            raise refuse(404, 81044, "Record does not exist.")
        return record

    def create(self, body: Json) -> Json:
        plan = plans.of(self.zone.info)
        record = build(body, self.zone.name, plan)
        conflicts.check(self.zone, record, plan)
        return self._put(secrets.token_hex(16), record, None)

    def replace(self, record_id: str, body: Json) -> Json:
        """PUT: what is not sent goes back to its default."""
        held = self.find(record_id)
        return self._rewrite(held, body)

    def patch(self, record_id: str, body: Json) -> Json:
        """PATCH: what is not sent stays. Content and data are two views of one value: either moves both."""
        held = self.find(record_id)
        merged = {key: value for key, value in held.items() if key not in (*_FIXED, *_DATES)}
        kind = body.get("type", held["type"])
        if "content" in body or kind != held["type"]:
            merged.pop("data", None)
        if isinstance(body.get("data"), dict):
            merged.pop("content", None)
            body = {**body, "data": {**held.get("data", {}), **body["data"]}}
            body.pop("content", None)
        elif "priority" in body and "priority" in merged.get("data", {}):
            merged["data"] = {**merged["data"], "priority": body["priority"]}
        if isinstance(body.get("settings"), dict):
            body = {**body, "settings": {**held["settings"], **body["settings"]}}
        if body.get("proxied") is True and "ttl" not in body:
            merged["ttl"] = 1
        return self._rewrite(held, {**merged, **body})

    def delete(self, record_id: str) -> Json:
        held = self.find(record_id)
        self._remember(record_id, held)
        self.zone.drop_record(record_id)
        return held

    def undo(self) -> None:
        """The zone as it was before the first write, serial included."""
        for record_id, before in reversed(self._journal):
            if before is None:
                self.zone.drop_record(record_id)
            else:
                self.zone.put_record(before)
        if self._serial is not None:
            self.zone.serial = self._serial
        self._journal.clear()

    def _rewrite(self, held: Json, body: Json) -> Json:
        plan = plans.of(self.zone.info)
        read(body, "type", "string")
        record = build(body, self.zone.name, plan)
        conflicts.check(self.zone, record, plan, replacing=held["id"])
        return self._put(held["id"], record, held)

    def _put(self, record_id: str, record: Json, before: Json | None) -> Json:
        record = {"id": record_id, **record}
        record["created_on"] = before["created_on"] if before else self.now
        record["modified_on"] = self.now
        for key, date in (("comment", "comment_modified_on"), ("tags", "tags_modified_on")):
            if before is not None and before[key] == record[key]:
                if date in before:
                    record[date] = before[date]
            elif record[key]:
                record[date] = self.now
        self._remember(record_id, before)
        self.zone.put_record(record)
        return record

    def _remember(self, record_id: str, before: Json | None) -> None:
        if self._serial is None:
            self._serial = self.zone.serial
        self._journal.append((record_id, before))

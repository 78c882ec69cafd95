"""May a record stand beside those that are there? Checked by name, so a big zone costs no more.

Cloudflare keeps A/AAAA and CNAME apart and refuses identical records, and lets a CNAME stand beside
TXT or MX, as real zones on it show. Source: facts, "Envelope, errors, limits".
"""

from __future__ import annotations

from launchready.edge.api.envelope import refuse
from launchready.edge.api.plans import Plan
from launchready.edge.api.records import text
from launchready.edge.state import Json, Zone

_ADDRESSES = frozenset({"A", "AAAA"})


def identity(record: Json) -> tuple[object, ...]:
    """What makes two records of a name the same: type, value and priority."""
    content = record["content"]
    value: object = tuple(text.strings(content)) if record["type"] == "TXT" else content.lower()
    return record["type"], value, record.get("priority")


def check(zone: Zone, record: Json, plan: Plan, *, replacing: str | None = None) -> None:
    """Refuses ``record`` (with a full name) if another than ``replacing`` is in its way."""
    others = [other for other in zone.records_at(record["name"]) if other["id"] != replacing]
    kind = record["type"]
    if others:
        kinds = {other["type"] for other in others}
        if any(identity(other) == identity(record) for other in others if other["type"] == kind):
            raise refuse(400, 81058, "An identical record already exists.")
        if kind == "CNAME" and kinds & (_ADDRESSES | {"CNAME"}):
            raise refuse(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
        if kind in _ADDRESSES and "CNAME" in kinds:
            raise refuse(400, 81054, "A CNAME record with that host already exists.")
        if "NS" in kinds and kind not in ("NS", "DS") and kind in _ADDRESSES | {"CNAME"}:
            raise refuse(400, 81056, "NS records with that host already exist.")
    if kind == "TXT":
        same = [other["content"] for other in others if other["type"] == "TXT"]
        if sum(map(len, same)) + len(record["content"]) > text.MAX_NAME:
            raise refuse(400, 9015, f"TXT records of one name hold at most {text.MAX_NAME} characters.")
    if kind == "DS" and not any(other["type"] == "NS" for other in others):
        raise refuse(400, 1004, "A DS record needs an NS record of the same name.")
    if replacing is None and len(zone.records) >= plan.records:
        raise refuse(400, 81045, f"Record quota exceeded: the {plan.label} plan has {plan.records} records.")

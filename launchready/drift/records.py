"""DNS records: declared, in the state, live. Sets are compared, not lists: order means nothing.

A live record is paired with a declared one by what it is; what is left, by the id that the state has for it;
then by what it most likely was before somebody edited it. What is still left is missing, or nobody's.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from launchready.client_file.dns_model import RecordEntry
from launchready.declared import declare
from launchready.declared.resources import ADDRESS_LIKE
from launchready.declared.types import AUTOMATIC_TTL, Record
from launchready.drift.canonical import Rec, api_record, declared_record, state_record
from launchready.drift.compare import Run, Sides, Thing, compare
from launchready.drift.fixes import entry
from launchready.drift.state import Resource
from launchready.drift.types import Class, Difference
from launchready.errors import LaunchreadyError

CLOUDFLARE_MX = ".mx.cloudflare.net"
MAIL_ROUTING, ACME, MANAGED = "mail_routing", "acme", "managed"
_ACME = "_acme-challenge"
_VALIDATION = ("_cf-custom-hostname", "cf-challenge", "_dnsauth", "_pki-validation")
MOST_ADOPTED = 2_000
"""Foreign records for which a client-file line is worked out."""


@dataclass(slots=True)
class _Live:
    raw: Mapping[str, Any]
    rec: Rec
    id: str


@dataclass(slots=True)
class _Pairs:
    pairs: list[tuple[Record, Rec, _Live]] = field(default_factory=list)
    missing: list[tuple[Record, Rec]] = field(default_factory=list)
    foreign: list[_Live] = field(default_factory=list)


def differences(run: Run) -> Iterator[Difference]:
    """Every record that differs."""
    if not run.known("records", f"{run.declared.domain} records") or run.live.records is None:
        return
    for pending in run.declared.pending:
        run.not_found(f"{pending.record.name} {pending.record.type}", "NOT_CREATED", pending.reason)
    resources = {one.name: one for one in run.state.of("DnsRecord")}
    found = _paired(run, resources)
    yield from _declared_ones(run, found, resources)
    yield from _foreign_ones(run, found, resources)


# ---- pairing ------------------------------------------------------------------------------------


def _paired(run: Run, resources: Mapping[str, Resource]) -> _Pairs:
    lives = [_Live(raw, api_record(raw), str(raw.get("id", ""))) for raw in run.live.records or ()]
    by_identity: dict[tuple[Any, ...], deque[_Live]] = defaultdict(deque)
    for live in lives:
        by_identity[live.rec.identity].append(live)
    found, left = _Pairs(), []
    taken: set[int] = set()
    for record in run.declared.records:
        rec = declared_record(record)
        same = by_identity.get(rec.identity)
        if same:
            live = same.popleft()
            taken.add(id(live))
            found.pairs.append((record, rec, live))
        else:
            left.append((record, rec))
    rest = [live for live in lives if id(live) not in taken]
    hidden = _hidden_by_pending(run, rest, resources)
    rest = [live for live in rest if id(live) not in hidden]
    _pair_edited(found, left, rest, resources)
    return found


def _hidden_by_pending(run: Run, rest: Iterable[_Live], resources: Mapping[str, Resource]) -> set[int]:
    """Live records that stand where a record is declared whose value is not known: they say nothing."""
    pending = run.declared.pending
    ids = {resources[p.record.resource].id for p in pending if p.record.resource in resources}
    forms = [(p.record.type, _form(p.source.name), _form(p.source.content)) for p in pending]

    def stands_there(rec: Rec) -> bool:
        return any(
            rec.type == kind and owner.fullmatch(rec.name) and data.fullmatch(rec.value)
            for kind, owner, data in forms
        )

    return {id(live) for live in rest if live.id in ids or stands_there(live.rec)}


def _form(template: str) -> re.Pattern[str]:
    """What a template of ``declared.created`` may become."""
    return re.compile(re.escape(template).replace(re.escape("{}"), ".+"), re.IGNORECASE | re.DOTALL)


def _pair_edited(
    found: _Pairs,
    left: list[tuple[Record, Rec]],
    rest: list[_Live],
    resources: Mapping[str, Resource],
) -> None:
    """Pair what is left, by ever weaker signs."""

    def by_id(record: Record, _: Rec, live: _Live) -> bool:
        return record.resource in resources and resources[record.resource].id == live.id

    def by_purpose(_: Record, rec: Rec, live: _Live) -> bool:
        return (rec.type, _tag(rec)) == (live.rec.type, _tag(live.rec))

    def by_host(_: Record, rec: Rec, live: _Live) -> bool:
        return {rec.type, live.rec.type} <= ADDRESS_LIKE

    by_name: dict[str, list[_Live]] = defaultdict(list)
    for live in rest:
        by_name[live.rec.name].append(live)
    for sign in (by_id, by_purpose, by_host):
        still = []
        for record, rec in left:
            here = by_name.get(rec.name, [])
            match = next((live for live in here if sign(record, rec, live)), None)
            if match is None:
                still.append((record, rec))
            else:
                here.remove(match)
                found.pairs.append((record, rec, match))
        left = still
    found.missing = left
    found.foreign = [live for here in by_name.values() for live in here]


def _tag(rec: Rec) -> str:
    """What a TXT record is for: records of other purposes are never the same one edited."""
    if rec.type == "CAA":
        return rec.value.split(" ")[1] if " " in rec.value else ""
    if rec.type != "TXT":
        return ""
    word = rec.value.replace(";", " ").split(" ")[0].lower()
    return word if word.startswith("v=") else word.partition("=")[0]


# ---- what is declared ---------------------------------------------------------------------------


def _declared_ones(run: Run, found: _Pairs, resources: Mapping[str, Resource]) -> Iterator[Difference]:
    siblings = _siblings(run.declared.records)
    parts = [(record, rec, live) for record, rec, live in found.pairs]
    for record, rec, live in (*parts, *((record, rec, None) for record, rec in found.missing)):
        resource = resources.get(record.resource)
        state = state_record(resource.values) if resource is not None else None
        if live is not None and _same(rec, live.rec) and (_same(rec, state) or not run.state.known):
            continue
        difference = compare(run, _thing(run, record, rec, live, state, siblings))
        if difference is not None:
            yield difference


def _same(one: Rec, other: Rec | None) -> bool:
    """The usual case, found fast: type, value, priority, TTL, proxy, comment and tags."""
    return other is not None and one[1:8] == other[1:8]


def _siblings(records: Iterable[Record]) -> Mapping[tuple[str, str], int]:
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for record in records:
        counted[record.name, record.type] += 1
    return counted


def _thing(
    run: Run,
    record: Record,
    rec: Rec,
    live: _Live | None,
    state: Rec | None,
    siblings: Mapping[tuple[str, str], int],
) -> Thing:
    facts = {"name": rec.name, "type": rec.type, "value": rec.value, "apex": rec.name == run.declared.domain}
    facts |= {
        "key": record.key,
        "siblings": siblings[rec.name, rec.type],
        "live_type": live.rec.type if live else None,
    }
    parent = _component(run, owner_component(record.key))
    lost = None
    if live is not None and parent is not None:
        lost = f"{run.fixes.import_record(live.id, record.resource, parent)} && {run.fixes.apply()}"
    return Thing(
        "record", f"{rec.name} {rec.type}", _side(rec), _side(live.rec if live else None), _side(state),
        facts=facts, show=_show, lost_fix=lost,
    )  # fmt: skip


def owner_component(key: str) -> str:
    """The component that the program puts a record into, by the client-file key that declares it."""
    return {"email": "Email", "tls": "Tls"}.get(key.split(".", 1)[0], "Dns")


def _side(rec: Rec | None) -> dict[str, Any] | None:
    if rec is None:
        return None
    return {
        "type": rec.type, "content": rec.value, "priority": rec.priority, "ttl": rec.ttl,
        "proxied": rec.proxied, "comment": rec.comment, "tags": rec.tags,
    }  # fmt: skip


def _show(side: Sides) -> str:
    """One line: type, data, TTL, proxy."""
    front = f"{side['priority']} " if side["priority"] is not None else ""
    text = f'"{side["content"]}"' if side["type"] == "TXT" else side["content"]
    more = ["ttl auto" if side["ttl"] == AUTOMATIC_TTL else f"ttl {side['ttl']} s"]
    more += ["proxied"] if side["proxied"] else []
    more += [f"comment {side['comment']}"] if side["comment"] else []
    more += [f"tags {' '.join(side['tags'])}"] if side["tags"] else []
    return f"{side['type']} {front}{text} ({', '.join(more)})"


# ---- what nobody declares -----------------------------------------------------------------------


def _foreign_ones(run: Run, found: _Pairs, resources: Mapping[str, Resource]) -> Iterator[Difference]:
    by_id = {resource.id: resource for resource in resources.values()}
    foreign = [live for live in found.foreign if not _is_infrastructure(run, live.rec)]
    names = _names_if_declared(run, foreign)
    for live in foreign:
        resource = by_id.get(live.id)
        owner = owner_of(live.raw, live.rec)
        yield from _one_foreign(run, live, resource, owner, names)


def _one_foreign(
    run: Run, live: _Live, resource: Resource | None, owner: str, names: Mapping[tuple[Any, ...], str]
) -> Iterator[Difference]:
    rec = live.rec
    state = state_record(resource.values) if resource is not None else None
    competing = [r for r in run.declared.records if (r.name, r.type) == (rec.name, rec.type)]
    facts = {
        "name": rec.name, "type": rec.type, "value": rec.value, "owner": owner,
        "apex": rec.name == run.declared.domain, "tag": _tag(rec),
        "competes": any(_tag(declared_record(r)) == _tag(rec) for r in competing),
    }  # fmt: skip
    difference = compare(
        run,
        Thing(
            "record", f"{rec.name} {rec.type}", None, _side(rec), _side(state),
            _mend_foreign(run, live, resource, owner, names, competes=bool(facts["competes"])), facts,
            _show, Class.READ_ONLY if owner else None,
        ),
    )  # fmt: skip
    if difference is not None:
        yield difference


def _mend_foreign(
    run: Run, live: _Live, resource: Resource | None, owner: str, names: Mapping[tuple[Any, ...], str],
    *, competes: bool,
) -> str:  # fmt: skip
    fixes, rec = run.fixes, live.rec
    if resource is not None:
        line = entry(rec, run.declared.domain)
        return f"{fixes.apply()}\nor put it back into {fixes.file}, launchready:records:  - {line}"
    if owner == MAIL_ROUTING:
        return (
            f"if mail routing is not meant: {fixes.call('POST', '/zones/{zone}/email/routing/disable', {})}"
        )
    if owner == ACME:
        return "nothing to do: who issues the certificate takes it away again"
    if owner == MANAGED:
        return "nothing to do here: the Cloudflare product that made it changes it"
    name = names.get(rec.identity)
    if name is None or (competes and rec.type == "TXT"):
        return fixes.delete_record(live.id)
    return fixes.adopt_record(live.id, rec, name, _component(run, "Dns"))


def _component(run: Run, kind: str) -> tuple[str, str] | None:
    """Name and URN of a component, for the records that belong to it; None while the state is unknown."""
    found = next(iter(run.state.of(kind)), None)
    return (found.name, found.urn) if found is not None else None


def owner_of(raw: Mapping[str, Any], rec: Rec) -> str:
    """Who else changes a record: MAIL_ROUTING, ACME, MANAGED, or "" for nobody."""
    given = raw.get("meta")
    meta: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    if meta.get("email_routing") or (rec.type == "MX" and rec.value.endswith(CLOUDFLARE_MX)):
        return MAIL_ROUTING
    if meta.get("read_only") or meta.get("managed_by_apps") or meta.get("managed_by_argo_tunnel"):
        return MANAGED
    if meta.get("origin_worker_id") or meta.get("r2_bucket"):
        return MANAGED
    first = rec.name.partition(".")[0]
    if first == _ACME or (rec.type in ("TXT", "CNAME") and first in _VALIDATION):
        return ACME
    return ""


def _is_infrastructure(run: Run, rec: Rec) -> bool:
    """The zone's own SOA and NS, which some plans list."""
    return rec.name == run.declared.domain and rec.type in ("SOA", "NS")


def _names_if_declared(run: Run, foreign: Sequence[_Live]) -> dict[tuple[Any, ...], str]:
    """Identity → the resource's name once the record is declared; without what no client file may declare."""
    domain, entries = run.declared.domain, []
    for live in foreign[:MOST_ADOPTED]:
        if owner_of(live.raw, live.rec):
            continue
        rec = live.rec
        short = "@" if rec.name == domain else rec.name.removesuffix(f".{domain}")
        try:
            given = {"name": short, "type": rec.type, "content": rec.text, "priority": rec.priority}
            entries.append(RecordEntry.model_validate(given))
        except ValueError:
            continue
    if not entries:
        return {}
    try:
        more = run.client.model_copy(update={"records": (*run.client.records, *entries)})
        records = declare(more).records
    except (LaunchreadyError, ValueError):
        return {}
    wanted = {live.rec.identity for live in foreign}
    named = ((declared_record(record).identity, record.resource) for record in records)
    return {identity: resource for identity, resource in named if identity in wanted}

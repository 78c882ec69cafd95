"""A view with data defects applied: what one server then wrongly holds, denies and signs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from launchready.edge.dns.defects import covers, is_type, of_type, plain
from launchready.edge.dns.keys import ZoneKeys
from launchready.edge.dns.names import Labels, text_of
from launchready.edge.dns.records import render
from launchready.edge.dns.rrset import ADDRESS_TYPES, RRset, Type, rrset_from, rrset_of
from launchready.edge.dns.view import Node, View
from launchready.edge.state import Defect, Json

_OWN: Final = frozenset({Type.SOA, Type.NS, Type.DNSKEY, Type.CDS, Type.CDNSKEY})
"""What makes an apex an apex: not hidden unless named by type."""


@dataclass(slots=True)
class _Draft:
    rrsets: dict[int, RRset]
    flatten: tuple[Labels, int] | None


class DefectiveView:
    """A view with data defects; answering and signing are as ever."""

    def __init__(self, view: View, defects: Iterable[Defect]) -> None:
        self._view = view
        self._defects = tuple(defects)

    @property
    def origin(self) -> Labels:
        return self._view.origin

    @property
    def keys(self) -> ZoneKeys | None:
        return self._view.keys

    def is_known(self, name: Labels) -> bool:
        return self._view.is_known(name)

    def has_below(self, name: Labels) -> bool:
        return self._view.has_below(name) and not any(
            d.kind == "dns.nxdomain" and covers(d, name, self.origin) for d in self._defects
        )

    def node(self, name: Labels) -> Node | None:
        node = self._view.node(name)
        if node is not None and node.broken is not None:
            return node
        draft = _Draft(dict(node.rrsets), node.flatten) if node is not None else _Draft({}, None)
        for defect in self._defects:
            self._apply(defect, name, draft)
        if not draft.rrsets and draft.flatten is None:
            return None
        return Node(draft.rrsets, draft.flatten)

    def _apply(self, defect: Defect, name: Labels, draft: _Draft) -> None:
        if defect.kind == "dns.nxdomain":
            if covers(defect, name, self.origin):
                _hide_all(draft)
        elif defect.kind == "dns.soa_disagree":
            _shift_serial(draft, int(defect.options.get("delta", -1)))
        elif defect.kind == "dns.stale":
            _make_older(defect.options, name, draft)
        elif plain(defect.where) not in ("*", text_of(name)):
            return
        elif defect.kind == "dns.ttl":
            _set_ttl(defect, draft)
        elif defect.kind == "dns.hide_record":
            _hide(defect, name, draft)
        elif defect.kind == "dns.extra_record":
            _merge(draft, name, defect.options["record"])


def _hide_all(draft: _Draft) -> None:
    draft.rrsets = {t: r for t, r in draft.rrsets.items() if Type.SOA in draft.rrsets and t in _OWN}
    draft.flatten = None


def _shift_serial(draft: _Draft, delta: int) -> None:
    soa = draft.rrsets.get(Type.SOA)
    if soa is not None:
        rdata = soa.rdatas[0]
        serial = (int.from_bytes(rdata[-20:-16], "big") + delta) & 0xFFFFFFFF
        changed = rdata[:-20] + serial.to_bytes(4, "big") + rdata[-16:]
        draft.rrsets[Type.SOA] = rrset_of(soa.owner, soa.rdtype, soa.ttl, [changed])


def _make_older(options: Json, name: Labels, draft: _Draft) -> None:
    """An older copy that the options describe; without them the server holds a real one instead."""
    if not (options.get("drop") or options.get("records")):
        return
    _shift_serial(draft, -1)
    for dropped in options.get("drop") or ():
        host, _, kind = str(dropped).partition(" ")
        if plain(host) == text_of(name) and kind:
            draft.rrsets = {t: r for t, r in draft.rrsets.items() if not is_type(t, kind)}
        elif plain(host) == text_of(name):
            _hide_all(draft)
    older = [r for r in options.get("records") or () if plain(r["name"]) == text_of(name)]
    for rdtype in {int(render(record).rdtype) for record in older}:
        draft.rrsets.pop(rdtype, None)
    for record in older:
        _merge(draft, name, record)


def _set_ttl(defect: Defect, draft: _Draft) -> None:
    ttl = int(defect.options.get("ttl", 1))
    draft.rrsets = {t: r.with_ttl(ttl) if of_type(defect, t) else r for t, r in draft.rrsets.items()}
    if draft.flatten is not None:
        draft.flatten = (draft.flatten[0], ttl)


def _hide(defect: Defect, name: Labels, draft: _Draft) -> None:
    kind, content = defect.options.get("type"), defect.options.get("content")
    if kind is None:
        _hide_all(draft)
        return
    if str(kind).upper() in {"CNAME", *(t.name for t in ADDRESS_TYPES)}:
        draft.flatten = None
    for rdtype in [t for t in draft.rrsets if is_type(t, str(kind))]:
        old = draft.rrsets.pop(rdtype)
        if content is None:
            continue
        hidden = render({**defect.options, "name": text_of(name)}).to_digestable()
        kept = [rdata for rdata, form in _forms(old) if form != hidden]
        if kept:
            draft.rrsets[rdtype] = rrset_of(name, rdtype, old.ttl, kept)


def _forms(rrset: RRset) -> list[tuple[bytes, bytes]]:
    """(served, canonical) for each rdata; they differ in the case of names only."""
    if set(rrset.rdatas) == set(rrset.canonical):
        return [(rdata, rdata) for rdata in rrset.rdatas]
    by_lower = {form.lower(): form for form in rrset.canonical}
    return [(rdata, by_lower[rdata.lower()]) for rdata in rrset.rdatas]


def _merge(draft: _Draft, name: Labels, record: Json) -> None:
    rdata = render({"name": text_of(name), **record})
    ttl = int(record.get("ttl") or 1)
    new = rrset_from(name, 300 if ttl == 1 else ttl, [rdata])
    old = draft.rrsets.get(new.rdtype)
    if old is None:
        draft.rrsets[new.rdtype] = new
    elif new.canonical[0] not in old.canonical:
        canonical = tuple(sorted((*old.canonical, *new.canonical)))
        draft.rrsets[new.rdtype] = RRset(name, old.rdtype, old.ttl, (*old.rdatas, *new.rdatas), canonical)

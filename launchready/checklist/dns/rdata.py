"""Record data in a form that compares: ``Mail.Example.`` and ``mail.example`` are one target."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

_NAME_TYPES = frozenset({"CNAME", "NS", "PTR", "DNAME"})


@lru_cache(maxsize=16_384)
def comparable(rdtype: str, text: str) -> bytes:
    """Canonical wire form (RFC 4034 §6.2) of a presentation; the text itself when it can't be parsed."""
    try:
        kind = dns.rdatatype.from_text(rdtype)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin=dns.name.root, relativize=False)
        return rdata.to_digestable()
    except (dns.exception.DNSException, ValueError):
        return text.strip().lower().encode()


def as_set(rdtype: str, texts: Iterable[str]) -> frozenset[bytes]:
    return frozenset(comparable(rdtype, text) for text in texts)


def missing(rdtype: str, wanted: Iterable[str], served: Iterable[str]) -> list[str]:
    """What of ``wanted`` is not in ``served``."""
    there = as_set(rdtype, served)
    return [text for text in wanted if comparable(rdtype, text) not in there]


def target(rdtype: str, text: str) -> str | None:
    """The host that a record points to, without its dot; None when it points nowhere (a null MX)."""
    words = text.split()
    position = {"MX": 1, "SRV": 3}.get(rdtype, 0 if rdtype in _NAME_TYPES else None)
    if position is None or len(words) <= position:
        return None
    return words[position].rstrip(".").lower() or None


def ds(text: str) -> str:
    """A DS's rdata in one form: the digest in upper case, without spaces."""
    words = text.split()
    return " ".join([*words[:3], "".join(words[3:]).upper()])


def show(texts: Iterable[str], limit: int = 6) -> str:
    """Data for a reader, in order, cut where it gets long."""
    known = sorted(texts)
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return ", ".join(known[:limit]) + more if known else "nothing"

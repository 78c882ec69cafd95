"""Record data by type: from what a client file says to the one form that Cloudflare's API takes.

Every type has a family module (addresses, targets, mail, text, CAA, services, keys, …) that puts its
canonicaliser into the table below. A canonicaliser takes ``content`` (a presentation, as in a zone
file) or ``data`` (Cloudflare's structured form) and gives both back in canonical form.
"""

from __future__ import annotations

from launchready.declared.rdata import addresses, caa, keys, location, naptr, services, svcb, targets, text
from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, wire_form

CANONICALISERS: dict[str, Canonicaliser] = {
    **addresses.TYPES,
    **targets.TYPES,
    **text.TYPES,
    **caa.TYPES,
    **services.TYPES,
    **svcb.TYPES,
    **keys.TYPES,
    **location.TYPES,
    **naptr.TYPES,
}
"""Record type → canonicaliser, for all 21 types that the API lets one write."""


def canonical(rdtype: str, given: Given) -> Rdata:
    """The canonical form of one record's data.

    Raises ValueError with the reason when the type is unknown or the data is not of that type.
    """
    canonicaliser = CANONICALISERS.get(rdtype)
    if canonicaliser is None:
        raise ValueError(f"no such record type; Cloudflare takes {', '.join(sorted(CANONICALISERS))}")
    return canonicaliser(given)


def presentation(rdtype: str, content: str, priority: int | None) -> str:
    """Rdata as a zone file shows it (RFC 1035 §5): priority first, targets absolute with their dot.

    ``content`` and ``priority`` are a canonical record's.
    """
    if rdtype in ("CNAME", "NS", "PTR"):
        return f"{content}."
    if rdtype == "MX":
        return f"{priority} {content}" if content == "." else f"{priority} {content}."
    if rdtype in ("A", "AAAA", "TXT"):
        return content
    return str(wire_form(rdtype, content).to_text())


__all__ = ["CANONICALISERS", "Given", "Rdata", "canonical", "presentation"]

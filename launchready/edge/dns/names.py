"""Domain names as tuples of lower-case labels, root left out: ``(b"www", b"acme", b"example")``.

Tuples hash fast, slice to parents for free and never need escaping; text is for people and the API.
"""

from __future__ import annotations

from functools import lru_cache

import dns.exception
import dns.name

Labels = tuple[bytes, ...]

ROOT: Labels = ()


@lru_cache(maxsize=65536)
def labels_of(text: str) -> Labels:
    """The labels of a name in presentation form, with or without the last dot.

    :raises ValueError: for a name that DNS can't hold (empty label, label over 63 bytes, over 255 in all).
    """
    try:
        name = dns.name.from_text(text, origin=dns.name.root)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{text!r} is not a domain name: {error}") from None
    return tuple(label.lower() for label in name.labels[:-1])


@lru_cache(maxsize=65536)
def text_of(labels: Labels) -> str:
    """Presentation form without the last dot; the root is ``.``."""
    return dns.name.Name((*labels, b"")).to_text(omit_final_dot=True)


@lru_cache(maxsize=65536)
def wire_of(labels: Labels) -> bytes:
    """Uncompressed wire form, which is also the canonical form (labels are lower-case)."""
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def is_within(name: Labels, zone: Labels) -> bool:
    """*name* is *zone* or lies below it."""
    return not zone or name[-len(zone) :] == zone

"""What the mail libraries ask of DNS: a look-up function, its answers, and the text of TXT records.

They never touch the network. Whoever calls them passes a ``Lookup`` that reads collected evidence,
a zone in memory, or a resolver.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question (name, type) brought.

    ``data``: rdata in presentation form (TXT quoted or bare, targets with or without trailing dot).
    ``failure``: why nothing could be found out (SERVFAIL, TIMEOUT …); None means that DNS answered.
    ``nxdomain``: the name does not exist; otherwise empty ``data`` means that it has no such type.
    """

    data: tuple[str, ...] = ()
    failure: str | None = None
    nxdomain: bool = False


Lookup = Callable[[str, str], Answer]
"""(name, type) → Answer. It may raise to say "not known yet": exceptions pass through unchanged."""

PartialLookup = Callable[[str, str], "Answer | None"]
"""Like ``Lookup``; None says "not known yet", and the caller goes on with what is known."""

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)')
_ESCAPE = re.compile(r"\\(\d{3}|.)")


def text_of(rdata: str) -> str:
    """The text of one TXT record: its character strings joined without a space (RFC 7208 §3.3).

    Bytes outside of ASCII become the Latin-1 character with that number.
    """
    if '"' not in rdata:
        return _unescape(rdata)
    return "".join(
        _unescape(m.group(1) if m.group(2) is None else m.group(2)) for m in _STRING.finditer(rdata)
    )


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m.group(1))) if len(m.group(1)) == 3 else m.group(1), text)


def texts(data: Iterable[str]) -> tuple[str, ...]:
    """``text_of`` each."""
    return tuple(text_of(rdata) for rdata in data)


def normal(name: str) -> str:
    """Lower-case, without the trailing dot."""
    return name.lower().removesuffix(".")


def is_name(name: str) -> bool:
    """Can DNS be asked for it: labels of 1–63 octets, at most 253 in all (RFC 1035 §2.3.4)?

    Characters that would need escapes are refused: no published name has them.
    """
    name = name.removesuffix(".")
    if not 0 < len(name) <= 253 or not all(0 < len(label) <= 63 for label in name.split(".")):
        return False
    return name.isascii() and name.isprintable() and not set(name) & set('\\"();@$ ')


def mx_hosts(data: Iterable[str]) -> list[tuple[int, str]]:
    """(preference, host) pairs of MX rdata, best first; ``.`` (RFC 7505) is the host ``""``."""
    pairs = []
    for rdata in data:
        preference, _, host = rdata.partition(" ")
        pairs.append((int(preference), normal(host.strip())))
    return sorted(pairs)

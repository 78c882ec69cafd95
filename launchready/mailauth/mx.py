"""Mail exchangers: what an MX RRset says about taking mail (RFC 5321 §5.1, RFC 7505)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from launchready.mailauth.dns import mx_hosts

NULL = "0 ."
"""The rdata of a null MX: this domain takes no mail."""


@dataclass(frozen=True, slots=True)
class Exchangers:
    """(preference, host) pairs, best first. ``null``: the RRset is a null MX and nothing else."""

    hosts: tuple[tuple[int, str], ...]
    null: bool
    problems: tuple[str, ...] = ()


def parse(data: Iterable[str]) -> Exchangers:
    """Judge the rdata of an MX RRset."""
    pairs = mx_hosts(data)
    empty = [pair for pair in pairs if pair[1] == ""]
    problems = []
    if empty and len(pairs) > 1:
        problems.append("a null MX beside other MX records (RFC 7505 §3)")
    if empty and empty[0][0] != 0:
        problems.append("a null MX with a preference other than 0 (RFC 7505 §3)")
    return Exchangers(tuple(p for p in pairs if p[1]), bool(empty) and len(pairs) == 1, tuple(problems))

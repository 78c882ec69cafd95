"""Which names of a launch are web hosts: what is declared as one, and what the edge answers for."""

from __future__ import annotations

from launchready.declared.types import Declared

WEB_TYPES = frozenset({"A", "AAAA", "CNAME"})


def web_hosts(declared: Declared) -> tuple[str, ...]:
    """The hosts to visit: those under ``hosts``, and every name that a proxied record sends to the edge.

    Wildcards are left out: there is no one host to visit.
    """
    proxied = (record.name for record in declared.records if record.proxied and record.type in WEB_TYPES)
    names = dict.fromkeys((*declared.hosts, *proxied))
    return tuple(name for name in names if not name.startswith("*"))

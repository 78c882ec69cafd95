"""The bad twins of the lints of ``rate_limits`` and of private hosts: merged in lint_twins.py."""

from __future__ import annotations

HOSTS = 'hosts: {"@": {address: 203.0.113.10}, app: {address: 203.0.113.11}}'


def limits(*entries: str, plan: str = "free", hosts: str = HOSTS) -> str:
    """A client file's keys with these entries of ``rate_limits``."""
    return f"plan: {plan}\n{hosts}\nrate_limits: [{', '.join('{' + one + '}' for one in entries)}]"


def login(more: str = "", path: str = "/api/login", requests: int = 5, per: str = "10s") -> str:
    return f'path: "{path}", requests: {requests}, per: {per}' + (f", {more}" if more else "")


def private(allow: str, more: str = "") -> str:
    """A client file's keys with a private staging host."""
    staging = f"staging: {{address: 203.0.113.11, exposure: {{private: {{allow: [{allow}]}}}}}}"
    return f'hosts: {{"@": {{address: 203.0.113.10}}, {staging}{more}}}'


SIX_LISTS = ", ".join(
    f"h{n}: {{address: 203.0.113.{n}, exposure: {{private: {{allow: [198.51.100.{n}]}}}}}}"
    for n in range(1, 7)
)
MANY_NETWORKS = ", ".join(f"203.0.{n // 128}.{n % 128 * 2}" for n in range(400))
NO_LOGIN = """
hosts: {portal: {address: 203.0.113.12}}
portal: {base: "https://portal.acme.example", login: {path: /api/login}, session: /api/me}
rate_limits: [{path: /elsewhere, requests: 5, per: 10s}]
"""

TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "rate_limits.path": (limits(login(path="/api/*/login")), ()),
    "rate_limits.period": (limits(login(per="60s", more="mitigation: 10s")), ()),
    "rate_limits.mitigation": (limits(login("mitigation: 1m")), ()),
    "rate_limits.field": (limits(login("methods: [POST]"), plan="pro"), ()),
    "rate_limits.by": (limits(login("by: [nat]"), plan="pro"), ()),
    "rate_limits.method": (limits(login("methods: [PSOT]"), plan="business"), ()),
    "rate_limits.host": (limits(login("host: old"), plan="pro"), ()),
    "rate_limits.twice": (limits(login(), login(path="/API/login/")), ()),
    "plan.rate_limits": (limits(login(), login(path="/api/reset", requests=6)), ()),
    "rate_limits.length": (limits(*(login(path=f"/{'p' * 100}/{n}") for n in range(20))), ()),
    "rate_limits.portal": (NO_LOGIN, ()),
    "rate_limits.private": (
        limits(login("host: staging"), plan="pro", hosts=private("198.51.100.7")),
        (),
    ),
    "exposure.dns_only": (private("198.51.100.0/24").replace(".11,", ".11, proxied: false,"), ()),
    "exposure.redirect": (
        'hosts: {"@": {address: 203.0.113.10}, old: {redirect: "@", '
        "exposure: {private: {allow: [198.51.100.0/24]}}}}",
        (),
    ),
    "exposure.network": (private("198.51.100.1/24"), ()),
    "exposure.everyone": (private('0.0.0.0/1, 128.0.0.0/1, "2001:db8::/32"'), ()),
    "exposure.nobody": (private(""), ()),
    "exposure.unseen": (private("192.168.1.0/24"), ()),
    "exposure.overlap": (private("198.51.100.0/24, 198.51.100.128/25"), ()),
    "exposure.length": (private(MANY_NETWORKS), ()),
    "exposure.target": (private("198.51.100.0/24", ", beta: {redirect: staging}"), ()),
    "plan.private_hosts": (f"hosts: {{{SIX_LISTS}}}", ()),
}
"""Lint (without ``client_file.``) → a file's keys, and the other lints that it trips."""

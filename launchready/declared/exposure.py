"""``hosts.<name>.exposure`` → rules that close a private host, and keep it out of search engines.

Why two phases, and what each plan's 403 looks like: docs/decisions/0010-private-hosts.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from launchready.client_file import exposure
from launchready.client_file.created import policy_host_by_worker
from launchready.client_file.exposure import PrivateHosts
from launchready.client_file.model import ClientFile, Plan
from launchready.client_file.plans import LIMITS
from launchready.declared.draft import refused
from launchready.declared.types import Rule

FIREWALL = "http_request_firewall_custom"
HEADERS = "http_response_headers_transform"
STATUS = 403
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="robots" content="noindex"><title>Not public</title></head>
<body><p>This host is not public.</p></body>
</html>
"""


def rules(client: ClientFile) -> Mapping[str, tuple[Rule, ...]]:
    """The rules by phase; empty without private hosts. Raises InputError for a bad network.

    The header rule goes last in its phase: no other rule then takes its header away.
    """
    try:
        groups = exposure.private_hosts(client)
    except ValueError as error:
        raise refused(client, "hosts", f"an allow list: {error}") from None
    if not groups:
        return {}
    every = [name for group in groups for name in group.hosts]
    return {
        FIREWALL: tuple(_closing(client, group) for group in groups),
        HEADERS: (
            Rule(
                ref="private-noindex",
                expression=hosts_expression(client, every),
                action="rewrite",
                description="private hosts stay out of search engines",
                key=f"hosts.{groups[0].keys[0]}.exposure",
                parameters={"headers": {"X-Robots-Tag": {"operation": "set", "value": "noindex"}}},
            ),
        ),
    }


def _closing(client: ClientFile, group: PrivateHosts) -> Rule:
    where = hosts_expression(client, group.hosts)
    outside = f"not ip.src in {{{' '.join(group.allow)}}}"
    return Rule(
        ref=f"private-{hashlib.sha256(' '.join(group.allow).encode()).hexdigest()[:12]}",
        expression=f"({where}) and {outside}" if group.allow else where,
        action="block",
        description=f"private: {', '.join(group.hosts)}"[:200],
        key=f"hosts.{group.keys[0]}.exposure",
        parameters=_page(client.plan),
    )


def notes(client: ClientFile) -> tuple[str, ...]:
    """Who reaches what is private, in a sentence for each allow list."""
    return tuple(
        f"private: {', '.join(group.hosts)} – reached from {', '.join(group.allow) or 'nowhere'} only; "
        f"everyone else gets {STATUS}"
        for group in exposure.private_hosts(client)
    )


def hosts_expression(client: ClientFile, names: Iterable[str]) -> str:
    """When a request is for one of these hosts: a wildcard does not reach a host that the file names."""
    names = list(names)
    plain = [name for name in names if not name.startswith("*.")]
    parts = [f"http.host in {_set(plain)}"] if plain else []
    for wild in (name for name in names if name.startswith("*.")):
        below = wild[1:]
        own = [
            n for key in client.hosts if (n := exposure.host_name(client, key)).endswith(below) and n != wild
        ]
        if (policy_host := policy_host_by_worker(client)) is not None and policy_host.endswith(below):
            own.append(policy_host)  # senders of mail must reach the policy, whoever they are
        part = f'ends_with(http.host, "{below}")'
        parts.append(f"({part} and not http.host in {_set(own)})" if own else part)
    return " or ".join(parts)


def _set(values: Iterable[str]) -> str:
    return "{" + " ".join(f'"{value}"' for value in values) + "}"


def _page(plan: Plan) -> Mapping[str, Any]:
    if not LIMITS[plan].custom_block_page:
        return {}
    return {"response": {"status_code": STATUS, "content_type": "text/html", "content": PAGE}}

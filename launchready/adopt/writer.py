"""The text of an adopted client file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from launchready.client_file.yaml_text import flow, scalar

HEADER = """\
# yaml-language-server: $schema=../launchready/client_file/schema.json
# {domain}, adopted by `launch adopt {client}` from {source}.
# What could not be taken over, and why: {report}
"""


def client_file_text(
    *,
    client: str,
    domain: str,
    plan: str,
    source: str,
    report: str,
    tls: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
    redirects: Sequence[Mapping[str, Any]],
) -> str:
    """A client file with one record and one redirect to a line."""
    lines = [HEADER.format(domain=domain, client=client, source=_one_line(source), report=report) + "config:"]
    lines.append(f"  launchready:domain: {scalar(domain)}")
    lines.append(f"  launchready:plan: {plan}")
    lines += _block("hosts", [f"{scalar(name)}: {flow(host)}" for name, host in hosts.items()], empty="{}")
    lines += _block("records", [f"- {flow(record)}" for record in records], empty="[]")
    lines += _block("redirects", [f"- {flow(redirect)}" for redirect in redirects], empty="[]")
    lines.append("  # The zone's own CAA records stand under records; none is added.")
    lines.append(f"  launchready:tls: {flow(tls)}")
    lines.append("  # The zone's own SPF, DKIM, DMARC and MX records stand under records; none is added.")
    lines.append('  launchready:email: "none"')
    lines.append("  # The zone's own answers keep their headers.")
    lines.append('  launchready:headers: "none"')
    lines.append("  # The zone's own cache rules and settings stay as they are.")
    lines.append('  launchready:cache: "none"')
    lines.append('  launchready:portal: "none"')
    lines.append('  launchready:monitors: "none"')
    return "\n".join(lines) + "\n"


def _block(key: str, items: list[str], *, empty: str) -> list[str]:
    if not items:
        return [f"  launchready:{key}: {empty}"]
    return [f"  launchready:{key}:", *(f"    {item}" for item in items)]


def _one_line(text: str) -> str:
    return " ".join(text.split())

"""The text of a client file that was read from a live zone, and where in it stands what was left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from launchready.adopt.result import Refusal
from launchready.client_file.yaml_text import flow, scalar

HEADER = """\
# yaml-language-server: $schema=../launchready/client_file/schema.json
# {domain}, adopted by `launch adopt {client} --live` from the zone {zone}.
# What was taken over, and what was left and why: {report}. Keep that file beside this one: by it,
# `launch destroy` knows what was there before and stays.
config:
"""
MOST_SHOWN = 80
"""Characters of a value in a comment."""
ORDER = ("hosts", "records", "redirects")
WORDS = {
    "tls": "The zone's own CAA records stand under records; what `keep` names stays as it is.",
    "email": "The zone's own SPF, DKIM, DMARC and MX records stand under records; none is added.",
    "headers": "The zone's own response headers stay as they are.",
    "cache": "The zone's own cache rules and settings stay as they are.",
    "rate_limits": "The zone's own rate limits stay as they are.",
    "guard": "Nothing that was found here is deleted or replaced until this says so.",
}
"""What the file says above a key."""


def live_text(
    client: str, zone: str, report: str, values: Mapping[str, Any], left: Sequence[Refusal], path: str
) -> tuple[str, list[Refusal]]:
    """(the file, the refusals with the line that tells of each)."""
    lines = HEADER.format(domain=values["domain"], client=client, zone=zone, report=report).splitlines()
    for key, value in values.items():
        if key in WORDS and (key not in ("headers", "cache", "rate_limits") or value == "none"):
            lines.append(f"  # {WORDS[key]}")
        lines += _block(key, value) if key in ORDER else [f"  launchready:{key}: {_value(key, value)}"]
    if left:
        lines.append("# Left in the zone as it is:")
    placed = []
    for refusal in left:
        told = f"# - {refusal.what} {refusal.name} {refusal.type} {_cut(refusal.value)}: {refusal.text}"
        lines.append(_printable(told))
        placed.append(replace(refusal, file=path, line=len(lines)))
    return "\n".join(lines) + "\n", placed


def _value(key: str, value: Any) -> str:
    """A value on one line; ids in quotes, since some look like numbers."""
    if key == "account":
        return json.dumps(value)
    return f"{{id: {json.dumps(value['id'])}}}" if key == "zone" else flow(value)


def _block(key: str, value: Any) -> list[str]:
    if not value:
        return [f"  launchready:{key}: {'{}' if key == 'hosts' else '[]'}"]
    if isinstance(value, Mapping):
        items = [f"{scalar(str(name))}: {flow(one)}" for name, one in value.items()]
    else:
        items = [f"- {flow(one)}" for one in value]
    return [f"  launchready:{key}:", *(f"    {item}" for item in items)]


def _cut(value: str) -> str:
    return value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}…"


def _printable(text: str) -> str:
    """On one line, without what a YAML reader takes for the end of it or refuses in a comment."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))[:500]

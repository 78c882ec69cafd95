"""A client's monitors as a configuration of Gatus: the same URLs, watched by a program of one's own.

Gatus replaces ``${NAME}`` by the environment's, so that the file holds no secret; a plain ``$`` is ``$$``.
Source: github.com/TwiN/gatus, README (endpoints, conditions, alerting), 2026.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from launchready.declared.monitors import Monitor, Monitoring
from launchready.declared.types import Declared
from launchready.errors import InputError

HEADER = "# Made by `launch monitors gatus`: make it again rather than change it."
SLOW = 4_000
"""Milliseconds after which an answer counts as none, about as Route 53 sees it."""
DOMAIN_HOURS = 30 * 24
DOMAIN_INTERVAL = "12h"
"""Registries are asked rarely (Gatus wants five minutes at least)."""
SMTP_PORT = 587
ENVIRONMENT = {
    "GATUS_MAIL_HOST": "the mail server that sends the alerts",
    "GATUS_MAIL_FROM": "the address that they come from, and the server's user",
    "GATUS_MAIL_PASSWORD": "its password",
    "GATUS_SLACK_WEBHOOK": "the URL of Slack's incoming webhook",
}
"""What the file leaves to the environment, and what it is."""
_OPERATOR = re.compile(r"(?<= )(?:==|!=|<=|>=|<|>)(?= )")


class _Dumper(yaml.SafeDumper):
    """Quotes what Gatus fills in: it does so before it reads the YAML, whatever the value has in it."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "'" if text.startswith("${") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def configuration(declared: Declared) -> dict[str, Any]:
    """The whole configuration. Raises InputError when the file declares no monitors."""
    monitoring = declared.monitoring
    if monitoring is None:
        raise InputError(
            "the client file declares no monitors", fix="add `launchready:monitors`, such as {paths: [/]}"
        )
    alerts = [{"type": kind} for kind in _alerting(monitoring)]
    endpoints = [_endpoint(one, monitoring, alerts) for one in monitoring.monitors]
    if monitoring.monitors:
        endpoints.append(_domain(declared.domain, monitoring, alerts))
    return {"alerting": _alerting(monitoring), "endpoints": endpoints}


def render(declared: Declared) -> str:
    """The file: what to set in the environment, then YAML."""
    found = configuration(declared)
    body = yaml.dump(found, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)
    wanted = [f"#   {name}: {what}" for name, what in ENVIRONMENT.items() if f"${{{name}}}" in body]
    head = [HEADER, *(["# Set in the environment of Gatus:", *wanted] if wanted else [])]
    return "\n".join([*head, body])


def _alerting(monitoring: Monitoring) -> dict[str, Any]:
    usual = {
        "failure-threshold": 3,
        "success-threshold": 2,
        "send-on-resolved": True,
    }
    found: dict[str, Any] = {}
    if monitoring.emails:
        found["email"] = {
            "from": "${GATUS_MAIL_FROM}",
            "username": "${GATUS_MAIL_FROM}",
            "password": "${GATUS_MAIL_PASSWORD}",
            "host": "${GATUS_MAIL_HOST}",
            "port": SMTP_PORT,
            "to": ",".join(plain(address) for address in monitoring.emails),
            "default-alert": usual,
        }
    if monitoring.webhook is not None:
        found["slack"] = {"webhook-url": "${GATUS_SLACK_WEBHOOK}", "default-alert": dict(usual)}
    return found


def _endpoint(one: Monitor, monitoring: Monitoring, alerts: list[dict[str, str]]) -> dict[str, Any]:
    conditions = (
        ["[STATUS] >= 200", "[STATUS] < 400"] if one.expect is None else [f"[STATUS] == {one.expect}"]
    )
    conditions += [
        f"[RESPONSE_TIME] < {SLOW}",
        f"[CERTIFICATE_EXPIRATION] > {monitoring.expiry_days * 24}h",
    ]
    if one.contains is not None:
        conditions.append(f"[BODY] == pat(*{pattern(one.contains)}*)")
    return {
        "name": plain(one.name),
        "group": plain(monitoring.name),
        "url": plain(one.url),
        "interval": f"{one.interval}s",
        "client": {"ignore-redirect": True, "timeout": "10s"},
        "conditions": [plain(condition) for condition in conditions],
        "alerts": [{**alert, "failure-threshold": one.failure_threshold} for alert in alerts],
    }


def _domain(domain: str, monitoring: Monitoring, alerts: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "name": f"{domain} (registration)",
        "group": plain(monitoring.name),
        "url": plain(monitoring.monitors[0].url),
        "interval": DOMAIN_INTERVAL,
        "conditions": [f"[DOMAIN_EXPIRATION] > {DOMAIN_HOURS}h"],
        "alerts": [{**alert, "failure-threshold": 1} for alert in alerts],
    }


def plain(text: str) -> str:
    """A text that Gatus takes as it is."""
    return text.replace("$", "$$")


def pattern(text: str) -> str:
    """A text for ``pat(*…*)``: its wildcards escaped, what looks like a comparison left open (``?``)."""
    escaped = re.sub(r"([*?\[\\])", r"\\\1", text)
    return _OPERATOR.sub(lambda found: "?" * len(found[0]), escaped)

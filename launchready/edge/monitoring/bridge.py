"""EventBridge's API destinations: events that match a rule, transformed, sent with a connection's secret.

Source: Amazon EventBridge User Guide, "Input transformation", "API destinations as targets". The world
has no internet: what is meant for Slack arrives in the sink's ``/slack``, anything else in ``/webhook``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from launchready.edge.monitoring.outbox import Outbox, Post, is_loopback
from launchready.edge.monitoring.topics import ALARM_HEADER, STATE_HEADER, host_of
from launchready.edge.state import EdgeState

ENDPOINT_HEADER = "x-launchready-endpoint"
SECRETS_HEADER = "x-launchready-secrets"
"""Names of the request's headers whose values nobody may keep."""
_VARIABLE = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_MISSING = object()


def transformed(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The body that a target gets: the event, a constant, a part of the event, or a filled template."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(found_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    paths = transformer.get("InputPathsMap") or {}
    values = {name: found_at(event, path) for name, path in paths.items()}
    values["aws.events.event"] = values["aws.events.event.json"] = dict(event)
    return filled(str(transformer.get("InputTemplate", "")), values)


def found_at(event: Any, path: str) -> Any:
    """The value at a JSON path of names and indices, such as ``$.resources[0]``; else None."""
    value = event
    for step in re.findall(r"[^.\[\]]+", path.removeprefix("$")):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping):
            value = value.get(step.strip("'\""))
        else:
            return None
    return value


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its ``<variables>`` filled in.

    Outside quotes a variable becomes JSON; inside, its text, escaped so that the JSON stays whole.
    """
    out: list[str] = []
    position, quoted = 0, False
    for match in _VARIABLE.finditer(template):
        before = template[position : match.start()]
        quoted = _still_quoted(before, quoted)
        out.append(before)
        value = values.get(match[1], _MISSING)
        if value is _MISSING:
            out.append(match[0])
        elif not quoted:
            out.append(json.dumps(value))
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            out.append(json.dumps(text)[1:-1])
        position = match.end()
    return "".join([*out, template[position:]])


def _still_quoted(text: str, quoted: bool) -> bool:
    """Does a JSON string stand open after ``text``?"""
    return quoted ^ (len(re.findall(r'(?<!\\)(?:\\\\)*"', text)) % 2 == 1)


class Bridge:
    """Sends what a rule's API destination gets."""

    def __init__(self, state: EdgeState, outbox: Outbox) -> None:
        self._state, self._outbox = state, outbox
        self.sink = ""

    def send(
        self, target: Mapping[str, Any], destination: Any, connection: Any, event: Mapping[str, Any]
    ) -> None:
        """One event to one API destination (moto's objects)."""
        body = transformed(target, event)
        headers, query = _authorization(connection)
        parameters = target.get("HttpParameters") or {}
        headers |= parameters.get("HeaderParameters") or {}
        query |= parameters.get("QueryStringParameters") or {}
        secret = sorted(name.lower() for name in _authorization(connection)[0])
        url = str(destination.invocation_endpoint)
        detail = event.get("detail")
        alarm = detail.get("alarmName") if isinstance(detail, Mapping) else None
        about = {
            ENDPOINT_HEADER: host_of(url),
            SECRETS_HEADER: ",".join(secret),
        }
        if alarm and isinstance(detail, Mapping):
            about[ALARM_HEADER] = str(alarm)
            about[STATE_HEADER] = str(found_at(detail, "$.state.value") or "")
        place = self._place(url, body, query)
        if place:
            kept = {"content-type": "application/json; charset=utf-8", **headers, **about}
            self._outbox.put(Post(place, body.encode(), kept, str(destination.http_method)))

    def _place(self, url: str, body: str, query: Mapping[str, str]) -> str:
        """Where in this world that is; "" when it is lost on purpose."""
        if is_loopback(url):
            parts = urlsplit(url)
            joined = urlencode([*parse_qsl(parts.query), *query.items()])
            return urlunsplit(parts._replace(query=joined))
        if not is_slack(url, body):
            return f"{self.sink}/webhook"
        lost = self._state.defect("monitor.lost", "slack") is not None
        return "" if lost else f"{self.sink}/slack"


def is_slack(url: str, body: str) -> bool:
    """Is it Slack's host, or (a rehearsal's stand-in has none) a message in Slack's form?"""
    host = urlsplit(url).hostname or ""
    if host == "slack.com" or host.endswith(".slack.com"):
        return True
    try:
        message = json.loads(body)
    except ValueError:
        return False
    return isinstance(message, dict) and bool({"text", "blocks", "attachments"} & message.keys())


def _authorization(connection: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query parameters that the connection adds. OAuth needs an issuer, which the world lacks."""
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    given = getattr(connection, "auth_parameters", None) or {}
    if key := given.get("ApiKeyAuthParameters"):
        headers[str(key["ApiKeyName"])] = str(key.get("ApiKeyValue", ""))
    if basic := given.get("BasicAuthParameters"):
        pair = f"{basic['Username']}:{basic.get('Password', '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    more = given.get("InvocationHttpParameters") or {}
    for name, into in (("HeaderParameters", headers), ("QueryStringParameters", query)):
        into.update({str(p["Key"]): str(p.get("Value", "")) for p in more.get(name) or []})
    return headers, query

"""Cloudflare's health checks brought to life, and the notifications that follow from them.

Sources: Cloudflare's API documentation of standalone health checks (status, failure_reason, expected
codes, consecutive fails) and of notifications (policies, webhooks with ``cf-webhook-auth``).
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from launchready.edge.monitoring.bridge import ENDPOINT_HEADER, SECRETS_HEADER, is_slack
from launchready.edge.monitoring.network import Network, UnreachableError
from launchready.edge.monitoring.outbox import Mail, Outbox, Post, is_loopback
from launchready.edge.monitoring.request import Answer, Ask, Limits, ask, connect_only
from launchready.edge.monitoring.timeline import Series
from launchready.edge.monitoring.topics import ALARM_HEADER, STATE_HEADER, host_of
from launchready.edge.state import EdgeState, Json

MAX_REDIRECTS = 5
MAX_BODY = 10 * 1024
ALERT = "health_check_status_notification"


@dataclass(slots=True)
class _Memory:
    """What is remembered of one check."""

    due: float = 0.0
    row: int = 0
    """Consecutive results of the same kind."""
    good: bool = True


class CloudflareHealth:
    """The health checks of every zone."""

    def __init__(self, state: EdgeState, network: Network, outbox: Outbox) -> None:
        self._state, self._network, self._outbox = state, network, outbox
        self._memories: dict[str, _Memory] = {}
        self._sink = ""
        self._trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._lax.check_hostname = False
        self._lax.verify_mode = ssl.CERT_NONE
        self._tests = 0

    def start(self, sink: str, ca: str) -> None:
        self._sink = sink
        self._trusting.load_verify_locations(cadata=ca)
        self._state.on_change.append(self._send_tests)

    def busy(self) -> bool:
        """Is there a health check to look after?"""
        return any(zone.extra.get("healthchecks") for zone in self._state.zones.values())

    def series(self, now: float) -> Iterator[Series]:
        """When each is due."""
        found = list(self._checks())
        for gone in self._memories.keys() - {check["id"] for check in found}:
            del self._memories[gone]
        for check in found:
            memory = self._memories.setdefault(check["id"], _Memory())
            turns = max(check["consecutive_fails"], check["consecutive_successes"])
            yield Series(check["id"], memory.due or now, check["interval"], turns)

    def _checks(self) -> Iterator[Json]:
        for zone in list(self._state.zones.values()):
            held: dict[str, Json] = zone.extra.get("healthchecks") or {}
            yield from (check for check in list(held.values()) if not check["suspended"])

    async def probe(self, due: Collection[str], at: float) -> None:
        """Probe those that are due at edge time ``at``."""
        if not due:
            return
        checks = [check for check in self._checks() if check["id"] in due]
        results = await asyncio.gather(*(self._look(check) for check in checks))
        for check, reason in zip(checks, results, strict=True):
            self._take(check, reason, at)

    def _take(self, check: Json, reason: str, at: float) -> None:
        memory = self._memories.setdefault(check["id"], _Memory())
        if check["status"] == "unknown":  # new, or changed: what was before counts no more
            memory.row = 0
        memory.due = at + check["interval"]
        good = not reason
        memory.row = memory.row + 1 if good == memory.good else 1
        memory.good = good
        status, turns = ("healthy", "consecutive_successes") if good else ("unhealthy", "consecutive_fails")
        check["failure_reason"] = reason
        if memory.row >= check[turns] and check["status"] != status:
            old, check["status"] = check["status"], status
            if not (old == "unknown" and good):
                self._notify(check, old)

    # --- probing ----------------------------------------------------------------------------

    async def _look(self, check: Json) -> str:
        """Why it failed; "" when it did not. A failure is tried again ``retries`` times at once."""
        host = str(check["address"])
        if any(self._state.defect("monitor.blind", place) for place in (host, check["id"])):
            return ""
        reason = ""
        for _ in range(1 + int(check["retries"])):
            reason = await self._once(check, host)
            if not reason:
                break
        return reason

    async def _once(self, check: Json, host: str) -> str:
        try:
            if check["type"] == "TCP":
                place = self._place(host, int(check["tcp_config"]["port"]))
                answer = await connect_only(*place, float(check["timeout"]))
                return _transport(answer)
            return await self._http(check, host)
        except (UnreachableError, ValueError) as error:
            return f"TCP connection failed: {error}"

    def _place(self, host: str, port: int) -> tuple[str, int]:
        address = host if _is_address(host) else self._network.resolve(host)
        return self._network.place(address, port, host)

    async def _http(self, check: Json, host: str) -> str:
        config = check["http_config"]
        secure = check["type"] == "HTTPS"
        given = {name: values[0] for name, values in (config["header"] or {}).items() if values}
        url = f"{'https' if secure else 'http'}://{_shown(host)}:{config['port']}{config['path']}"
        answer = Answer()
        for _ in range(1 + MAX_REDIRECTS):
            answer = await self._ask(check, url, given)
            redirected = answer.status is not None and 300 <= answer.status < 400 and answer.location
            if not (config["follow_redirects"] and redirected):
                break
            url, given = urljoin(url, answer.location), {}
        return _transport(answer) or _mismatch(config, answer)

    async def _ask(self, check: Json, url: str, given: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        secure, host = parts.scheme == "https", parts.hostname or ""
        port = parts.port or (443 if secure else 80)
        name = next((value for key, value in given.items() if key.lower() == "host"), _shown(host))
        config, seconds = check["http_config"], float(check["timeout"])
        where, real = self._place(host, port)
        context = self._lax if config["allow_insecure"] else self._trusting
        request = Ask(
            host=where,
            port=real,
            context=context if secure else None,
            server_name=name.rpartition("]")[0].strip("[") or name.partition(":")[0],
            host_header=name,
            target=f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
            agent=f"Mozilla/5.0 (compatible; Cloudflare-Healthchecks/1.0; healthcheck-id: {check['id']})",
            method=config["method"],
            headers=tuple((key, value) for key, value in given.items() if key.lower() != "host"),
            body=MAX_BODY if config["expected_body"] and config["method"] != "HEAD" else 0,
        )
        return await ask(request, Limits(seconds, seconds, seconds))

    # --- notifications ----------------------------------------------------------------------

    def _notify(self, check: Json, old: str) -> None:
        status = str(check["status"]).capitalize()
        if self._state.defect("monitor.silent", str(check["name"])) is not None:
            return
        for policy in list((self._state.account.get("policies") or {}).values()):
            filters = policy.get("filters") or {}
            chosen = not filters.get("health_check_id") or check["id"] in filters["health_check_id"]
            wanted = not filters.get("status") or status in filters["status"]
            if policy["alert_type"] != ALERT or not policy["enabled"] or not chosen or not wanted:
                continue
            text = f'The health check "{check["name"]}" of {check["address"]} is {status.lower()}'
            text += f": {check['failure_reason']}." if check["failure_reason"] else "."
            data = {
                "health_check_id": check["id"],
                "name": check["name"],
                "preview_status": status,
                "status": status,
                "old_status": old.capitalize(),
                "reason": check["failure_reason"] or "No failures",
                "expected_codes": (check.get("http_config") or {}).get("expected_codes"),
            }
            self._send(policy, f"Health check {status.lower()}: {check['name']}", text, data)

    def _send_tests(self) -> None:
        """The tests that the API was asked for since."""
        alerts = self._state.account.get("alerts") or []
        for alert in alerts[self._tests :]:
            policy = (self._state.account.get("policies") or {}).get(alert["policy"])
            if policy is not None:
                text = f"This is a test of the notification {policy['name']}."
                self._send(policy, f"Test of {policy['name']}", text, {"test": True})
        self._tests = len(alerts)

    def _send(self, policy: Json, subject: str, text: str, data: Json) -> None:
        now = self._state.clock.now()
        about = {
            ALARM_HEADER: str(data.get("name") or policy["name"]),
            STATE_HEADER: str(data.get("status", "")),
        }
        mechanisms = policy["mechanisms"]
        for entry in mechanisms.get("email") or []:
            if self._state.defect("monitor.lost", "mail") is None:
                sender = "Cloudflare <noreply@notify.cloudflare.com>"
                self._outbox.put(Mail(str(entry["id"]), subject, f"{text}\n", now, sender, about))
        for entry in mechanisms.get("webhooks") or []:
            hook = (self._state.account.get("webhooks") or {}).get(entry["id"])
            if hook is not None:
                body = {
                    "name": policy["name"],
                    "text": text,
                    "data": data,
                    "ts": int(now.timestamp()),
                    "account_id": self._state.account_id,
                    "policy_id": policy["id"],
                    "alert_type": policy["alert_type"],
                }
                self._post(hook, body if hook["type"] != "slack" else {"text": text}, about)

    def _post(self, hook: Json, body: Json, about: dict[str, str]) -> None:
        url, raw = str(hook["url"]), json.dumps(body)
        headers = {**about, "content-type": "application/json", ENDPOINT_HEADER: host_of(url),
                   SECRETS_HEADER: "cf-webhook-auth"}  # fmt: skip
        if hook.get("secret"):
            headers["cf-webhook-auth"] = str(hook["secret"])
        slack = hook["type"] == "slack" or is_slack(url, "")
        if slack and self._state.defect("monitor.lost", "slack") is not None:
            return
        place = url if is_loopback(url) else f"{self._sink}/{'slack' if slack else 'webhook'}"
        self._outbox.put(Post(place, raw.encode(), headers))


def _transport(answer: Answer) -> str:
    """Why there was no answer to look at."""
    if answer.failure in ("timeout", "body"):
        return "HTTP timeout occurred"
    if answer.failure == "tls":
        return f"TLS handshake failed: {answer.detail}"
    return f"TCP connection failed: {answer.detail}" if answer.failure else ""


def _mismatch(config: Json, answer: Answer) -> str:
    code = str(answer.status)
    expected = [str(one).lower() for one in config["expected_codes"] or ["200"]]
    if not any(one == code or (one.endswith("xx") and one[0] == code[0]) for one in expected):
        return f"Response code mismatch error: got {code}, expected {', '.join(expected)}"
    wanted = str(config["expected_body"] or "")
    if wanted and wanted.lower().encode() not in answer.body.lower():
        return "Response body mismatch error"
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host

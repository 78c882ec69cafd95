"""Notification policies and webhook destinations of the account, with their test.

A test is remembered in ``state.account["alerts"]``, where the edge's sink can pick it up.
Source: facts/cloudflare-api.md, "Health checks, alerting".
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from launchready.edge.api.collection import find
from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.fields import is_kind, read, required
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_ROOT = "accounts/{account_id}/alerting/v3"
_CODE = 17003
ALERT_TYPES = frozenset(
    [
        "abuse_report_alert",
        "advanced_http_alert_error",
        "billing_usage_alert",
        "bot_traffic_basic_alert",
        "dos_attack_l4",
        "dos_attack_l7",
        "dedicated_ssl_certificate_event_type",
        "expiring_service_token_alert",
        "health_check_status_notification",
        "http_alert_edge_error",
        "http_alert_origin_error",
        "incident_alert",
        "load_balancing_health_alert",
        "load_balancing_pool_enablement_alert",
        "maintenance_event_notification",
        "pages_event_alert",
        "radar_notification",
        "real_origin_monitoring",
        "secondary_dns_warning",
        "security_insights_alert",
        "traffic_anomalies_alert",
        "tunnel_health_event",
        "tunnel_update_event",
        "universal_ssl_event_type",
        "web_analytics_metrics_update",
        "zone_aop_custom_certificate_expiration_type",
        "hostname_aop_custom_certificate_expiration_type",
    ]
)


def add_routes(router: Router) -> None:
    router.add("GET", f"{_ROOT}/policies", list_policies)
    router.add("POST", f"{_ROOT}/policies", create_policy)
    router.add("GET", _ROOT + "/policies/{policy_id}", get_policy)
    router.add("PUT", _ROOT + "/policies/{policy_id}", replace_policy)
    router.add("DELETE", _ROOT + "/policies/{policy_id}", delete_policy)
    router.add("POST", _ROOT + "/policies/{policy_id}/test", test_policy)
    router.add("GET", f"{_ROOT}/destinations/webhooks", list_webhooks)
    router.add("POST", f"{_ROOT}/destinations/webhooks", create_webhook)
    router.add("GET", _ROOT + "/destinations/webhooks/{webhook_id}", get_webhook)
    router.add("PUT", _ROOT + "/destinations/webhooks/{webhook_id}", replace_webhook)
    router.add("DELETE", _ROOT + "/destinations/webhooks/{webhook_id}", delete_webhook)


def _held(call: Call, name: str) -> dict[str, Json]:
    items: dict[str, Json] = call.state.account.setdefault(name, {})
    return items


def _policy(call: Call) -> Json:
    return find(_held(call, "policies"), call.params["policy_id"], 17004, "Notification policy")


def _webhook(call: Call) -> Json:
    return find(_held(call, "webhooks"), call.params["webhook_id"], 17004, "Webhook")


def list_policies(call: Call) -> Reply:
    return Reply(list(_held(call, "policies").values()))


def get_policy(call: Call) -> Reply:
    return Reply(_policy(call))


def create_policy(call: Call) -> Reply:
    number, now = secrets.token_hex(16), call.now()
    made = _build_policy(call)
    _held(call, "policies")[number] = {"id": number, **made, "created": now, "modified": now}
    return Reply({"id": number})


def replace_policy(call: Call) -> Reply:
    held = _policy(call)
    made = _build_policy(call)
    kept = {key: held[key] for key in ("id", "created")}
    _held(call, "policies")[held["id"]] = {**kept, **made, "modified": call.now()}
    return Reply({"id": held["id"]})


def delete_policy(call: Call) -> Reply:
    held = _policy(call)
    del _held(call, "policies")[held["id"]]
    return Reply({"id": held["id"]})


def test_policy(call: Call) -> Reply:
    """One message to each mechanism, as Cloudflare's test button sends it."""
    held = _policy(call)
    sent = call.state.account.setdefault("alerts", [])
    sent.append({"policy": held["id"], "name": held["name"], "type": "test", "at": call.now(),
                 "mechanisms": held["mechanisms"]})  # fmt: skip
    return Reply(None)


def _build_policy(call: Call) -> Json:
    body = call.object(_CODE)
    kind = required(body, "alert_type", "string", code=_CODE)
    if kind not in ALERT_TYPES:
        raise refuse(400, _CODE, f"invalid alert type: {kind}")
    if kind == "health_check_status_notification" and call.state.plan == "free":
        raise refuse(403, 17103, "health_check_status_notification is not available on the Free plan")
    mechanisms = required(body, "mechanisms", "object", code=_CODE)
    _check_mechanisms(call, mechanisms)
    made: Json = {
        "name": required(body, "name", "string", code=_CODE),
        "enabled": read(body, "enabled", "boolean", True, code=_CODE),
        "alert_type": kind,
        "mechanisms": mechanisms,
    }
    for key, wanted in (("description", "string"), ("filters", "object"), ("alert_interval", "string")):
        value = read(body, key, wanted, code=_CODE)
        if value is not None:  # what was not sent is not shown, or every refresh would report drift
            made[key] = value
    return made


def _check_mechanisms(call: Call, mechanisms: Json) -> None:
    given = 0
    for name in ("email", "pagerduty", "webhooks"):
        for entry in read(mechanisms, name, "array", [], code=_CODE, path="mechanisms."):
            if not is_kind(entry, "object") or not isinstance(entry.get("id"), str):
                raise refuse(400, _CODE, f"each entry of mechanisms.{name} needs an id")
            if name == "webhooks" and entry["id"] not in _held(call, "webhooks"):
                raise refuse(400, 17005, f"webhook {entry['id']} does not exist")
            given += 1
    if not given:
        raise refuse(400, _CODE, "a policy needs at least one mechanism")


def list_webhooks(call: Call) -> Reply:
    return Reply([_shown(hook) for hook in _held(call, "webhooks").values()])


def get_webhook(call: Call) -> Reply:
    return Reply(_shown(_webhook(call)))


def create_webhook(call: Call) -> Reply:
    number = secrets.token_hex(16)
    made = _build_webhook(call)
    _held(call, "webhooks")[number] = {"id": number, **made, "created_at": call.now()}
    return Reply({"id": number}, status=201)


def replace_webhook(call: Call) -> Reply:
    held = _webhook(call)
    made = _build_webhook(call)
    if made["secret"] is None:
        made["secret"] = held["secret"]
    held.update(made)
    return Reply({"id": held["id"]})


def delete_webhook(call: Call) -> Reply:
    held = _webhook(call)
    del _held(call, "webhooks")[held["id"]]
    return Reply({"id": held["id"]})


def _shown(hook: Json) -> Json:
    """The secret is never read back."""
    return {key: value for key, value in hook.items() if key != "secret"}


def _build_webhook(call: Call) -> Json:
    body = call.object(_CODE)
    url = required(body, "url", "string", code=_CODE)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refuse(400, 17006, f"invalid webhook URL: {url}")
    return {
        "name": required(body, "name", "string", code=_CODE),
        "url": url,
        "type": "slack" if parts.hostname == "hooks.slack.com" else "generic",
        "secret": read(body, "secret", "string", code=_CODE),
    }

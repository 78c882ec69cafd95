"""Cloudflare's own health checks of a launch, and the notification that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.aws.monitoring.kind import canonical
from launchready.declared.monitors import EdgeCheck, Monitoring
from launchready.drift.compare import Run, Thing, compared
from launchready.drift.types import Difference

Json = Mapping[str, Any]


def differences(run: Run) -> Iterator[Difference]:
    monitoring = run.declared.monitoring
    if monitoring is not None:
        yield from compared(run, _edge_checks(run, monitoring))


def _edge_checks(run: Run, monitoring: Monitoring) -> Iterator[Thing]:
    if not monitoring.edge_checks:
        return
    domain = run.declared.domain
    if run.known("checks", f"{domain} health checks") and run.live.checks is not None:
        by_name = {str(check.get("name")): check for check in run.live.checks}
        for one in monitoring.edge_checks:
            yield _edge_check(run, one, by_name.pop(one.name, None))
        for name, check in sorted(by_name.items()):
            delete = run.fixes.call("DELETE", f"/zones/{{zone}}/healthchecks/{check['id']}")
            yield Thing(
                "edgecheck", f"Cloudflare health check {name}", None, {"address": check.get("address")}, None,
                delete, show=lambda side: str(side["address"]), stateless=True,
            )  # fmt: skip
    if run.known("policies", f"{domain} notifications") and run.live.policies is not None:
        yield _policy(run, monitoring)


def _edge_check(run: Run, one: EdgeCheck, live: Json | None) -> Thing:
    resource = run.state.get("Healthcheck", one.monitor)
    wanted = {
        "address": one.host, "path": one.path, "interval": one.interval, "fails": one.failure_threshold,
        "codes": sorted(one.codes), "body": one.contains or "", "suspended": False,
    }  # fmt: skip
    state = None
    if resource is not None:
        http = resource.values.get("httpConfig") or {}
        state = _as_check(
            resource.values, http, "consecutiveFails", http.get("expectedCodes"), http.get("expectedBody")
        )
    found = None
    if live is not None:
        http = live.get("http_config") or {}
        found = _as_check(
            live, http, "consecutive_fails", http.get("expected_codes"), http.get("expected_body")
        )
    return Thing(
        "edgecheck", f"Cloudflare health check {one.name}", wanted, found, state, show=_show_edge_check
    )


def _as_check(check: Json, http: Json, fails: str, codes: Any, body: Any) -> dict[str, Any]:
    return {
        "address": str(check.get("address", "")).lower(), "path": http.get("path") or "/",
        "interval": canonical(check.get("interval")), "fails": canonical(check.get(fails)),
        "codes": sorted(map(str, codes or ())), "body": body or "", "suspended": bool(check.get("suspended")),
    }  # fmt: skip


def _show_edge_check(side: Json) -> str:
    off = ", suspended" if side["suspended"] else ""
    codes = " ".join(side["codes"])
    return (
        f"{side['address']}{side['path']} every {side['interval']} s, {side['fails']} failures, {codes}{off}"
    )


def _policy(run: Run, monitoring: Monitoring) -> Thing:
    """The notification of those checks: there, on, and to whom."""
    found = next((p for p in run.live.policies or () if p.get("name") == monitoring.name), None)
    resource = run.state.get("NotificationPolicy", "health")
    emails = sorted(address.lower() for address in monitoring.emails)
    wanted = {"enabled": True, "emails": emails, "webhooks": int(monitoring.webhook is not None)}

    def side(policy: Json, key: str) -> dict[str, Any]:
        ways = policy.get("mechanisms") or {}
        told = sorted(str(one.get("id", "")).lower() for one in ways.get(key) or ())
        return {
            "enabled": bool(policy.get("enabled")), "emails": told,
            "webhooks": len(ways.get("webhooks") or ()),
        }  # fmt: skip

    return Thing(
        "policy", f"Cloudflare notification {monitoring.name}", wanted,
        None if found is None else side(found, "email"),
        None if resource is None else side(resource.values, "emails"),
        show=lambda one: f"{'on' if one['enabled'] else 'off'}, to {', '.join(one['emails']) or 'no mail'}"
        f" and {one['webhooks']} webhooks",
    )  # fmt: skip

"""What `pulumi up` would leave at the edge's API, put there in a handful of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp

from launchready.declared import Declared, Record, Redirect, Rule
from launchready.declared.created import WorkerPlan
from tests.bad_twins.created import upload

BATCH = 200
REDIRECT_PHASE = "http_request_dynamic_redirect"


class Api:
    """The edge's Cloudflare API, as a client with its token sees it."""

    def __init__(self, document: Mapping[str, Any], session: aiohttp.ClientSession) -> None:
        self._base = document["api"]
        self._token = document["token"]
        self._session = session
        self.account = document["account"]

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """The result of one call; what the API refuses is an AssertionError with its words."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.request(method, self._base + path, json=body, headers=headers) as response:
            if response.status == 204:
                return None
            answer = await response.json()
        assert answer["success"], f"{method} {path}: {answer['errors']}"
        return answer["result"]

    async def put_script(self, plan: WorkerPlan, **bindings: str) -> None:
        """Upload a Worker's script, these texts in place of its bindings'."""
        url = f"{self._base}/accounts/{self.account}/workers/scripts/{plan.name}"
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.put(url, data=upload(plan, **bindings), headers=headers) as response:
            answer = await response.json()
        assert answer["success"], answer["errors"]

    async def records(self, zone_id: str, **wanted: str) -> list[dict[str, Any]]:
        found = await self.call("GET", f"/zones/{zone_id}/dns_records?per_page=5000")
        return [r for r in found if all(r[key] == value for key, value in wanted.items())]

    async def add_record(self, zone_id: str, **record: Any) -> None:
        await self.call("POST", f"/zones/{zone_id}/dns_records", {"ttl": 1, "proxied": False, **record})

    async def change_records(self, zone_id: str, wanted: Mapping[str, str], **changes: Any) -> None:
        """PATCH every record that matches; there must be one."""
        found = await self.records(zone_id, **wanted)
        assert found, f"no record {wanted}"
        for record in found:
            await self.call("PATCH", f"/zones/{zone_id}/dns_records/{record['id']}", changes)

    async def delete_records(self, zone_id: str, **wanted: str) -> None:
        found = await self.records(zone_id, **wanted)
        assert found, f"no record {wanted}"
        for record in found:
            await self.call("DELETE", f"/zones/{zone_id}/dns_records/{record['id']}")

    async def set(self, zone_id: str, setting: str, value: object) -> None:
        await self.call("PATCH", f"/zones/{zone_id}/settings/{setting}", {"value": value})

    async def redirect_rules(self, zone_id: str, rules: list[dict[str, Any]]) -> None:
        """Replace the rules of the redirect phase."""
        await self.phase_rules(zone_id, REDIRECT_PHASE, rules)

    async def phase_rules(self, zone_id: str, phase: str, rules: list[dict[str, Any]]) -> None:
        """Replace the rules of a phase; without rules it has no ruleset."""
        for ruleset in await self.call("GET", f"/zones/{zone_id}/rulesets"):
            if ruleset["phase"] == phase and ruleset["kind"] == "zone":
                await self.call("DELETE", f"/zones/{zone_id}/rulesets/{ruleset['id']}")
        if rules:
            body = {"name": phase, "kind": "zone", "phase": phase, "rules": rules}
            await self.call("POST", f"/zones/{zone_id}/rulesets", body)


async def provision(api: Api, declared: Declared) -> str:
    """Create the zone and everything declared in it; gives the zone's id."""
    zone = await api.call(
        "POST", "/zones", {"name": declared.domain, "account": {"id": api.account}, "type": "full"}
    )
    zone_id = str(zone["id"])
    for setting in declared.settings:
        await api.set(zone_id, setting.id, setting.value)
    posts = [record_body(record) for record in declared.records]
    for start in range(0, len(posts), BATCH):
        await api.call("POST", f"/zones/{zone_id}/dns_records/batch", {"posts": posts[start : start + BATCH]})
    await api.redirect_rules(zone_id, [rule_body(redirect) for redirect in declared.redirects])
    for phase, rules in declared.rulesets.items():
        await api.phase_rules(zone_id, phase, [phase_rule(rule) for rule in rules])
    for plan in declared.workers:
        await api.put_script(plan)
        route = {"pattern": plan.pattern, "script": plan.name}
        await api.call("POST", f"/zones/{zone_id}/workers/routes", route)
    if declared.dnssec:
        await api.call("PATCH", f"/zones/{zone_id}/dnssec", {"status": "active"})
    return zone_id


def record_body(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": record.name, "type": record.type, "ttl": record.ttl, "proxied": record.proxied,
    }  # fmt: skip
    body |= {"data": dict(record.data)} if record.data else {"content": record.content}
    return body | ({"priority": record.priority} if record.priority is not None else {})


def phase_rule(rule: Rule) -> dict[str, Any]:
    """A rule of any other phase in the API's form."""
    body: dict[str, Any] = {
        "ref": rule.ref, "description": rule.description, "enabled": True,
        "expression": rule.expression, "action": rule.action,
    }  # fmt: skip
    body |= {"action_parameters": dict(rule.parameters)} if rule.parameters else {}
    return body | ({"ratelimit": dict(rule.ratelimit)} if rule.ratelimit is not None else {})


def rule_body(redirect: Redirect) -> dict[str, Any]:
    target = {"expression": redirect.target} if redirect.dynamic else {"value": redirect.target}
    return rule(
        redirect.expression, target, redirect.status, keep_query=redirect.keep_query, ref=redirect.ref
    )


def rule(
    expression: str, target: dict[str, str], status: int = 301, *, keep_query: bool = True, ref: str = "twin"
) -> dict[str, Any]:
    """One single-redirect rule in the API's form."""
    value = {"status_code": status, "preserve_query_string": keep_query, "target_url": target}
    return {
        "ref": ref,
        "enabled": True,
        "expression": expression,
        "action": "redirect",
        "action_parameters": {"from_value": value},
    }

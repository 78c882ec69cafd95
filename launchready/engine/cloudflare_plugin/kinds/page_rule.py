"""PageRule: the old kind of rule, whose actions the API lists as ``{"id", "value"}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.names import Names
from launchready.engine.cloudflare_plugin.values import Properties

_SWITCHES = frozenset({"always_use_https", "disable_performance", "disable_security", "disable_zaraz"})
"""Actions that have no value: they are there or not."""


class PageRule(Kind):
    resource_type = "cloudflare:index/pageRule:PageRule"
    fields = (
        Field("actions", "object", required=True),
        Field("target", "string", required=True),
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("priority", "integer", assigned=True),
        Field("status", "string", default="disabled", choices=("active", "disabled")),
    )
    computed = ("createdOn", "modifiedOn")
    names = Names(
        plural={"checkPresences": "check_presence", "includes": "include", "excludes": "exclude"},
        keyed=frozenset({"cache_ttl_by_status"}),
    )
    collection = "/zones/{zoneId}/pagerules"
    item = "/zones/{zoneId}/pagerules/{id}"
    import_id = "{zoneId}/{id}"

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        if field.name == "actions" and isinstance(value, dict):
            value = {key: item for key, item in value.items() if item is not False}
        return super().canonical(field, value, inputs)

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        body = super().body(inputs)
        actions: list[dict[str, Any]] = []
        for action, value in body.pop("actions").items():
            if action in _SWITCHES:
                actions.extend([{"id": action}] if value else [])
            elif action != "disable_apps" or value:
                actions.append({"id": action, "value": value})
        constraint = {"operator": "matches", "value": body.pop("target")}
        return {**body, "actions": actions, "targets": [{"target": "url", "constraint": constraint}]}

    def properties(self, result: Any) -> Properties:
        result = dict(result or {})
        listed, targets = result.pop("actions", None), result.pop("targets", None)
        found = super().properties(result)
        if listed is not None:
            values = {action["id"]: action.get("value", True) for action in listed}
            found["actions"] = self.names.from_api(values)
        if targets:
            found["target"] = targets[0]["constraint"]["value"]
        return found

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        actions = news.get("actions")
        if isinstance(actions, dict) and not any(value not in (None, False) for value in actions.values()):
            yield "actions", "a page rule needs at least one action"

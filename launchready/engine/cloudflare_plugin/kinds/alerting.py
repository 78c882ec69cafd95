"""Alerting: notification policies, and the webhooks that they call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.canonical import same_numbers
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.names import Names
from launchready.engine.cloudflare_plugin.values import Properties, is_known

_PLURAL = {
    "emails": "email",
    "pagerduties": "pagerduty",
    "airportCodes": "airport_code",
    "alertTriggerPreferencesValues": "alert_trigger_preferences_value",
    "enableds": "enabled",
    "environments": "environment",
    "eventSources": "event_source",
    "eventTypes": "event_type",
    "events": "event",
    "groupBies": "group_by",
    "healthCheckIds": "health_check_id",
    "incidentImpacts": "incident_impact",
    "inputIds": "input_id",
    "insightClasses": "insight_class",
    "limits": "limit",
    "logoTags": "logo_tag",
    "megabitsPerSeconds": "megabits_per_second",
    "newHealths": "new_health",
    "newStatuses": "new_status",
    "packetsPerSeconds": "packets_per_second",
    "poolIds": "pool_id",
    "popNames": "pop_names",
    "products": "product",
    "projectIds": "project_id",
    "protocols": "protocol",
    "queryTags": "query_tag",
    "requestsPerSeconds": "requests_per_second",
    "slos": "slo",
    "statuses": "status",
    "targetHostnames": "target_hostname",
    "targetIps": "target_ip",
    "targetZoneNames": "target_zone_name",
    "tokenIds": "token_id",
    "tunnelIds": "tunnel_id",
    "tunnelNames": "tunnel_name",
    "types": "type",
    "wheres": "where",
}


class NotificationPolicy(Kind):
    resource_type = "cloudflare:index/notificationPolicy:NotificationPolicy"
    fields = (
        Field("accountId", "string", required=True, replaces=True, path=True),
        Field("alertType", "string", required=True),
        Field("mechanisms", "object", required=True),
        Field("name", "string", required=True),
        Field("alertInterval", "string"),
        Field("description", "string"),
        Field("enabled", "boolean", default=True),
        Field("filters", "object"),
    )
    computed = ("created", "modified")
    volatile = frozenset({"modified"})
    names = Names(plural=_PLURAL)
    collection = "/accounts/{accountId}/alerting/v3/policies"
    item = "/accounts/{accountId}/alerting/v3/policies/{id}"
    import_id = "{accountId}/{id}"

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        if field.name in ("mechanisms", "filters") and isinstance(value, dict):
            ordered = {
                key: _sorted(_ids_only(item) if field.name == "mechanisms" else item)
                for key, item in value.items()
            }
            return same_numbers(ordered)
        return super().canonical(field, value, inputs)

    def as_input(self, field: Field, value: Any) -> Any:
        if field.name == "mechanisms" and isinstance(value, dict):
            return {key: _ids_only(item) for key, item in value.items() if item}
        return value

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        mechanisms = known.get("mechanisms")
        if mechanisms is not None and not any(mechanisms.values()):
            yield "mechanisms", "a policy needs at least one e-mail address, webhook or PagerDuty service"


def _ids_only(items: Any) -> Any:
    """Mechanisms without the names that the API adds."""
    if not isinstance(items, list):
        return items
    return [{"id": item.get("id")} if isinstance(item, dict) else item for item in items]


def _sorted(items: Any) -> Any:
    return sorted(items, key=repr) if isinstance(items, list) and is_known(items) else items


class NotificationPolicyWebhooks(Kind):
    resource_type = "cloudflare:index/notificationPolicyWebhooks:NotificationPolicyWebhooks"
    fields = (
        Field("accountId", "string", required=True, replaces=True, path=True),
        Field("name", "string", required=True),
        Field("url", "string", required=True),
        Field("secret", "string", hidden=True, secret=True),
    )
    computed = ("createdAt", "lastFailure", "lastSuccess", "type")
    volatile = frozenset()
    collection = "/accounts/{accountId}/alerting/v3/destinations/webhooks"
    item = "/accounts/{accountId}/alerting/v3/destinations/webhooks/{id}"
    import_id = "{accountId}/{id}"

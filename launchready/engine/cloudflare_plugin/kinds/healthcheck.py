"""Healthcheck: Cloudflare probing an origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.names import Names
from launchready.engine.cloudflare_plugin.values import Properties

_HTTP = {
    "method": "GET",
    "path": "/",
    "port": 80,
    "expectedCodes": ["200"],
    "expectedBody": None,
    "followRedirects": False,
    "allowInsecure": False,
    "header": None,
}


class Healthcheck(Kind):
    resource_type = "cloudflare:index/healthcheck:Healthcheck"
    fields = (
        Field("address", "string", required=True),
        Field("name", "string", required=True),
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("checkRegions", "list", assigned=True, unordered=True),
        Field("consecutiveFails", "integer", default=1),
        Field("consecutiveSuccesses", "integer", default=1),
        Field("description", "string", default=""),
        Field("httpConfig", "object", assigned=True, usual=_HTTP),
        Field("interval", "integer", default=60),
        Field("retries", "integer", default=2),
        Field("suspended", "boolean", default=False),
        Field("tcpConfig", "object", assigned=True, usual={"method": "connection_established", "port": 80}),
        Field("timeout", "integer", default=5),
        Field("type", "string", default="HTTP", choices=("HTTP", "HTTPS", "TCP")),
    )
    computed = ("createdOn", "failureReason", "modifiedOn", "status")
    names = Names(keyed=frozenset({"header"}))
    collection = "/zones/{zoneId}/healthchecks"
    item = "/zones/{zoneId}/healthchecks/{id}"
    import_id = "{zoneId}/{id}"

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        """A port that is the type's own (80, or 443 for HTTPS) means the same as none."""
        if field.name == "httpConfig" and isinstance(value, dict):
            usual = 443 if inputs.get("type") == "HTTPS" else 80
            value = {key: item for key, item in value.items() if (key, item) != ("port", usual)}
        return super().canonical(field, value, inputs)

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        interval, timeout = known.get("interval", 60), known.get("timeout", 5)
        if interval < 5:
            yield "interval", f"interval must be at least 5 seconds, not {interval}"
        if timeout < 1:
            yield "timeout", f"timeout must be at least 1 second, not {timeout}"

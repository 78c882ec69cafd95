"""ZoneDnssec: whether Cloudflare signs the zone.

``pending`` (waiting for the DS at the registrar) is what an active signing looks like until then: no
difference. ``disabled`` is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.api import Api, ApiCallError, Call
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.values import Properties

_MEANS = {"pending": "active", "pending-disabled": "disabled"}


class ZoneDnssec(Kind):
    resource_type = "cloudflare:index/zoneDnssec:ZoneDnssec"
    fields = (
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("dnssecMultiSigner", "boolean", assigned=True),
        Field("dnssecPresigned", "boolean", assigned=True),
        Field("dnssecUseNsec3", "boolean", assigned=True),
        Field("status", "string", assigned=True, choices=("active", "disabled")),
    )
    computed = (
        *("algorithm", "digest", "digestAlgorithm", "digestType", "ds", "flags", "keyTag", "keyType"),
        *("modifiedOn", "publicKey"),
    )
    collection = item = "/zones/{zoneId}/dnssec"
    create_method = update_method = "PATCH"
    import_id = "{zoneId}"
    id_property = "zoneId"

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        if field.name == "status" and isinstance(value, str):
            return _MEANS.get(value, value)
        return super().canonical(field, value, inputs)

    def as_input(self, field: Field, value: Any) -> Any:
        return _MEANS.get(value, value) if field.name == "status" else value

    async def delete(self, api: Api, id: str, state: Properties) -> None:
        """Disable it, then remove its records, as the official plugin does."""
        path = self.path(self.item, state, id)
        for call in (Call("PATCH", path, {"status": "disabled"}), Call("DELETE", path)):
            try:
                await api.result(call)
            except ApiCallError as problem:
                if problem.status != 404:
                    raise

"""Zone: a domain at Cloudflare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.canonical import domain_name, same_numbers
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.values import Properties


class Zone(Kind):
    resource_type = "cloudflare:index/zone:Zone"
    fields = (
        Field("account", "object", required=True, replaces=True),
        Field("name", "string", required=True, replaces=True),
        Field("paused", "boolean", default=False),
        Field("type", "string", default="full", choices=("full", "partial", "secondary", "internal")),
        Field("vanityNameServers", "list", assigned=True),
    )
    computed = (
        *("activatedOn", "cnameSuffix", "createdOn", "developmentMode", "meta", "modifiedOn", "nameServers"),
        *("originalDnshost", "originalNameServers", "originalRegistrar", "owner", "permissions", "plan"),
        *("status", "tenant", "tenantUnit", "verificationKey"),
    )
    collection = "/zones"
    item = "/zones/{id}"
    update_method = "PATCH"
    import_id = "{id}"
    unique = True

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        if field.name == "name" and isinstance(value, str):
            return domain_name(value)
        if field.name == "account" and isinstance(value, dict):
            return same_numbers({"id": value.get("id")})
        return super().canonical(field, value, inputs)

    def as_input(self, field: Field, value: Any) -> Any:
        if field.name == "account" and isinstance(value, dict):
            return {"id": value.get("id")}
        return value

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        account = known.get("account")
        if account is not None and not (isinstance(account.get("id"), str) and account["id"]):
            yield "account.id", "account.id is required: the account's 32-character id, quoted"
        name = known.get("name")
        if name is not None and "." not in name.strip("."):
            yield "name", f"{name!r} is not a domain name"

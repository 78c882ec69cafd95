"""DnsRecord: one DNS record of a zone."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from launchready.engine.cloudflare_plugin import canonical as spelling
from launchready.engine.cloudflare_plugin.api import Api, Call
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.values import Properties, has_secret
from launchready.lost_creates import may_be_since

PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
BY_CONTENT = frozenset({"A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT"})
BY_DATA = frozenset(
    {"CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"}
)
_WITH_PRIORITY = frozenset({"MX", "URI"})
_ALONE = frozenset({"CNAME", "NS"})
"""Types beside which Cloudflare accepts no other record of that name (81053, 81054, 81056)."""
_SETTINGS = {"flattenCname": False, "ipv4Only": False, "ipv6Only": False}
SHORTEST_TTL, LONGEST_TTL = 60, 86400


class DnsRecord(Kind):
    resource_type = "cloudflare:index/dnsRecord:DnsRecord"
    fields = (
        Field("name", "string", required=True),
        Field("ttl", "number", required=True),
        Field("type", "string", required=True, replaces=True),
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("comment", "string"),
        Field("content", "string", assigned=True),
        Field("data", "object", assigned=True),
        Field("includeShadowMetadata", "boolean", path=True, hidden=True),
        Field("priority", "number", assigned=True),
        Field("privateRouting", "boolean"),
        Field("proxied", "boolean", default=False),
        Field("settings", "object", usual=_SETTINGS),
        Field("tags", "list", unordered=True),
    )
    computed = ("commentModifiedOn", "createdOn", "meta", "modifiedOn", "proxiable", "tagsModifiedOn")
    volatile = frozenset({"modifiedOn", "meta", "proxiable"})
    collection = "/zones/{zoneId}/dns_records"
    item = "/zones/{zoneId}/dns_records/{id}"
    import_id = "{zoneId}/{id}"
    unique = True

    # ---- comparing ------------------------------------------------------------------------------

    def context(self, inputs: Mapping[str, Any], shown: Mapping[str, Any]) -> Properties:
        """The zone's name: looked up, or what is left of the full name without the short one."""
        if "__zone" in shown:
            return {"__zone": shown["__zone"]}
        short, full = inputs.get("name"), shown.get("name")
        if not isinstance(short, str) or not isinstance(full, str) or short == full:
            return {}
        short, full = spelling.domain_name(short), spelling.domain_name(full)
        if short in ("@", ""):
            return {"__zone": full}
        return {"__zone": full[len(short) + 1 :]} if full.startswith(short + ".") else {}

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        record_type = str(inputs.get("type", "")).upper()
        if isinstance(value, str):
            if field.name == "name":
                return spelling.record_name(value, inputs.get("__zone"))
            if field.name == "type":
                return value.upper()
            if field.name == "content":
                return spelling.record_content(record_type, value)
        if field.name == "data" and isinstance(value, dict):
            return spelling.same_numbers(spelling.record_data(record_type, value))
        if field.name == "privateRouting" and value is False:
            return None
        return super().canonical(field, value, inputs)

    def delete_first(self, old: Properties, news: Properties) -> bool:
        types = {str(old.get("type")).upper(), str(news.get("type")).upper()}
        same_zone = old.get("zoneId") == news.get("zoneId")
        return same_zone and len(types) == 2 and bool(types & _ALONE)

    async def learn(self, api: Api, live: Properties, state: Properties, inputs: Properties) -> Properties:
        """The zone's name, where names were or may be written that are not the full ones."""
        if "__zone" in state:
            return {"__zone": state["__zone"]}
        written = inputs.get("name")
        if isinstance(written, str) and spelling.domain_name(written) == spelling.domain_name(live["name"]):
            return {}
        return {"__zone": await self._zone_name(api, state)}

    async def _zone_name(self, api: Api, properties: Mapping[str, Any]) -> str:
        """The name of the record's zone, asked for once a zone."""
        path = self.path("/zones/{zoneId}", properties)
        if path not in api.zone_names:
            api.zone_names[path] = str((await api.result(Call("GET", path)))["name"])
        return api.zone_names[path]

    def live_inputs(self, live: Properties, given: Properties) -> Properties:
        """An imported record is declared by its content or its data, never both."""
        found = super().live_inputs(live, given)
        if not given:
            record_type = str(live.get("type", "")).upper()
            found.pop("content" if record_type in BY_DATA and "data" in found else "data", None)
            if record_type not in _WITH_PRIORITY:
                found.pop("priority", None)
        return found

    # ---- requests -------------------------------------------------------------------------------

    def update_body(self, old: Properties, news: Properties) -> dict[str, Any]:
        """The whole record; a CNAME's settings are spelled out, as the official plugin does."""
        body = self.body(news)
        if str(news.get("type")).upper() == "CNAME":
            plain = {"flatten_cname": False, "ipv4_only": False, "ipv6_only": False}
            body["settings"] = {**plain, **body.get("settings", {})}
        return body

    def properties(self, result: Any) -> Properties:
        found = super().properties(result)
        if isinstance(found.get("meta"), dict):
            found["meta"] = json.dumps(found["meta"], sort_keys=True, separators=(",", ":"))
        return found

    async def made(
        self, api: Api, inputs: Properties, since: datetime | None = None, taken: Collection[str] = ()
    ) -> Any | None:
        """The record of that name, type and content."""
        zone = await self._zone_name(api, inputs)
        context = {"__zone": zone}
        name = spelling.record_name(inputs["name"], zone)
        query = {"type": inputs["type"], "name.exact": name, "per_page": "5000"}
        records = await api.result(Call("GET", self.path(self.collection, inputs), query=query))
        wanted = {**inputs, **context}
        for record in records or []:
            if record.get("id") in taken or not may_be_since(record, since):
                continue
            live = {**self.properties(record), **context}
            keys = [
                f for f in self.fields if f.name in ("name", "type", "content", "data") and f.name in inputs
            ]
            if all(self._comparable(f, live) == self._comparable(f, wanted) for f in keys):
                return record
        return None

    # ---- checking -------------------------------------------------------------------------------

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield from _ttl_and_proxy(known)
        record_type = known.get("type")
        if record_type is None:
            return
        record_type = record_type.upper()
        if record_type not in BY_CONTENT | BY_DATA:
            yield "type", f"{known['type']!r} is not a record type that Cloudflare serves"
            return
        wanted = "data" if record_type in BY_DATA else "content"
        if news.get(wanted) is None:
            yield wanted, f"a record of type {record_type} needs {wanted}"
        if record_type in _WITH_PRIORITY and news.get("priority") is None:
            yield "priority", f"a record of type {record_type} needs a priority"
        if record_type in ("A", "AAAA") and "content" in known:
            shown = "the content" if has_secret(news["content"]) else repr(known["content"])
            if not _is_address(known["content"], 4 if record_type == "A" else 6):
                yield "content", f"{shown} is not an IPv{4 if record_type == 'A' else 6} address"


def _ttl_and_proxy(known: Properties) -> Iterator[tuple[str, str]]:
    ttl, proxied, record_type = known.get("ttl"), known.get("proxied", False), known.get("type")
    if ttl is not None and ttl != 1 and not SHORTEST_TTL <= ttl <= LONGEST_TTL:
        yield "ttl", f"ttl must be 1 (automatic) or {SHORTEST_TTL} to {LONGEST_TTL} seconds, not {ttl}"
    elif ttl is not None and proxied and ttl != 1:
        yield "ttl", f"a proxied record has an automatic ttl: set ttl to 1, not {ttl}"
    if proxied and record_type is not None and record_type.upper() not in PROXIABLE:
        yield (
            "proxied",
            f"a record of type {record_type} can't be proxied; only {', '.join(sorted(PROXIABLE))} can",
        )


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text.strip()).version == version
    except ValueError:
        return False

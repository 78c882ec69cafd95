"""Ruleset: the rules of one phase, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.canonical import same_numbers
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.names import Names
from launchready.engine.cloudflare_plugin.values import Properties, is_known, plain
from launchready.errors import InputError

PHASES = (
    *("ddos_l4", "ddos_l7", "http_config_settings", "http_custom_errors", "http_log_custom_fields"),
    *("http_ratelimit", "http_request_cache_settings", "http_request_dynamic_redirect"),
    *("http_request_firewall_custom", "http_request_firewall_managed", "http_request_late_transform"),
    *("http_request_origin", "http_request_redirect", "http_request_sanitize", "http_request_sbfm"),
    *("http_request_transform", "http_response_cache_settings", "http_response_compression"),
    *("http_response_firewall_managed", "http_response_headers_transform", "magic_transit"),
    *("magic_transit_ids_managed", "magic_transit_managed", "magic_transit_ratelimit"),
)
_SERVER_OWNED = ("version", "lastUpdated", "categories")


class Ruleset(Kind):
    resource_type = "cloudflare:index/ruleset:Ruleset"
    fields = (
        Field("kind", "string", required=True, replaces=True, choices=("managed", "custom", "root", "zone")),
        Field("name", "string", required=True, replaces=True),
        Field("phase", "string", required=True, replaces=True, choices=PHASES),
        Field("accountId", "string", replaces=True, path=True),
        Field("description", "string", default=""),
        Field("rules", "list"),
        Field("zoneId", "string", replaces=True, path=True),
    )
    computed = ("lastUpdated", "version")
    volatile = frozenset({"lastUpdated", "version"})
    names = Names(
        plural={
            "statusCodeTtls": "status_code_ttl",
            "checkPresences": "check_presence",
            "includes": "include",
            "excludes": "exclude",
            "lists": "list",
        },
        keyed=frozenset({"headers", "contains", "rules"}),
    )
    collection = "/rulesets"
    item = "/rulesets/{id}"
    import_id = "zones/{zoneId}/{id} or accounts/{accountId}/{id}"
    unique = True

    def path(self, template: str, properties: Mapping[str, Any], id: str = "") -> str:
        owner = "/zones/{zoneId}" if properties.get("zoneId") else "/accounts/{accountId}"
        return super().path(owner + template, properties, id)

    def parse_import(self, id: str) -> tuple[str, Properties]:
        owner, _, rest = id.partition("/")
        key = {"zones": "zoneId", "accounts": "accountId"}.get(owner)
        parts = rest.split("/")
        if key is None or len(parts) != 2 or not all(parts):
            raise InputError(f"{id!r} is not an import id for Ruleset", fix=f"use {self.import_id}")
        return parts[1], {key: parts[0]}

    # ---- comparing ------------------------------------------------------------------------------

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        if field.name == "rules" and isinstance(value, list):
            given = inputs.get("__refs", ())
            rules = [_canonical_rule(rule, given) if isinstance(rule, dict) else rule for rule in value]
            return rules or None
        return super().canonical(field, value, inputs)

    def context(self, inputs: Mapping[str, Any], shown: Mapping[str, Any]) -> Properties:
        """The references that Cloudflare gave by itself: spelled out, they are the same as left out."""
        rules = shown.get("rules")
        known = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
        refs = [rule["ref"] for rule in known if "ref" in rule and rule["ref"] == rule.get("id")]
        return {"__refs": refs} if refs else {}

    def as_input(self, field: Field, value: Any) -> Any:
        if field.name == "rules" and isinstance(value, list):
            return [_rule_as_written(rule) for rule in value]
        return value

    def delete_first(self, old: Properties, news: Properties) -> bool:
        """A phase has one ruleset: the old one makes room (20217) unless it is elsewhere."""
        return all(old.get(key) == news.get(key) for key in ("phase", "zoneId", "accountId"))

    # ---- requests -------------------------------------------------------------------------------

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        body = super().body(inputs)
        for rule in body.get("rules", []):
            rule.setdefault("description", "")
            rule.setdefault("enabled", True)
            if isinstance(rule.get("ratelimit"), dict):
                rule["ratelimit"].setdefault("requests_to_origin", False)
        return body

    def properties(self, result: Any) -> Properties:
        found = super().properties(result)
        if "rules" in found:
            dropped = set(_SERVER_OWNED)
            found["rules"] = [
                {key: value for key, value in rule.items() if key not in dropped} for rule in found["rules"]
            ]
        return found

    # ---- checking -------------------------------------------------------------------------------

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        owners = [key for key in ("zoneId", "accountId") if news.get(key) is not None]
        if len(owners) != 1:
            yield "zoneId", "a ruleset belongs to a zone or to an account: set zoneId or accountId, not both"
        refs: dict[str, int] = {}
        rules = plain(news.get("rules"))
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if not isinstance(rule, dict):
                if is_known(rule):
                    yield f"rules[{index}]", "a rule must be an object"
                continue
            for part in ("expression", "action"):
                if rule.get(part) in (None, ""):
                    yield f"rules[{index}].{part}", f"a rule needs {'an' if part[0] in 'ae' else 'a'} {part}"
            ref = rule.get("ref")
            if isinstance(ref, str):
                if ref in refs:
                    yield f"rules[{index}].ref", f"the ref {ref!r} is also that of rule {refs[ref]}"
                refs.setdefault(ref, index)


def _rule_as_written(rule: Mapping[str, Any]) -> Properties:
    """A live rule as a program writes it: no ids, no defaults."""
    written = {key: value for key, value in rule.items() if key not in ("id", *_SERVER_OWNED)}
    if "ref" in rule and rule.get("ref") == rule.get("id"):
        del written["ref"]
    if written.get("description") == "":
        del written["description"]
    return written


def _canonical_rule(rule: Mapping[str, Any], given: Collection[str] = ()) -> Any:
    written = _rule_as_written(rule)
    if written.get("ref") in given:
        del written["ref"]
    if written.get("enabled") is True:
        del written["enabled"]
    if isinstance(written.get("expression"), str):
        written["expression"] = written["expression"].strip()
    limit = written.get("ratelimit")
    if isinstance(limit, dict):
        limit = {k: v for k, v in limit.items() if (k, v) != ("requestsToOrigin", False)}
        if isinstance(limit.get("characteristics"), list) and is_known(limit["characteristics"]):
            limit["characteristics"] = sorted(limit["characteristics"])
        written["ratelimit"] = limit
    if written.get("logging") == {"enabled": True}:
        del written["logging"]
    parameters = written.get("actionParameters")
    target = parameters.get("fromValue") if isinstance(parameters, dict) else None
    if isinstance(target, dict) and target.get("preserveQueryString") is False:
        target = {key: value for key, value in target.items() if key != "preserveQueryString"}
        written["actionParameters"] = {**written["actionParameters"], "fromValue": target}
    return same_numbers(written) or {}

"""Things that a zone has one of and that are only ever set: zone settings, tiered cache, bot management."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.names import Names
from launchready.engine.cloudflare_plugin.values import Properties, has_secret

_ON_OFF = ("on", "off")
_VALUES: dict[str, tuple[str, ...]] = {
    "ssl": ("off", "flexible", "full", "strict", "origin_pull"),
    "min_tls_version": ("1.0", "1.1", "1.2", "1.3"),
    "tls_1_3": ("on", "off", "zrt"),
    "security_level": ("off", "essentially_off", "low", "medium", "high", "under_attack"),
    "cache_level": ("bypass", "basic", "simplified", "aggressive"),
    "pseudo_ipv4": ("off", "add_header", "overwrite_header"),
    "polish": ("off", "lossless", "lossy"),
    **dict.fromkeys(
        (
            *(
                "0rtt",
                "always_online",
                "always_use_https",
                "automatic_https_rewrites",
                "brotli",
                "browser_check",
            ),
            *("development_mode", "early_hints", "email_obfuscation", "hotlink_protection", "http2", "http3"),
            *("ip_geolocation", "ipv6", "mirage", "opportunistic_encryption", "opportunistic_onion"),
            *("privacy_pass", "rocket_loader", "server_side_exclude", "sort_query_string_for_cache"),
            *("tls_client_auth", "true_client_ip_header", "websockets"),
        ),
        _ON_OFF,
    ),
}
"""Setting id → the values that it takes; settings that are not listed are left to the API."""
_NUMBERS = frozenset({"browser_cache_ttl", "challenge_ttl", "edge_cache_ttl", "max_upload"})


def _without_nothings(value: Any) -> Any:
    """An object without the parts that say no, zero or nothing: the API fills those in by itself."""
    if not isinstance(value, dict):
        return value
    cleaned = {key: _without_nothings(item) for key, item in value.items()}
    return {key: item for key, item in cleaned.items() if item not in (None, False, 0, "", {})}


class ZoneSetting(Kind):
    resource_type = "cloudflare:index/zoneSetting:ZoneSetting"
    fields = (
        Field("settingId", "string", required=True, replaces=True, path=True),
        Field("value", "any", required=True),
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("enabled", "boolean", assigned=True),
    )
    computed = ("editable", "modifiedOn", "timeRemaining")
    names = Names(verbatim=frozenset({"value"}))
    collection = item = "/zones/{zoneId}/settings/{settingId}"
    create_method = update_method = "PATCH"
    deletes = False
    import_id = "{zoneId}/{settingId}"
    id_property = "settingId"

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        if field.name == "value":
            value = _without_nothings(value)
            return sorted(value, key=repr) if isinstance(value, list) else value
        return super().canonical(field, value, inputs)

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        setting, value = known.get("settingId"), known.get("value")
        if setting is None or value is None:
            return
        shown = "the given value" if has_secret(news.get("value")) else repr(value)
        choices = _VALUES.get(setting)
        if choices and value not in choices:
            quoted = "; quote it" if str(value) in choices else ""
            yield "value", f"{setting} must be one of {', '.join(choices)}; {shown} is not{quoted}"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if setting in _NUMBERS and not (number and value >= 0):
            yield "value", f"{setting} must be a number of at least 0, not {shown}"
        if setting == "security_header":
            header = value.get("strict_transport_security") if isinstance(value, dict) else None
            if not isinstance(header, dict):
                yield "value", "security_header must be an object {strict_transport_security: {…}}"


class TieredCache(Kind):
    resource_type = "cloudflare:index/tieredCache:TieredCache"
    fields = (
        Field("value", "string", required=True, choices=_ON_OFF),
        Field("zoneId", "string", required=True, replaces=True, path=True),
    )
    computed = ("editable", "modifiedOn")
    collection = item = "/zones/{zoneId}/cache/tiered_cache_smart_topology_enable"
    create_method = update_method = "PATCH"
    import_id = "{zoneId}"
    id_property = "zoneId"


class ArgoTieredCaching(Kind):
    resource_type = "cloudflare:index/argoTieredCaching:ArgoTieredCaching"
    fields = (
        Field("value", "string", required=True, choices=_ON_OFF),
        Field("zoneId", "string", required=True, replaces=True, path=True),
    )
    computed = ("editable", "modifiedOn")
    collection = item = "/zones/{zoneId}/argo/tiered_caching"
    create_method = update_method = "PATCH"
    deletes = False
    import_id = "{zoneId}"
    id_property = "zoneId"


class BotManagement(Kind):
    resource_type = "cloudflare:index/botManagement:BotManagement"
    fields = (
        Field("zoneId", "string", required=True, replaces=True, path=True),
        *(
            Field(name, "string", assigned=True)
            for name in (
                *("aiBotsProtection", "aiTraining", "aiUser", "aisearch", "cfRobotsVariant"),
                *("contentBotsProtection", "crawlerProtection", "sbfmDefinitelyAutomated"),
                *("sbfmLikelyAutomated", "sbfmVerifiedBots"),
            )
        ),
        *(
            Field(name, "boolean", assigned=True)
            for name in (
                *("aiBotsMigrationOptOut", "autoUpdateModel", "bmCookieEnabled", "botPreferenceSyncEnabled"),
                *("enableJs", "fightMode", "isRobotsTxtManaged", "jsdApiResultsEnabled", "optimizeWordpress"),
                *("sbfmStaticResourceProtection", "suppressSessionScore"),
            )
        ),
    )
    computed = ("staleZoneConfiguration", "usingLatestModel")
    collection = item = "/zones/{zoneId}/bot_management"
    create_method = "PUT"
    deletes = False
    import_id = "{zoneId}"
    id_property = "zoneId"

"""The provider's resources that a launch uses, by token, without importing its whole SDK.

``import pulumi_cloudflare`` takes two to three seconds (12 MB of generated classes for 260 resource types)
at each preview and each update. The engine only wants a type token, a version and the inputs in their
wire spelling, so this module says these; a test holds every token and key against the installed SDK.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, ClassVar, cast

import pulumi

from components.imports import import_id

Inputs = Mapping[str, Any]

PROVIDER_VERSION = version("pulumi-cloudflare")
"""Of the SDK that is installed: the engine takes the plugin of the same version."""


class Resource(pulumi.CustomResource):
    """A resource of the Cloudflare provider. ``outputs``: what the provider computes."""

    token: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    outputs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        if opts.version is None:
            opts.version = PROVIDER_VERSION
        if opts.import_ is None:
            opts.import_ = import_id(self.token, name)
        super().__init__(self.token, name, {**dict.fromkeys(self.outputs), **inputs}, opts)

    def output(self, key: str) -> pulumi.Output[Any]:
        """An input or computed value, by its wire name."""
        return cast("pulumi.Output[Any]", self.__dict__[key])


class Zone(Resource):
    token = "cloudflare:index/zone:Zone"  # noqa: S105 - a type token
    inputs = ("account", "name", "type")
    outputs = ("nameServers", "status")


class DnsRecord(Resource):
    token = "cloudflare:index/dnsRecord:DnsRecord"  # noqa: S105
    inputs = ("zoneId", "name", "type", "ttl", "proxied", "content", "data", "priority", "comment", "tags")


class Ruleset(Resource):
    token = "cloudflare:index/ruleset:Ruleset"  # noqa: S105
    inputs = ("zoneId", "name", "kind", "phase", "rules", "description")


class ZoneSetting(Resource):
    token = "cloudflare:index/zoneSetting:ZoneSetting"  # noqa: S105
    inputs = ("zoneId", "settingId", "value")


class ZoneDnssec(Resource):
    token = "cloudflare:index/zoneDnssec:ZoneDnssec"  # noqa: S105
    inputs = ("zoneId", "status")
    outputs = ("ds", "keyTag", "algorithm", "digest", "digestType")


class UniversalSslSetting(Resource):
    token = "cloudflare:index/universalSslSetting:UniversalSslSetting"  # noqa: S105
    inputs = ("zoneId", "enabled")


class TieredCache(Resource):
    """Smart topology: Cloudflare picks the upper tier."""

    token = "cloudflare:index/tieredCache:TieredCache"  # noqa: S105
    inputs = ("zoneId", "value")


class ArgoTieredCaching(Resource):
    """Tiered cache itself, whatever its topology."""

    token = "cloudflare:index/argoTieredCaching:ArgoTieredCaching"  # noqa: S105
    inputs = ("zoneId", "value")


class Healthcheck(Resource):
    token = "cloudflare:index/healthcheck:Healthcheck"  # noqa: S105
    inputs = (
        "zoneId", "name", "description", "address", "type", "interval", "consecutiveFails", "httpConfig",
    )  # fmt: skip


class NotificationPolicy(Resource):
    token = "cloudflare:index/notificationPolicy:NotificationPolicy"  # noqa: S105
    inputs = ("accountId", "name", "description", "alertType", "enabled", "mechanisms", "filters")


class NotificationPolicyWebhooks(Resource):
    token = "cloudflare:index/notificationPolicyWebhooks:NotificationPolicyWebhooks"  # noqa: S105
    inputs = ("accountId", "name", "url")


class CertificatePack(Resource):
    token = "cloudflare:index/certificatePack:CertificatePack"  # noqa: S105
    inputs = ("zoneId", "type", "hosts", "certificateAuthority", "validationMethod", "validityDays")


class WorkersScript(Resource):
    token = "cloudflare:index/workersScript:WorkersScript"  # noqa: S105
    inputs = ("accountId", "scriptName", "content", "mainModule", "compatibilityDate", "bindings")


class WorkersRoute(Resource):
    token = "cloudflare:index/workersRoute:WorkersRoute"  # noqa: S105
    inputs = ("zoneId", "pattern", "script")


RESOURCES: Sequence[type[Resource]] = (
    Zone,
    DnsRecord,
    Ruleset,
    ZoneSetting,
    ZoneDnssec,
    UniversalSslSetting,
    CertificatePack,
    WorkersScript,
    WorkersRoute,
    TieredCache,
    ArgoTieredCaching,
    Healthcheck,
    NotificationPolicy,
    NotificationPolicyWebhooks,
)

"""Route 53 health checks: HTTPS with SNI, of a host and path, every 10 or 30 seconds.

A health check has no name, and the reference that makes its creation idempotent can never be used again
once it is deleted. So the reference begins with a digest of what can't change later (name, interval,
whether a text is searched) and ends at random: what is ours is found by its beginning.
Source: docs.aws.amazon.com/Route53/latest/APIReference (CreateHealthCheck, UpdateHealthCheck).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from launchready.aws.lost import made_once
from launchready.aws.monitoring.kind import Json, Kind
from launchready.aws.pool import client
from launchready.aws.session import code_of, errors

PORT = 443
_TAGGED = "healthcheck"


def reference_prefix(name: str, interval: int, search: str | None) -> str:
    """How the caller references of this health check begin; 64 characters are allowed in all."""
    fixed = json.dumps([name, int(interval), bool(search)])
    return f"launchready-{hashlib.sha256(fixed.encode()).hexdigest()[:24]}-"


class HealthCheck(Kind):
    """``name`` is unique in the account; ``search``: text in the page's first 5,120 bytes, or None."""

    inputs = (
        "region", "name", "host", "path", "search", "interval", "failure_threshold", "regions", "disabled",
        "inverted", "tags",
    )  # fmt: skip
    replaces = frozenset({"name", "interval"})
    first_delete = False

    def _replacing(self, olds: Json, news: Json) -> frozenset[str]:
        """The type can't change: searching for a text, or no longer, needs a new one."""
        kept = bool(olds.get("search")) == bool(news.get("search"))
        return self.replaces if kept else self.replaces | {"search"}

    def make(self, props: Json) -> tuple[str, Json]:
        route53 = client("route53", props["region"])
        prefix = reference_prefix(props["name"], props["interval"], props.get("search"))
        with errors(f"health check of {props['host']}{props['path']}"):
            found = _ours(route53, prefix)
            if found is None:
                id_ = made_once(lambda: _make(props, prefix), lambda: _ours(route53, prefix))
                _tag(route53, id_, props)
                return id_, {"kind": _type(props)}
        return found, self.change(found, props)

    def look(self, id_: str, props: Json) -> Json | None:
        from botocore.exceptions import ClientError

        route53 = client("route53", props["region"])
        with errors("health check"):
            try:
                config = route53.get_health_check(HealthCheckId=id_)["HealthCheck"]["HealthCheckConfig"]
                tags = route53.list_tags_for_resource(ResourceType=_TAGGED, ResourceId=id_)
            except ClientError as error:
                if code_of(error) == "NoSuchHealthCheck":
                    return None
                raise
        return {
            "host": config.get("FullyQualifiedDomainName"),
            "path": config.get("ResourcePath"),
            "search": config.get("SearchString"),
            "interval": config.get("RequestInterval"),
            "failure_threshold": config.get("FailureThreshold"),
            "regions": config.get("Regions") or [],
            "disabled": bool(config.get("Disabled")),
            "inverted": bool(config.get("Inverted")),
            "tags": {
                tag["Key"]: tag["Value"]
                for tag in tags["ResourceTagSet"]["Tags"]
                if tag["Key"] != "Name" or tag["Value"] != props.get("name")
            },
            "kind": config.get("Type"),
        }

    def change(self, id_: str, props: Json) -> Json:
        """Everything but the interval and the type, which can't change."""
        route53 = client("route53", props["region"])
        config = _config(props)
        for fixed in ("Type", "RequestInterval", "MeasureLatency"):
            config.pop(fixed, None)
        if not props.get("regions"):
            config["ResetElements"] = ["Regions"]
        with errors(f"health check of {props['host']}{props['path']}"):
            route53.update_health_check(HealthCheckId=id_, **config)
            _tag(route53, id_, props)
        return {"kind": _type(props)}

    def remove(self, id_: str, props: Json) -> None:
        from botocore.exceptions import ClientError

        with errors("health check"):
            try:
                client("route53", props["region"]).delete_health_check(HealthCheckId=id_)
            except ClientError as error:
                if code_of(error) != "NoSuchHealthCheck":
                    raise


def _make(props: Mapping[str, Any], prefix: str) -> str:
    made = client("route53", props["region"], attempts=1).create_health_check(
        CallerReference=prefix + secrets.token_hex(8), HealthCheckConfig=_config(props)
    )
    return str(made["HealthCheck"]["Id"])


def _type(props: Mapping[str, Any]) -> str:
    return "HTTPS_STR_MATCH" if props.get("search") else "HTTPS"


def _config(props: Mapping[str, Any]) -> Json:
    config: Json = {
        "Type": _type(props),
        "FullyQualifiedDomainName": props["host"],
        "Port": PORT,
        "ResourcePath": props["path"],
        "RequestInterval": int(props["interval"]),
        "FailureThreshold": int(props["failure_threshold"]),
        "EnableSNI": True,
        "MeasureLatency": False,
        "Inverted": bool(props.get("inverted")),
        "Disabled": bool(props.get("disabled")),
    }
    if props.get("search"):
        config["SearchString"] = props["search"]
    if props.get("regions"):
        config["Regions"] = list(props["regions"])
    return config


def _ours(route53: Any, prefix: str) -> str | None:
    for page in route53.get_paginator("list_health_checks").paginate():
        for check in page["HealthChecks"]:
            if str(check["CallerReference"]).startswith(prefix):
                return str(check["Id"])
    return None


def _tag(route53: Any, id_: str, props: Mapping[str, Any]) -> None:
    """The declared tags and no others; ``Name`` is what the console shows."""
    wanted = {"Name": props["name"], **(props.get("tags") or {})}
    held = route53.list_tags_for_resource(ResourceType=_TAGGED, ResourceId=id_)["ResourceTagSet"]["Tags"]
    gone = [tag["Key"] for tag in held if tag["Key"] not in wanted]
    changes: Json = {"AddTags": [{"Key": key, "Value": value} for key, value in wanted.items()]}
    if gone:
        changes["RemoveTagKeys"] = gone
    route53.change_tags_for_resource(ResourceType=_TAGGED, ResourceId=id_, **changes)


_KIND = HealthCheck()
create, read, update, delete, diff = _KIND.create, _KIND.read, _KIND.update, _KIND.delete, _KIND.diff

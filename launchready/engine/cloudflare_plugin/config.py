"""The provider's configuration, and the rule that this plugin talks to loopback only."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

from launchready.engine.cloudflare_plugin.values import Properties, Unknown, plain
from launchready.errors import InputError

KEYS = ("apiKey", "apiToken", "apiUserServiceKey", "baseUrl", "email", "userAgentOperatorSuffix")
SECRET_KEYS = frozenset({"apiKey", "apiToken", "apiUserServiceKey"})
_TOKEN = re.compile(r"[0-9A-Za-z\-_]{40,80}")
_STAND_IN = (
    "this is launchready's local stand-in for the Cloudflare plugin and it talks to a loopback address only; "
    "the real API needs the official plugin (pulumi-resource-cloudflare)"
)


class RefusedAddressError(InputError):
    """The API address is not one that this plugin may talk to."""


@dataclass(frozen=True, slots=True)
class Retry:
    """When a call is tried again: the official plugin's numbers, with an end (all in seconds)."""

    attempts: int = 10
    first: float = 2.0
    longest: float = 30.0
    total: float = 330.0

    @classmethod
    def from_text(cls, text: str) -> Retry:
        """From ``attempts=10,first=2,longest=30,total=330``; raises InputError for anything else."""
        given: dict[str, float] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key, _, value = part.partition("=")
            if key not in cls.__slots__:
                raise InputError(
                    f"there is no retry parameter {key!r}", fix=f"use {', '.join(cls.__slots__)}"
                )
            try:
                given[key] = float(value)
            except ValueError:
                raise InputError(f"the retry parameter {key} needs a number, not {value!r}") from None
        attempts = int(given.pop("attempts", cls().attempts))
        return cls(attempts=max(1, attempts), **given)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the plugin needs to talk to the API. ``token`` never appears in its text form."""

    base_url: str
    token: str = field(repr=False)
    user_agent: str
    retry: Retry = field(default_factory=Retry)


def version() -> str:
    """This program's version, for the user agent."""
    return metadata.version("launchready")


def refuse_unless_loopback(url: str) -> None:
    """Raise RefusedAddressError unless the host is in 127.0.0.0/8, ::1, or localhost resolving there."""
    if not url:
        raise RefusedAddressError(
            f"no API address is configured: {_STAND_IN}",
            fix="set CLOUDFLARE_BASE_URL to the local edge's API (`launch edge env`)",
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise RefusedAddressError(f"the API address {_shown(url)} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise RefusedAddressError(f"the API address {_shown(url)} is not an http(s) URL")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError("the API address must not carry a user name or password")
    if not _is_loopback(host):
        raise RefusedAddressError(
            f"the API address {_shown(url)} is not loopback: {_STAND_IN}",
            fix="point CLOUDFLARE_BASE_URL or cloudflare:baseUrl at a local edge",
        )


def _shown(url: str) -> str:
    """A URL for a message: scheme and host only, since a path may hold a gateway's secret."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/@]*@)?([^/?#]*)", url)
    return f"{match.group(1) or ''}{match.group(2)}" if match else "given"


def _is_loopback(host: str) -> bool:
    try:
        return _loopback_address(host)
    except ValueError:
        pass
    if host.rstrip(".").lower() != "localhost":
        return False
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(_loopback_address(str(entry[4][0])) for entry in found)


def _loopback_address(text: str) -> bool:
    parsed = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def check(news: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> list[tuple[str, str]]:
    """What is wrong with a provider's configuration, as (property, reason); unknowns are left for later."""
    failures = [
        (key, f"the cloudflare provider has no option {key!r}; it has {', '.join(KEYS)}")
        for key in news
        if key not in KEYS and not key.startswith("__") and key not in ("version", "pluginDownloadURL")
    ]
    given = plain(dict(news))
    token, url = given.get("apiToken"), given.get("baseUrl")
    if isinstance(token, str) and not _TOKEN.fullmatch(token):
        failures.append(("apiToken", "an API token is 40 to 80 letters, digits, - and _"))
    if not isinstance(url, Unknown):
        try:
            refuse_unless_loopback(str(url or environment.get("CLOUDFLARE_BASE_URL", "")))
        except RefusedAddressError as error:
            failures.append(("baseUrl", str(error)))
    if token is None and not environment.get("CLOUDFLARE_API_TOKEN"):
        reason = "no API token: set cloudflare:apiToken or CLOUDFLARE_API_TOKEN (`launch edge env` prints it)"
        failures.append(("apiToken", reason))
    return failures


def settings(given: Properties, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from the provider's inputs (which win) and the environment.

    Raises RefusedAddressError for an address that is not loopback, InputError for a missing token.
    """
    values = plain(given)
    base_url = str(values.get("baseUrl") or environment.get("CLOUDFLARE_BASE_URL", ""))
    refuse_unless_loopback(base_url)
    token = str(values.get("apiToken") or environment.get("CLOUDFLARE_API_TOKEN", ""))
    if not token:
        raise InputError("no API token is configured", fix="set cloudflare:apiToken or CLOUDFLARE_API_TOKEN")
    suffix = values.get("userAgentOperatorSuffix")
    if suffix is None:
        suffix = environment.get("CLOUDFLARE_USER_AGENT_OPERATOR_SUFFIX", "")
    agent = f"launchready-local-plugin/{version()}" + (f" {suffix}" if suffix else "")
    retry = Retry.from_text(environment.get("LAUNCHREADY_PLUGIN_RETRY", ""))
    return Settings(base_url.rstrip("/"), token, agent, retry)

"""Which kept answers a purge takes away (developers.cloudflare.com/cache/how-to/purge-cache)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from launchready.edge.https.cache.store import Entry
from launchready.edge.state import Json

Unwanted = Callable[[Entry], bool]


def unwanted(item: Json) -> Unwanted | None:
    """What a purge names, its files aside: those are found by their keys."""
    if item.get("purge_everything"):
        return lambda _entry: True
    if "hosts" in item:
        hosts = {str(host).lower().rstrip(".") for host in item["hosts"]}
        return lambda entry: entry.host in hosts
    if "tags" in item:
        tags = {str(tag).strip().lower() for tag in item["tags"]}
        return lambda entry: bool(entry.tags & tags)
    if "prefixes" in item:
        prefixes = [_prefix(prefix) for prefix in item["prefixes"]]
        return lambda entry: any(_below(entry, *prefix) for prefix in prefixes)
    return None


def _prefix(prefix: Any) -> tuple[str, str]:
    bare = str(prefix).partition("://")[2] or str(prefix)
    host, _, path = bare.partition("/")
    return host.lower().rstrip("."), "/" + path.rstrip("/")


def _below(entry: Entry, host: str, path: str) -> bool:
    """Whole path segments: ``/a`` covers ``/a`` and ``/a/b``, not ``/ab``."""
    return entry.host == host and (path == "/" or entry.path == path or entry.path.startswith(f"{path}/"))


def file_of(item: Any) -> tuple[str, dict[str, str]]:
    """URL and headers of one of a purge's files."""
    if isinstance(item, dict):
        headers = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
        return str(item.get("url", "")), headers
    return str(item), {}

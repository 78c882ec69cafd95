"""A router that knows Cloudflare's errors, and the ``Call`` that a handler is given.

Handlers are plain functions from a call to a reply. One process and one event loop run them, so a
call is one transaction: nothing else reads or writes the state while it runs. (Uploading a script is the
exception: it is tried out first.)
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from launchready.edge.api.envelope import RefusalError, Reply, error, refuse, unroutable
from launchready.edge.state import EdgeState, Json, Zone
from launchready.edge.workers import WorkerRuntime

HEX_ID = re.compile(r"[0-9a-f]{32}")
Handler = Callable[["Call"], "Reply | Awaitable[Reply]"]


@dataclass
class Call:
    """One request: where it goes, what it carries, and the state that it is about."""

    state: EdgeState
    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    """The decoded JSON body; for a form, its fields (files as text)."""
    params: dict[str, str] = field(default_factory=dict)
    workers: WorkerRuntime | None = None
    """What runs scripts, for those who upload one."""

    @cached_property
    def zone(self) -> Zone:
        """The zone that the path names."""
        zone = self.state.zones.get(self.params["zone_id"])
        if zone is None:
            raise refuse(404, 1001, "Invalid zone identifier")
        return zone

    def object(self, code: int = 9207) -> Json:
        """The body, which has to be a JSON object."""
        if not isinstance(self.body, dict):
            raise refuse(400, code, "Request body is invalid: expected a JSON object.")
        return self.body

    def now(self) -> str:
        """The edge's time as the API writes it."""
        return timestamp(self.state)


def timestamp(state: EdgeState) -> str:
    return state.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    named: tuple[str, _Node] | None = None
    handlers: dict[str, Handler] = field(default_factory=dict)


class Router:
    """Paths by segment; ``{x_id}`` takes 32 hex characters, any other ``{x}`` takes what comes."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        node = self._root
        for part in pattern.split("/"):
            if part.startswith("{"):
                node.named = node.named or (part[1:-1], _Node())
                if node.named[0] != part[1:-1]:
                    raise ValueError(f"{pattern}: {part} is already called {node.named[0]} here")
                node = node.named[1]
            else:
                node = node.fixed.setdefault(part, _Node())
        node.handlers[method] = handler

    def route(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Decorator: registers a handler and leaves it as it is."""

        def register(handler: Handler) -> Handler:
            self.add(method, pattern, handler)
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """The handler and the path's parameters, or the refusal that Cloudflare gives."""
        node, params = self._root, {}
        for part in path.strip("/").split("/"):
            following = node.fixed.get(part)
            if following is not None:
                node = following
                continue
            if node.named is None or not part:
                raise unroutable(path)
            name, node = node.named
            if name.endswith("_id") and not HEX_ID.fullmatch(part):
                raise unroutable(path)
            params[name] = part
        if not node.handlers:
            raise RefusalError(404, error(7000, "No route for that URI"))
        handler = node.handlers.get(method)
        if handler is None:
            raise RefusalError(
                405,
                error(7001, f"Method {method} not available for that URI."),
                headers={"Allow": ", ".join(sorted(node.handlers))},
            )
        return handler, params

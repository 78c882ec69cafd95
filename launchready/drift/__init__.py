"""Drift: declared, state and live side by side. It reads, and changes nothing, the state included.

found = await drift(client, edge=…, state=…)   →   Drift (items, what could not be found out)

canonical   the one form in which the sides are compared
api, live   Cloudflare's API by bulk reads
outside     the parent zone, the name servers, certificates, AWS
state       the Pulumi state, exported
compare     one thing over three sides; records, rules, zone, served, watch, variables use it
kinds       what a difference is: class, risk and why
fixes       the command that mends or adopts it
render      text, Markdown, JSON, SARIF
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from launchready.client_file.model import ClientFile
from launchready.declared import declare, resolve
from launchready.declared.types import Declared
from launchready.drift import records, rules, served, state, variables, watch, watch_edge, zone
from launchready.drift.api import BOUNDS, LIVE_API, ReadApi
from launchready.drift.compare import Run
from launchready.drift.fixes import Fixes
from launchready.drift.kinds import KINDS, Kinds
from launchready.drift.live import Live, read_live
from launchready.drift.outside import Outside, look
from launchready.drift.state import State, unknown
from launchready.drift.types import Difference, Drift, Item, Unfound
from launchready.errors import InputError, LaunchreadyError
from launchready.evidence.limits import Limits
from launchready.gateway.upstream import Bounds
from launchready.verify.world import world

__all__ = ["KINDS", "Drift", "Item", "Options", "State", "Unfound", "drift", "state", "unknown"]

_COMPARISONS = (records, rules, zone, served, watch_edge)
_ON_AWS = (watch, variables)


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``base_url`` and ``token``: of Cloudflare's API; with ``edge`` they are the edge's.

    ``edge``: an edge document, or None for the internet; ``edge_file``: its path, for the fixes. ``file``:
    the client file as a reader knows it. ``public``: look at DNS and certificates; ``aws``: look at AWS.
    """

    base_url: str = LIVE_API
    token: str = field(default="", repr=False)
    edge: Mapping[str, Any] | None = None
    edge_file: Path | None = None
    file: str = ""
    kinds: Kinds = KINDS
    bounds: Bounds = BOUNDS
    limits: Limits = field(default_factory=Limits)
    now: datetime | None = None
    resolver: str | None = None
    public: bool = True
    aws: bool = True


async def drift(client: ClientFile, the_state: Awaitable[State] | State, options: Options) -> Drift:
    """Compare a client's launch with its state and with what is live.

    ``the_state``: as ``state.export`` gives it, or ``unknown(reason)``. Raises InputError (no token, an
    incomplete edge document) and ApiError when Cloudflare can't be read at all.
    """
    began, now = time.monotonic(), options.now or datetime.now(UTC)
    declared = declare(client)
    base_url, token = _api(options)
    try:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(_state(the_state))
            looking = group.create_task(_look(declared, options))
            cloudflare = group.create_task(
                _cloudflare(ReadApi(base_url, token, bounds=options.bounds), declared, reading)
            )
    except BaseExceptionGroup as failed:
        if failed.split(LaunchreadyError)[1] is None:
            raise _first(failed) from None
        raise
    held, outside, (live, calls) = reading.result(), looking.result(), cloudflare.result()
    declared = resolve(declared, held.outputs)
    fixes = Fixes(client.client, declared.domain, live.zone_id, options.edge_file, options.file)
    run = Run(client, declared, held, live, outside, fixes, now)
    items = options.kinds.judge(_differences(run, aws=options.aws))
    skipped = [f"not asked, to stay within the calls: {what}" for what in live.skipped]
    return Drift(
        client.client,
        declared.domain,
        "live" if options.edge is None else "edge",
        now,
        time.monotonic() - began,
        calls,
        tuple(items),
        tuple(run.unfound),
        (*run.notes, *skipped),
        held.reason,
    )


def _first(group: BaseException) -> BaseException:
    """The error that a person is told of: the first of what failed together."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _api(options: Options) -> tuple[str, str]:
    if options.edge is not None:
        if "api" not in options.edge or "token" not in options.edge:
            raise InputError("the edge document has no api or no token", fix="write it anew: `launch edge`")
        return str(options.edge["api"]), str(options.edge["token"])
    if not options.token:
        raise InputError(
            "CLOUDFLARE_API_TOKEN is not set", fix="export it, or work against an edge with --edge"
        )
    return options.base_url, options.token


async def _state(given: Awaitable[State] | State) -> State:
    return given if isinstance(given, State) else await given


async def _look(declared: Declared, options: Options) -> Outside:
    where = world(declared, options.edge, options.resolver)
    return await look(declared, where, options.limits, public=options.public, aws=options.aws)


async def _cloudflare(api: ReadApi, declared: Declared, reading: asyncio.Task[State]) -> tuple[Live, int]:
    """What Cloudflare has. The state comes first: it tells which rulesets need no reading."""
    held = await reading
    async with api:
        return await read_live(api, declared, held), api.calls


def _differences(run: Run, *, aws: bool) -> list[Difference]:
    if run.live.zone is None:
        return list(zone.differences(run))
    other = list(zone.other_zone(run))
    if other:
        return other
    parts = (*_COMPARISONS, *_ON_AWS) if aws else _COMPARISONS
    return [found for part in parts for found in part.differences(run)]

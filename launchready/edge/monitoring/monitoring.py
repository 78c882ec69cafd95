"""The monitoring of an edge: checkers, alarms and deliveries, in the edge's own time.

Nothing runs, and moto is not loaded, until somebody speaks to AWS or a zone has a health check. From then
on time is played: second by second when the edge is left running, at once when its clock is advanced.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from launchready.edge.monitoring import cloud
from launchready.edge.monitoring.bridge import Bridge
from launchready.edge.monitoring.checks import HealthCheck
from launchready.edge.monitoring.cloudflare import CloudflareHealth
from launchready.edge.monitoring.network import Network
from launchready.edge.monitoring.outbox import Outbox
from launchready.edge.monitoring.prober import Prober
from launchready.edge.monitoring.timeline import Series, moments
from launchready.edge.monitoring.topics import Notification, Topics
from launchready.edge.monitoring.truth import teach
from launchready.edge.monitoring.watch import Watch
from launchready.edge.state import EdgeState

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
"""How often alarms are looked at in an edge that is left running, where nothing was probed."""
TICK_SECONDS = 2.0
"""How often an edge that is left running looks whether something is due."""
PRUNE_SECONDS = 600.0
CARRIED = 60
"""Datapoints at most that stand in for the rounds that were not played."""


class Monitoring:
    """``start`` it; call ``aws_started`` once moto runs; ``advance`` the clock through it; ``close`` it."""

    def __init__(self, state: EdgeState, network: Network) -> None:
        self._state = state
        self._outbox = Outbox()
        self._topics = Topics(state, self._outbox)
        self._bridge = Bridge(state, self._outbox)
        self._watch = Watch(state)
        self._prober = Prober(network, self._blind)
        self._zones = CloudflareHealth(state, network, self._outbox)
        self._playing = asyncio.Lock()
        self._ticking: asyncio.Task[None] | None = None
        self._untaught: Callable[[], None] | None = None
        self._pruned = self._looked = 0.0
        self._host = ""
        self._sink: Mapping[str, str] = {}

    # --- life -------------------------------------------------------------------------------

    async def start(self, host: str, sink: Mapping[str, str], ca: str) -> None:
        """``sink``: ``{"smtp": "host:port", "http": URL}``; ``ca``: the roots that Cloudflare trusts, PEM."""
        self._host, self._sink = host, sink
        self._outbox.start(sink["smtp"])
        self._bridge.sink = sink["http"]
        self._zones.start(sink["http"], ca)
        self._ticking = asyncio.create_task(self._tick())

    async def close(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._untaught is not None:
            self._untaught()
            self._untaught = None
        await self._topics.close()
        await self._outbox.close()

    async def aws_started(self) -> None:
        """moto is loaded and has not yet answered anything."""
        await self._topics.start(self._host, self._sink["http"])
        self._untaught = await asyncio.to_thread(teach, self)

    def owners(self, confirm: bool) -> None:
        """Whether owners open the link in a confirmation mail; if so, those who have one open it now."""
        self._state.owners_confirm = confirm
        if confirm:
            self._topics.confirm_waiting()

    # --- time -------------------------------------------------------------------------------

    async def advance(self, seconds: float) -> None:
        """Move the edge's clock on, and let everything happen that falls into that time."""
        async with self._playing:
            await self._play(seconds)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._untaught is None and not self._zones.busy():
                continue
            async with self._playing:
                try:
                    await self._play(0.0, idle=True)
                except Exception:
                    log.exception("the monitoring stumbled; it goes on")

    async def _play(self, seconds: float, *, idle: bool = False) -> None:
        """``idle``: nobody waits; what was looked at a moment ago needs no second look."""
        clock = self._state.clock
        begin, left = clock.now().timestamp(), max(0.0, seconds)
        checks = self._checks()
        series = [self._series(check, begin) for check in checks.values() if check.endpoint]
        if not checks and self._untaught is None and not self._zones.busy():
            clock.advance(left)
            await self._outbox.drain()
            return
        for at, due in moments([*series, *self._zones.series(begin)], begin, begin + left):
            step = min(max(0.0, at - clock.now().timestamp()), left)
            clock.advance(step)
            left -= step
            if idle and not due and at - self._looked < LOOK_SECONDS:
                continue
            await self._moment(at, due, checks)
        clock.advance(left)

    async def _moment(self, at: float, due: tuple[str, ...], checks: Mapping[str, HealthCheck]) -> None:
        """What happens at one moment: probes, their metrics, alarms, messages; in this order."""
        now = set(due)
        async with asyncio.TaskGroup() as group:
            for number in now & checks.keys():
                group.create_task(self._probe(checks[number], at))
            group.create_task(self._zones.probe(now - checks.keys(), at))
        if self._untaught is not None:
            self._publish(checks, now, at)
            self._watch.look()
            self._looked = at
        await self._outbox.drain()

    async def _probe(self, check: HealthCheck, at: float) -> None:
        await self._prober.probe(check, at)
        memory = self._prober.memory(check)
        memory.next_due = at + check.interval

    def _checks(self) -> dict[str, HealthCheck]:
        if self._untaught is None:
            return {}
        found = cloud.health_checks()
        self._prober.forget_all_but(found)
        return found

    def _series(self, check: HealthCheck, now: float) -> Series:
        memory = self._prober.memory(check)
        return Series(check.id, memory.next_due or now, check.interval, check.threshold)

    # --- metrics ----------------------------------------------------------------------------

    def _publish(self, checks: Mapping[str, HealthCheck], probed: set[str], at: float) -> None:
        """What Route 53 publishes: at each probe, and for the rounds that were not played."""
        known = dict(checks)
        for check in checks.values():
            memory = self._prober.memory(check)
            healthy = self._prober.status(check, known)
            step = max(float(check.interval), 10.0)
            if check.id not in probed and at - memory.published < step:
                continue
            for earlier in _between(memory.published, at, step):
                cloud.publish(check.account, check.id, _status(healthy), earlier)
            cloud.publish(check.account, check.id, _status(healthy) | self._latency(check, probed), at)
            memory.published = at
        if at - self._pruned > PRUNE_SECONDS:
            self._pruned = at
            cloud.prune(at)

    def _latency(self, check: HealthCheck, probed: set[str]) -> dict[str, float]:
        last = self._prober.memory(check).last
        if not check.latency or check.id not in probed or last is None or last.answer is None:
            return {}
        answer = last.answer
        times = {
            "ConnectionTime": answer.connected,
            "SSLHandshakeTime": max(0.0, answer.shaken - answer.connected) if answer.shaken else 0.0,
            "TimeToFirstByte": answer.first_byte,
        }
        return {name: value * 1000 for name, value in times.items() if value}

    # --- what moto asks (launchready.edge.monitoring.truth.Life) ------------------------------

    def now(self) -> datetime:
        return self._state.clock.now().astimezone(UTC).replace(tzinfo=None)

    def observations(self, check: Any, failures: bool) -> list[dict[str, Any]]:
        """One of each region where Route 53 has checkers: they all look from this machine."""
        known = cloud.health_checks()
        value = known[check.id]
        memory = self._prober.memory(value)
        last = memory.last_failure if failures else memory.last
        if last is None:
            return []
        report = {"Status": last.text, "CheckedTime": cloud.naive(last.at)}
        return [
            {"Region": region, "IPAddress": self._host, "StatusReport": report} for region in value.regions
        ]

    def changed(self, backend: Any, alarm: Any, old: str, since: datetime) -> None:
        self._watch.changed(backend, alarm, old, since)

    def history(self, backend: Any, name: str | None) -> list[dict[str, Any]]:
        return self._watch.history(backend, name)

    def subscribed(self, subscription: Any) -> None:
        self._topics.subscribed(subscription)

    def pending(self, subscription: Any) -> bool:
        return self._topics.pending(subscription)

    def confirm(self, token: str) -> Any | None:
        return self._topics.confirm(token)

    def deliver(self, subscription: Any, notification: Notification) -> None:
        self._topics.deliver(subscription, notification)

    def sms(self, number: str, text: str) -> None:
        self._topics.sms(number, text)

    def event(self, rule: Any, target: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        """API destinations and topics are ours; moto serves the others."""
        from moto.events.models import events_backends
        from moto.sns.models import sns_backends

        parts = [*str(target["Arn"]).split(":"), *[""] * 6]
        service, region, account, resource = parts[2], parts[3], parts[4], parts[5]
        if service == "sns":
            from launchready.edge.monitoring.bridge import transformed

            with contextlib.suppress(KeyError):
                topic = sns_backends[account][region].topics[str(target["Arn"])]
                topic.publish(transformed(target, event))
            return True
        if service != "events" or not resource.startswith("api-destination/"):
            return False
        backend = events_backends[account][region]
        destination = backend.destinations.get(resource.split("/")[1])
        if destination is not None:
            wanted = destination.connection_arn
            connection = next((c for c in list(backend.connections.values()) if c.arn == wanted), None)
            self._bridge.send(target, destination, connection, event)
        return True

    def _blind(self, check: HealthCheck) -> bool:
        """The defect ``monitor.blind`` on the check's name or id."""
        places = (check.name or "", check.id)
        return any(place and self._state.defect("monitor.blind", place) for place in places)


def _status(healthy: bool) -> dict[str, float]:
    return {"HealthCheckStatus": float(healthy), "HealthCheckPercentageHealthy": 100.0 * healthy}


def _between(published: float, at: float, step: float) -> list[float]:
    """The moments since the last datapoint that need one: the last ``CARRIED`` at most."""
    if not published:
        return []
    count = int((at - published) / step)
    missing = [at - step * back for back in range(1, min(count, CARRIED) + 1)]
    return [moment for moment in reversed(missing) if moment > published + step / 2]

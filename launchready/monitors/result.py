"""What came of a drill, and its document (``launchready.drill/1``, schema beside this file)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SCHEMA = "launchready.drill/1"


@dataclass(slots=True)
class Channel:
    """One way to one owner. ``kind``: email, sms or slack; times are when the message was there."""

    kind: str
    to: str
    """The address or number; for Slack ``slack``, since its URL is a secret."""
    alarm_at: datetime | None = None
    ok_at: datetime | None = None

    @property
    def name(self) -> str:
        """How a person names it: ``email:ops@acme.example``."""
        return self.kind if self.kind == "slack" else f"{self.kind}:{self.to}"


@dataclass(slots=True)
class Drill:
    """A whole drill. ``problems`` is empty when it proved what it had to."""

    client: str
    domain: str
    target: str
    """``edge`` or ``live``."""
    url: str
    health_check: str
    alarm: str
    alarm_arn: str
    interval: int
    failure_threshold: int
    limit: float
    """Seconds within which the alert had to arrive."""
    method: str
    """How it was broken."""
    started: datetime
    channels: list[Channel]
    broken_at: datetime | None = None
    alarm_at: datetime | None = None
    mended_at: datetime | None = None
    ok_at: datetime | None = None
    recorded: bool = False
    """Is it written where ``launch verify`` finds it?"""
    problems: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    """What nobody could tell: it is no failure, and no proof either."""

    @property
    def proved(self) -> bool:
        return not self.problems and not self.unproved

    @property
    def exit_code(self) -> int:
        """0 proved; 1 an alert did not arrive, or came too late; 3 nobody could tell."""
        return 1 if self.problems else 3 if self.unproved else 0

    @property
    def seconds(self) -> float | None:
        """From breaking to the last channel's alert; None while one is missing."""
        if self.broken_at is None or not self.channels or any(c.alarm_at is None for c in self.channels):
            return None
        return max((c.alarm_at - self.broken_at).total_seconds() for c in self.channels if c.alarm_at)


def to_document(drill: Drill) -> dict[str, Any]:
    """JSON of the schema ``launchready.drill/1``."""
    return {
        "schema": SCHEMA,
        "client": drill.client,
        "domain": drill.domain,
        "target": drill.target,
        "started": _stamp(drill.started),
        "proved": drill.proved,
        "seconds": None if drill.seconds is None else round(drill.seconds, 1),
        "limit_seconds": drill.limit,
        "method": drill.method,
        "monitor": {
            "url": drill.url,
            "health_check": drill.health_check,
            "alarm": drill.alarm,
            "interval": drill.interval,
            "failure_threshold": drill.failure_threshold,
        },
        "broken_at": _stamp(drill.broken_at),
        "alarm_at": _stamp(drill.alarm_at),
        "mended_at": _stamp(drill.mended_at),
        "ok_at": _stamp(drill.ok_at),
        "channels": [
            {"kind": c.kind, "to": c.to, "alarm_at": _stamp(c.alarm_at), "ok_at": _stamp(c.ok_at)}
            for c in drill.channels
        ],
        "recorded": drill.recorded,
        "problems": drill.problems,
        "unproved": drill.unproved,
    }


def render(drill: Drill) -> str:
    """The same for a person."""
    lines = [f"drill of {drill.url} ({drill.target}): {drill.method}"]
    lines += [
        f"  {channel.name:<40} {_after(drill.broken_at, channel.alarm_at, 'alert')}"
        f"{_after(drill.mended_at, channel.ok_at, ', all clear')}"
        for channel in drill.channels
    ]
    lines += [f"  failed: {problem}" for problem in drill.problems]
    lines += [f"  not proved: {what}" for what in drill.unproved]
    if drill.proved:
        lines.append(f"proved: every owner was told within {drill.seconds:.0f} s (limit {drill.limit:.0f} s)")
    return "\n".join(lines)


def _after(since: datetime | None, at: datetime | None, what: str) -> str:
    if since is None or at is None:
        return f"no {what.strip(', ')}" if not what.startswith(",") else ""
    return f"{what} after {(at - since).total_seconds():.0f} s"


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

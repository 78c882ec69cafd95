"""A Route 53 health check as its checkers see it: what to ask, and what follows from the answers.

Source: Amazon Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus

from launchready.edge.monitoring.request import Answer, Limits

SEARCHED_BYTES = 5120
"""The search string must lie whole in the first bytes of the body."""
LIMITS = Limits(connect=4.0, status=2.0, body=2.0)
TCP_SECONDS = 10.0
REGIONS = ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2",
           "ap-northeast-1", "sa-east-1")  # fmt: skip
"""Where Route 53's checkers are, when a health check names none."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One health check's configuration.

    ``type``: HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, CALCULATED.
    """

    id: str
    account: str
    type: str
    name: str | None
    """The fully qualified domain name: resolved unless there is an address; the Host header and the SNI."""
    address: str | None
    port: int
    path: str
    search: str
    interval: int
    threshold: int
    inverted: bool
    disabled: bool
    sni: bool
    latency: bool
    regions: tuple[str, ...]
    children: tuple[str, ...]
    healthy_children: int

    @property
    def endpoint(self) -> bool:
        """Does it look at an endpoint of its own (and not at other health checks)?"""
        return self.type in ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")

    @property
    def secure(self) -> bool:
        return self.type.startswith("HTTPS")

    @property
    def host_header(self) -> str:
        """Name or address, with the port where it is not the scheme's own."""
        host = self.name or self.address or ""
        shown = f"[{host}]" if ":" in host else host
        return shown if self.port == (443 if self.secure else 80) else f"{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one probe saw, at edge time ``at`` (seconds since the epoch)."""

    ok: bool
    text: str
    at: float
    address: str = ""
    answer: Answer | None = None


@dataclass(slots=True)
class Memory:
    """What the checkers remember of one health check."""

    healthy: bool = True
    """Route 53 takes a new health check for healthy until it knows better."""
    row: int = 0
    """Consecutive results that contradict ``healthy``."""
    next_due: float = 0.0
    published: float = 0.0
    last: Observation | None = None
    last_failure: Observation | None = None
    seen: deque[Observation] = field(default_factory=lambda: deque(maxlen=32))

    def take(self, observation: Observation, threshold: int) -> None:
        """``threshold`` results in a row turn the status, either way."""
        self.last = observation
        self.seen.append(observation)
        if not observation.ok:
            self.last_failure = observation
        if observation.ok == self.healthy:
            self.row = 0
            return
        self.row += 1
        if self.row >= threshold:
            self.healthy, self.row = observation.ok, 0


def reported(check: HealthCheck, healthy: bool) -> bool:
    """The status that everyone sees: a disabled check counts as healthy, an inverted one as the opposite."""
    return (healthy or check.disabled) != check.inverted


def judge(check: HealthCheck, answer: Answer, at: float, address: str) -> Observation:
    """What Route 53 makes of an answer."""
    resolved = f" Resolved IP: {address}." if check.name and not check.address else ""

    def say(ok: bool, text: str) -> Observation:
        return Observation(ok, f"{'Success' if ok else 'Failure'}: {text}.{resolved}", at, address, answer)

    if answer.failure and answer.failure != "body":
        return say(False, _FAILURES[answer.failure].format(detail=answer.detail))
    if answer.status is None:
        return say(True, "TCP connection established")
    line = f"HTTP Status Code {answer.status}, {_reason(answer)}"
    if not 200 <= answer.status < 400:
        return say(False, line)
    if check.search:
        if answer.failure == "body":
            return say(False, f"{line}; {answer.detail}")
        if check.search.encode() not in answer.body[:SEARCHED_BYTES]:
            return say(False, f"{line}; the search string is not in the first {SEARCHED_BYTES} bytes")
    return say(True, line)


_FAILURES = {
    "connect": "the TCP connection failed: {detail}",
    "connect-timeout": "the TCP connection timed out: {detail}",
    "tls": "the SSL handshake failed: {detail}",
    "timeout": "the HTTP response timed out: {detail}",
    "protocol": "no HTTP response: {detail}",
}


def _reason(answer: Answer) -> str:
    try:
        return answer.reason or HTTPStatus(answer.status or 0).phrase
    except ValueError:
        return "unknown"

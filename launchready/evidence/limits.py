"""How long, how much and how many at once: the limits of a run, all in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts. The defaults suit the internet; tests on loopback pass shorter ones."""

    dns_timeouts: tuple[float, ...] = (1.0, 2.0, 3.0)
    """One per try over UDP, in seconds; the last is also TCP's."""
    dns_in_flight: int = 64
    """Questions that may be open at one server at a time."""
    dns_give_up_after: int = 8
    """A server that left this many questions unanswered, and answered none, is not asked again."""
    connect_timeout: float = 5.0
    handshake_timeout: float = 6.0
    http_timeout: float = 12.0
    """From the request's first byte to the body's last."""
    body_bytes: int = 1_000_000
    header_bytes: int = 65_536
    connections: int = 32
    connections_per_host: int = 6
    host_seconds: float = 90.0
    """What one host may take of a run, waiting for its turn not counted."""
    run_seconds: float = 600.0
    agree: int = 3
    """Independent connections that must show the same before a host is judged."""
    aws_seconds: float = 20.0
    """One read of AWS, all its pages and tries."""
    aws_reads: int = 4
    """Reads of AWS at once; each holds a thread."""
    aws_pages: int = 50
    rounds: int = 24
    """How often one answer may lead to further questions."""

"""How long a refusal asks to wait, as a header says it: whatever a server writes there."""

from __future__ import annotations

MOST_DIGITS = 9


def seconds_in(header: str | None) -> float | None:
    """A Retry-After in seconds (RFC 9110 §10.2.3); None without one, for a date, and for anything else."""
    told = (header or "").strip()
    return float(told) if told.isascii() and told.isdigit() and len(told) <= MOST_DIGITS else None

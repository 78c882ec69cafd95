"""A LOC record's ``data`` as the API shows it → its presentation form (RFC 1876)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def loc_text(data: Mapping[str, Any]) -> str:
    """``37 46 46 N 122 23 35 W 0m 100m 0m 0m`` from degrees, minutes, seconds and metres."""
    place = " ".join(
        f"{int(data[f'{axis}_degrees'])} {int(data.get(f'{axis}_minutes', 0))} "
        f"{float(data.get(f'{axis}_seconds', 0)):.3f} {data[f'{axis}_direction']}"
        for axis in ("lat", "long")
    )
    metres = " ".join(
        f"{float(data.get(key, default)):.2f}m"
        for key, default in (("altitude", 0), ("size", 0), ("precision_horz", 0), ("precision_vert", 0))
    )
    return f"{place} {metres}"

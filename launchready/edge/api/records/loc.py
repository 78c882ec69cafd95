"""LOC records: eleven numbers that read as one line (RFC 1876 §3)."""

from __future__ import annotations

import re
from typing import Any

from launchready.edge.api.fields import is_kind
from launchready.edge.state import Json

_RANGES: dict[str, tuple[float, float, float | None]] = {
    "lat_degrees": (0, 90, None),
    "lat_minutes": (0, 59, 0),
    "lat_seconds": (0, 59.999, 0),
    "long_degrees": (0, 180, None),
    "long_minutes": (0, 59, 0),
    "long_seconds": (0, 59.999, 0),
    "altitude": (-100000, 42849672.95, 0),
    "size": (0, 90000000, 1),
    "precision_horz": (0, 90000000, 10000),
    "precision_vert": (0, 90000000, 10),
}
_LINE = re.compile(
    r"(?P<lat_degrees>\d+)(?:\s+(?P<lat_minutes>\d+)(?:\s+(?P<lat_seconds>[\d.]+))?)?\s+(?P<lat_direction>[NS])\s+"
    r"(?P<long_degrees>\d+)(?:\s+(?P<long_minutes>\d+)(?:\s+(?P<long_seconds>[\d.]+))?)?\s+(?P<long_direction>[EW])"
    r"\s+(?P<altitude>-?[\d.]+)m?(?:\s+(?P<size>[\d.]+)m?(?:\s+(?P<precision_horz>[\d.]+)m?"
    r"(?:\s+(?P<precision_vert>[\d.]+)m?)?)?)?"
)


def data(given: Json) -> Json:
    """Normalised ``data``; ValueError names the field."""
    made: Json = {}
    for name, (low, high, default) in _RANGES.items():
        value: Any = given.get(name)
        if value is None:
            value = default
        if value is None or not is_kind(value, "number") or not low <= value <= high:
            raise ValueError(f"data.{name} must be a number from {low} to {high}")
        made[name] = int(value) if float(value).is_integer() else value
    for name, allowed in (("lat_direction", "NS"), ("long_direction", "EW")):
        if given.get(name) not in list(allowed):
            raise ValueError(f"data.{name} must be one of {', '.join(allowed)}")
        made[name] = given[name]
    return made


def content(made: Json) -> str:
    north = f"{made['lat_degrees']} {made['lat_minutes']} {made['lat_seconds']:.3f} {made['lat_direction']}"
    east = (
        f"{made['long_degrees']} {made['long_minutes']} {made['long_seconds']:.3f} {made['long_direction']}"
    )
    rest = " ".join(f"{made[k]:.2f}m" for k in ("altitude", "size", "precision_horz", "precision_vert"))
    return f"{north} {east} {rest}"


def parse(text: str) -> Json:
    match = _LINE.fullmatch(text.strip())
    if match is None:
        raise ValueError("content is no LOC record")
    found: Json = {}
    for name, value in match.groupdict().items():
        if value is not None:
            found[name] = value if name.endswith("direction") else float(value)
    return data(found)

"""LOC: where on Earth (RFC 1876). Degrees, minutes and seconds; altitude, size and precisions in metres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, number, string, structured

_FIELDS = frozenset(
    {
        "lat_degrees", "lat_minutes", "lat_seconds", "lat_direction",
        "long_degrees", "long_minutes", "long_seconds", "long_direction",
        "altitude", "size", "precision_horz", "precision_vert",
    }
)  # fmt: skip


def _text(data: Mapping[str, Any], given: Given) -> str:
    metres = " ".join(
        f"{_decimal(data, field, default)}m"
        for field, default in (
            ("altitude", None),
            ("size", 1),
            ("precision_horz", 10_000),
            ("precision_vert", 10),
        )
    )
    return f"{_angle_text(data, 'lat', 90)} {_angle_text(data, 'long', 180)} {metres}"


def _angle_text(data: Mapping[str, Any], axis: str, most: int) -> str:
    degrees, minutes = number(data, f"{axis}_degrees", most), number(data, f"{axis}_minutes", 59)
    return f"{degrees} {minutes} {_decimal(data, f'{axis}_seconds')} {string(data, f'{axis}_direction')}"


def _rdata(parsed: Any, given: Given) -> Rdata:
    data = {
        **_angle(parsed.latitude, "lat", "NS"),
        **_angle(parsed.longitude, "long", "EW"),
        "altitude": _plain(parsed.altitude / 100),
        "size": _plain(parsed.size / 100),
        "precision_horz": _plain(parsed.horizontal_precision / 100),
        "precision_vert": _plain(parsed.vertical_precision / 100),
    }
    angles = " ".join(_angle_text(data, axis, most) for axis, most in (("lat", 90), ("long", 180)))
    metres = f"{data['altitude']}m {data['size']}m {data['precision_horz']}m {data['precision_vert']}m"
    return Rdata(f"{angles} {metres}", data)


def _angle(parts: tuple[int, int, int, int, int], axis: str, directions: str) -> dict[str, Any]:
    degrees, minutes, seconds, thousandths, sign = parts
    return {
        f"{axis}_degrees": degrees,
        f"{axis}_minutes": minutes,
        f"{axis}_seconds": _plain(seconds + thousandths / 1000),
        f"{axis}_direction": directions[0] if sign > 0 else directions[1],
    }


def _decimal(data: Mapping[str, Any], field: str, default: int | None = None) -> int | float:
    value = data.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"data.{field} must be a number, not {value!r}")
    return _plain(value)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 3)


TYPES: dict[str, Canonicaliser] = {"LOC": structured("LOC", _FIELDS, _text, _rdata)}

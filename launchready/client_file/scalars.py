"""The scalar types of a client file, each as lenient as a person is and no more.

YAML and the Pulumi engine hand the same value over in different clothes: ``1.2`` is a number to
both, a date a string to one and ``2027-01-31 00:00:00 +0000 UTC`` to the other, an unquoted
account id an integer. These types undress them; each carries the JSON Schema of what is accepted.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Tag, WithJsonSchema

from launchready.client_file.names import to_ascii


class YamlInt(int):
    """An integer that remembers how the file wrote it (leading zeros are part of an id)."""

    text: str


class YamlFloat(float):
    """A float that remembers how the file wrote it (an id such as ``1e5…`` looks like one)."""

    text: str


def scalar_text(value: object) -> object:
    """A string for a string or a number; anything else unchanged, for pydantic to refuse."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, YamlInt | YamlFloat):
        return value.text
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{value:.1f}"
    if isinstance(value, int | float):
        return str(value)
    return value


def one_or_many(value: object) -> object:
    """A list for a single string, so that ``address: 203.0.113.10`` works."""
    value = scalar_text(value)
    return (value,) if isinstance(value, str) else value


_DURATION = re.compile(r"(\d+)\s*(s|m|h|d|w|y)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}


def seconds(value: object) -> object:
    """Seconds of ``30``, ``"30s"``, ``"5m"``, ``"1h"``, ``"7d"``, ``"2w"`` or ``"1y"`` (365 days)."""
    text = scalar_text(value)
    if isinstance(text, str):
        match = _DURATION.fullmatch(text.strip().lower())
        if match is None:
            raise ValueError(f"{text!r} is no duration; write 30s, 5m, 1h, 7d or 1y")
        return int(match[1]) * _UNITS[match[2] or "s"]
    return value


def ttl_seconds(value: object) -> object:
    """``auto`` is 1, Cloudflare's automatic TTL; else a duration."""
    if isinstance(value, str) and value.strip().lower() in ("auto", "automatic"):
        return 1
    return seconds(value)


def true_or_false(value: object) -> object:
    """Only true and false: ``yes`` and ``on`` are strings in YAML 1.2."""
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("true", "false"):
            return word == "true"
        raise ValueError(f"{value!r} is neither true nor false")
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


_ENGINE_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00:00(?:\.0+)?(?:Z| ?\+0000 UTC| ?\+00:00)?")


def calendar_date(value: object) -> object:
    """A date of ``2027-01-31`` or of the engine's ``2027-01-31 00:00:00 +0000 UTC``."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        text = value.strip()
        match = _ENGINE_DATE.fullmatch(text)
        try:
            return date.fromisoformat(match[1] if match else text)
        except ValueError:
            raise ValueError(f"{value!r} is no date; write it as 2027-01-31") from None
    if isinstance(value, date):
        return value
    raise ValueError(f"{value!r} is no date; write it as 2027-01-31")


def host_name(value: object) -> object:
    """A DNS name as lower-case A-labels without a trailing dot."""
    text = scalar_text(value)
    return to_ascii(text) if isinstance(text, str) else text


def upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _schema(kind: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema(kind, mode="validation")


_STRINGS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_DURATIONS = {
    "oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+\s*[smhdwy]?$"}]
}

Text = Annotated[str, BeforeValidator(scalar_text), _schema({"type": "string"})]
Id = Annotated[str, BeforeValidator(lambda v: lower(scalar_text(v))), _schema({"type": "string"})]
Texts = Annotated[tuple[Text, ...], BeforeValidator(one_or_many), _schema(_STRINGS)]
Bool = Annotated[bool, BeforeValidator(true_or_false)]
Seconds = Annotated[int, BeforeValidator(seconds), _schema(_DURATIONS)]
Ttl = Annotated[
    int,
    BeforeValidator(ttl_seconds),
    _schema({"oneOf": [{"const": "auto"}, *_DURATIONS["oneOf"]], "default": 1}),
]
Day = Annotated[date, BeforeValidator(calendar_date), _schema({"type": "string", "format": "date"})]
HostName = Annotated[str, BeforeValidator(host_name), _schema({"type": "string"})]
UpperText = Annotated[str, BeforeValidator(lambda v: upper(scalar_text(v))), _schema({"type": "string"})]

WORD, MAPPING = "<word>", "<mapping>"
TAGS = frozenset({WORD, MAPPING, "<preset>"})
"""Union branches, as they show in pydantic's error locations; the loader strips them."""
Word, Mapped = Tag(WORD), Tag(MAPPING)


def shape(value: object) -> str:
    """Which branch of a word-or-mapping union a value means."""
    return WORD if isinstance(value, str) else MAPPING

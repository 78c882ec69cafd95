"""The model's mail side, continued: senders in detail, SPF flattening, the stages of DMARC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from launchready.client_file.base import Strict
from launchready.client_file.scalars import (
    MAPPING,
    WORD,
    Day,
    Seconds,
    Text,
    Texts,
    lower,
    scalar_text,
)

PRESET = "<preset>"
"""The branch of a sender that is a preset with options."""

Policy = Literal["none", "quarantine", "reject"]


class PresetSender(Strict):
    """A sender with a preset, and what is special about it here."""

    preset: Annotated[Text, BeforeValidator(lower)]
    """Name of the preset, as `launch mail presets` lists them."""
    region: Annotated[Text, BeforeValidator(lower)] | None = None
    """The provider's region or data centre, such as eu or eu-west-1."""
    account: Annotated[Text, BeforeValidator(lower)] | None = None
    """The part of the provider's names that is this account's; with it the DKIM CNAMEs are declared."""
    return_path: Annotated[Text, BeforeValidator(lower)] | None = None
    """A custom return path below the domain, such as pm-bounces; its records are declared."""


def sender_shape(value: object) -> str:
    """Which branch of ``senders`` a value means: a word, a preset with options, or a custom sender."""
    if isinstance(value, str):
        return WORD
    is_preset = isinstance(value, PresetSender) or (isinstance(value, Mapping) and "preset" in value)
    return PRESET if is_preset else MAPPING


def true_or_names(value: object) -> object:
    """``true``, ``false``, or the names to choose; a single name is a list of one."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return (value,) if isinstance(value, str) else value


class Spf(Strict):
    """How the SPF record is published."""

    flatten: Annotated[bool | Texts, BeforeValidator(true_or_names)] = False
    """true, or names of senders: their includes are published as addresses (`launch spf flatten`)."""
    max_age: Seconds = 30 * 86_400
    """Seconds after which flattened addresses count as old."""


class SpfFlattened(Strict):
    """What includes resolved to when `launch spf flatten` last ran. Written by it; reviewed like code."""

    taken: Day
    """The day on which the includes were resolved."""
    includes: dict[Text, Texts] = Field(default={})
    """Include → the SPF terms that stand for it."""
    lookups: dict[Text, int] = Field(default={})
    """Term that is kept → its DNS look-ups, where they are more than one."""


class DmarcStage(Strict):
    """One stage of the way to reject."""

    policy: Policy
    """What receivers do with mail that fails, in this stage."""
    until: Day | None = None
    """The last day of the stage; the last stage has none."""


def stage(value: object) -> object:
    """A stage given by its policy alone."""
    value = scalar_text(value)
    return {"policy": value.strip().lower()} if isinstance(value, str) else value


class _WordToo:
    """In the JSON Schema a stage may be its policy alone, as ``stage`` takes it."""

    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"oneOf": [{"enum": list(get_args(Policy))}, handler(schema)]}


Stage = Annotated[DmarcStage, BeforeValidator(stage), _WordToo]

__all__ = ["DmarcStage", "Policy", "PresetSender", "Spf", "SpfFlattened", "Stage", "sender_shape"]

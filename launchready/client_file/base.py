"""The base of every part of the model, and the secret leaf.

A secret never shows: neither in a repr, nor in an error, nor in a dump.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from launchready.errors import InputError


class Strict(BaseModel):
    """Immutable, and an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # the whole file's model builds its parts; alone, few of them are ever needed
    )


class Secret:
    """A leaf that Pulumi encrypts: ``{secure: v1:…}`` in the file, its plain text under the engine.

    Two secrets are equal when they come from the same ciphertext, however each was read.
    ``reveal`` is the only way to the plain text; it raises InputError when nothing can decrypt it.
    """

    __slots__ = ("_opener", "ciphertext")

    def __init__(self, ciphertext: str, opener: Callable[[], str] | None = None) -> None:
        self.ciphertext = ciphertext
        self._opener = opener

    @classmethod
    def of(cls, value: object) -> Secret:
        """From the file's ``{secure: …}``; a plain string is refused, since it would lie in clear."""
        if isinstance(value, Secret):
            return value
        if isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str):
            return cls(value["secure"])
        raise ValueError("must be encrypted: {secure: …}, as `pulumi config set --secret --path` writes it")

    def opened_by(self, opener: Callable[[], str]) -> Secret:
        """The same secret with a way to decrypt it."""
        return Secret(self.ciphertext, opener)

    def reveal(self) -> str:
        """The plain text."""
        if self._opener is None:
            raise InputError(
                "this secret can't be read: nothing to decrypt it with",
                fix="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
            )
        return self._opener()

    def __repr__(self) -> str:
        return "Secret('****')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.ciphertext == self.ciphertext

    def __hash__(self) -> int:
        return hash(self.ciphertext)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of, serialization=core_schema.plain_serializer_function_ser_schema(lambda _: "****")
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
            "description": "A value encrypted by `pulumi config set --secret --path`.",
        }

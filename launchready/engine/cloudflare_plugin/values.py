"""The engine's property values as plain Python, with two additions: secrets and unknowns.

On the wire a property map is a ``google.protobuf.Struct``. A secret is an object that carries a
signature key; an unknown (known only after another resource exists) is one of seven fixed strings.
Both are constants of the engine's protocol (sdk/go/common/resource/plugin/rpc.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
UNKNOWN_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        UNKNOWN_WIRE,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine encrypts in its state; its text form hides it."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


class Unknown:
    """A value that a preview cannot know."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """A property map as Python values: whole numbers as ints, Secret and UNKNOWN in place."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE_KEY in fields and fields[SIGNATURE_KEY].string_value == SECRET_SIGNATURE:
            return Secret(_from_value(fields["value"]))
        return from_struct(value.struct_value)
    return None


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The wire form. Keys whose value is None are left out."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if value is not None:
            _fill(struct.fields[key], value)
    return struct


def _fill(target: struct_pb2.Value, value: Any) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, Unknown):
        target.string_value = UNKNOWN_WIRE
    elif isinstance(value, Secret):
        fields = target.struct_value.fields
        fields[SIGNATURE_KEY].string_value = SECRET_SIGNATURE
        _fill(fields["value"], value.value)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.CopyFrom(to_struct(value))
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        for item in value:
            _fill(target.list_value.values.add(), item)
    else:
        raise TypeError(f"a property value can't be a {type(value).__name__}")


def plain(value: Any) -> Any:
    """The value with every secret unwrapped; unknowns stay."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def is_known(value: Any) -> bool:
    """Whether no part of the value is unknown."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, Secret):
        return is_known(value.value)
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    return True


def has_secret(value: Any) -> bool:
    """Whether any part of the value is a secret."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return False


def secret_strings(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Every string inside a secret: what no message may show."""
    if isinstance(value, Secret):
        yield from secret_strings(value.value, inside=True)
    elif isinstance(value, dict):
        for item in value.values():
            yield from secret_strings(item, inside=inside)
    elif isinstance(value, list):
        for item in value:
            yield from secret_strings(item, inside=inside)
    elif inside and isinstance(value, str) and value:
        yield value


def keep_secrets(outputs: Mapping[str, Any], *sources: Mapping[str, Any]) -> Properties:
    """Outputs with a property made secret wherever a source holds a secret under the same key."""
    marked = {key for source in sources for key, value in source.items() if has_secret(value)}
    return {key: Secret(plain(value)) if key in marked else value for key, value in outputs.items()}

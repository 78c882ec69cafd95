"""Readers of the rules language's literals: each takes (text, place) and returns (value, next place).

Strings are UTF-8 bytes. Source: developers.cloudflare.com/ruleset-engine/rules-language/values/.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

Reader = Callable[[str, int], tuple[Any, int]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class LiteralError(ValueError):
    """Not a literal of the wanted form; the text says why."""


_RAW_OPEN = re.compile(r'r(#{0,255})"')
_INTEGER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_NATURAL = re.compile(r"[0-9]+")
_BYTES = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+")
_ADDRESS = re.compile(r"[0-9a-fA-F:]+(?:\.[0-9]+){3}|[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_NETWORK = re.compile(r"(?:[0-9a-fA-F]|:|\.(?!\.))+(?:/[0-9]*)?")
_LIST = re.compile(r"[a-z0-9_.]+")
_LOW, _HIGH = -(2**63), 2**63 - 1


def quoted_ahead(text: str, at: int) -> bool:
    return text.startswith('"', at) or _RAW_OPEN.match(text, at) is not None


def string_ahead(text: str, at: int) -> bool:
    """A string, quoted, raw or as hexadecimal bytes."""
    return quoted_ahead(text, at) or _BYTES.match(text, at) is not None


def string(text: str, at: int) -> tuple[bytes, int]:
    """``"…"`` with the escapes ``\\"``, ``\\\\``, ``\\xHH`` and ``\\OOO``, or ``r#"…"#``."""
    raw = _raw(text, at)
    if raw is not None:
        return raw
    if not text.startswith('"', at):
        raise LiteralError("expected a string in quotes")
    out, at = bytearray(), at + 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return bytes(out), at + 1
        if char == "\\":
            byte, at = _escape(text, at + 1)
            out.append(byte)
        else:
            out += char.encode("utf-8", "surrogatepass")
            at += 1
    raise LiteralError("the string has no closing quote")


def string_or_bytes(text: str, at: int) -> tuple[bytes, int]:
    """A string, or at least two hexadecimal bytes such as ``61:62``."""
    if quoted_ahead(text, at):
        return string(text, at)
    found = _BYTES.match(text, at)
    if found is None:
        raise LiteralError("expected a string in quotes")
    return bytes.fromhex(found[0].replace(":", "")), found.end()


def regex_string(text: str, at: int) -> tuple[bytes, int]:
    """Like a string, but only ``\\"`` is an escape: the rest belongs to the expression."""
    raw = _raw(text, at)
    if raw is not None:
        return raw
    if not text.startswith('"', at):
        raise LiteralError("expected a regular expression in quotes")
    out: list[str] = []
    at += 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return "".join(out).encode("utf-8", "surrogatepass"), at + 1
        if char == "\\" and at + 1 < len(text):
            out.append('"' if text[at + 1] == '"' else text[at : at + 2])
            at += 2
        else:
            out.append(char)
            at += 1
    raise LiteralError("the regular expression has no closing quote")


def integer(text: str, at: int) -> tuple[int, int]:
    """64 bits; decimal, ``0x`` hexadecimal, or octal with a leading zero."""
    found = _INTEGER.match(text, at)
    if found is None:
        raise LiteralError("expected a whole number")
    digits = found[0].lstrip("-")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX"
    try:
        value = int(digits, 8 if octal else 0)
    except ValueError:
        raise LiteralError(f"{found[0]} is not a whole number") from None
    value = -value if found[0][0] == "-" else value
    if not _LOW <= value <= _HIGH:
        raise LiteralError(f"{found[0]} does not fit 64 bits")
    return value, found.end()


def natural(text: str, at: int) -> tuple[int, int]:
    found = _NATURAL.match(text, at)
    if found is None:
        raise LiteralError('expected a key in quotes, a number or "*"')
    return int(found[0]), found.end()


def integer_range(text: str, at: int) -> tuple[tuple[int, int], int]:
    """``5`` or ``5..9``, both ends included."""
    low, at = integer(text, at)
    if not text.startswith("..", at):
        return (low, low), at
    high, at = integer(text, at + 2)
    if low > high:
        raise LiteralError("the range's start is above its end")
    return (low, high), at


def address(text: str, at: int) -> tuple[Address, int]:
    found = _ADDRESS.match(text, at)
    if found is None:
        raise LiteralError("expected an IP address")
    try:
        value = ipaddress.ip_address(found[0])
    except ValueError as error:
        raise LiteralError(str(error)) from None
    if text.startswith("/", found.end()):
        raise LiteralError("expected one address, not a network")
    return value, found.end()


def address_range(text: str, at: int) -> tuple[tuple[Address, Address], int]:
    """An address, ``a..b`` or a CIDR network without host bits; as (first, last).

    Cloudflare's parser fills an IPv4 address that is cut short with zeros: ``10/8``, ``10.1``.
    """
    found = _NETWORK.match(text, at)
    if found is None:
        raise LiteralError("expected an IP address or a network")
    if text.startswith("..", found.end()):
        low, at = address(text, at)
        high, at = address(text, at + 2)
        if low.version != high.version or int(low) > int(high):
            raise LiteralError("the range's start is above its end")
        return (low, high), at
    start, slash, length = found[0].partition("/")
    if ":" not in start:
        start += ".0" * (3 - start.count("."))
    try:
        network = ipaddress.ip_network(start + slash + length)
    except ValueError as error:
        raise LiteralError(str(error)) from None
    return (network[0], network[-1]), found.end()


def list_name(text: str, at: int) -> tuple[str, int]:
    """The name of an account list, after ``$``."""
    found = _LIST.match(text, at)
    if found is None:
        raise LiteralError("expected a list's name: lower-case letters, digits and _")
    return found[0], found.end()


def _raw(text: str, at: int) -> tuple[bytes, int] | None:
    opening = _RAW_OPEN.match(text, at)
    if opening is None:
        return None
    closing = '"' + opening[1]
    end = text.find(closing, opening.end())
    if end < 0:
        raise LiteralError("the raw string has no end")
    return text[opening.end() : end].encode("utf-8", "surrogatepass"), end + len(closing)


def _escape(text: str, at: int) -> tuple[int, int]:
    char = text[at : at + 1]
    if char in ('"', "\\"):
        return ord(char), at + 1
    if char == "x":
        digits = text[at + 1 : at + 3]
        if re.fullmatch("[0-9a-fA-F]{2}", digits):
            return int(digits, 16), at + 3
    elif re.fullmatch("[0-3][0-7]{2}", text[at : at + 3]):
        return int(text[at : at + 3], 8), at + 3
    raise LiteralError('in a string only \\", \\\\, \\xHH and \\OOO may be escaped')

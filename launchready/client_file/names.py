"""Host names: to lower-case A-labels, relative to a zone, and back.

A name in a client file may be Unicode, upper-case, full or short, with or without a trailing
dot. Everything past the loader sees one form: lower-case A-labels without a trailing dot, and,
inside the zone, relative to it ("@" is the apex).
"""

from __future__ import annotations

import re

import idna

MAX_LABEL = 63
MAX_NAME = 253

_PLAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def to_ascii(name: str) -> str:
    """A DNS name as lower-case A-labels without a trailing dot; "@", "*" labels and "_" are kept.

    Raises ValueError with the reason when it is no DNS name (RFC 1035 §2.3.4, RFC 5891).
    """
    name = name.strip()
    lowered = name.lower()
    if len(lowered) <= MAX_NAME and _PLAIN.fullmatch(lowered):
        return lowered
    if lowered == "@":
        return lowered
    name = name.removesuffix(".")
    if not name:
        raise ValueError("an empty name")
    ascii_name = ".".join(_label(label, name) for label in name.split("."))
    if len(ascii_name) > MAX_NAME:
        raise ValueError(f"a name of {len(ascii_name)} characters; at most {MAX_NAME}")
    return ascii_name


def _label(label: str, name: str) -> str:
    lowered = label.lower()
    if lowered == "*":
        return lowered
    if not label:
        raise ValueError(f"an empty label in {name!r}")
    if not label.isascii():
        try:
            return idna.encode(label, uts46=True).decode("ascii").lower()
        except idna.IDNAError as error:
            raise ValueError(f"label {label!r} has no A-label: {error}") from None
    if len(label) > MAX_LABEL:
        raise ValueError(f"a label of {len(label)} characters in {name!r}; at most {MAX_LABEL}")
    if not _LABEL.fullmatch(lowered):
        raise ValueError(f"{label!r} is no DNS label (letters, digits, hyphen, underscore)")
    return lowered


def is_hostname(name: str) -> bool:
    """Whether a name (A-labels) is a host name by RFC 952 and 1123: no underscore, no wildcard."""
    return 0 < len(name) <= MAX_NAME and all(_HOST_LABEL.fullmatch(label) for label in name.split("."))


def relative(name: str, domain: str) -> str:
    """A name as the zone sees it: "@" for the apex, short inside the zone.

    What is not below the zone is taken as already short, unless a trailing dot says that it is
    absolute: then the dot stays, which marks a name outside the zone (a lint refuses it).
    """
    absolute = name.strip().endswith(".")
    ascii_name = to_ascii(name)
    if ascii_name in ("@", domain):
        return "@"
    if ascii_name.endswith("." + domain):
        return ascii_name[: -len(domain) - 1]
    return ascii_name + "." if absolute else ascii_name


def fqdn(name: str, domain: str) -> str:
    """The full name of a short one; a name that ends with a dot is full already."""
    if name.endswith("."):
        return name[:-1]
    return domain if name == "@" else f"{name}.{domain}"


def within(name: str, domain: str) -> bool:
    """Whether a full name is the zone's apex or below it."""
    return name == domain or name.endswith("." + domain)

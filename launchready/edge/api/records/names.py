"""Record names and host names in contents, as Cloudflare writes them back.

Names come back full, lower-case, in A-labels (Punycode), without a final dot; ``@``, short names and
U-labels are accepted. A refused name is error 9000. Source: facts, "DNS records".
"""

from __future__ import annotations

import re

import idna

from launchready.edge.api.envelope import refuse

_LABEL = re.compile(r"[a-z0-9_/](?:[a-z0-9_/-]*[a-z0-9_/])?", re.IGNORECASE)
_PLAIN = re.compile(r"[\x21-\x7e]+")


def full_name(given: str, zone: str) -> str:
    """``@``, ``www``, ``www.acme.example.`` → ``www.acme.example``; error 9000 if it can't be a name."""
    text = given.strip()
    absolute = text.endswith(".")
    text = text.removesuffix(".")
    if text in ("@", "") and not absolute:
        return zone
    name = ascii_name(text)
    if name is None:
        raise refuse(400, 9000, f"DNS name is invalid: {given}")
    name = name.lower()
    if name == "@":
        return zone
    if name.endswith(f".@.{zone}"):
        name = name.removesuffix(f".@.{zone}") + f".{zone}"
    if name != zone and not name.endswith("." + zone):
        if absolute:
            raise refuse(400, 9000, f"DNS name is invalid: {given} is not in the zone {zone}")
        name = f"{name}.{zone}"
    if not is_name(name, wildcard=True):
        raise refuse(400, 9000, f"DNS name is invalid: {given}")
    return name


def ascii_name(text: str) -> str | None:
    """The name in A-labels; None if a label can't be encoded. ASCII labels stay as they are."""
    if _PLAIN.fullmatch(text):
        return text
    labels = []
    for label in text.replace("\u3002", ".").split("."):
        if label.isascii():
            labels.append(label)
            continue
        try:
            labels.append(idna.encode(label, uts46=True).decode())
        except (idna.IDNAError, UnicodeError):
            return None
    return ".".join(labels)


def is_name(name: str, *, wildcard: bool = False) -> bool:
    """Whether it is a domain name: labels of 1–63 characters, 253 in all, ``*`` only in front."""
    labels = name.split(".")
    if wildcard and labels[0] == "*":
        labels = labels[1:]
    return len(name) <= 253 and all(len(label) <= 63 and _LABEL.fullmatch(label) for label in labels)


def host_content(given: str) -> str | None:
    """A host name as content: A-labels, no final dot, case as sent; None if it is none."""
    text = ascii_name(given.strip())
    if text is None:
        return None
    if text == ".":
        return "."
    text = text.removesuffix(".")
    return text if text and is_name(text) else None

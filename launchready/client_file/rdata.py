"""Judging record data of every type that Cloudflare takes, before anything is declared."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from launchready.client_file import txt
from launchready.client_file.names import is_hostname, to_ascii

ADDRESS_TYPES = frozenset({"A", "AAAA"})
TARGET_TYPES = frozenset({"CNAME", "MX", "NS", "PTR"})
STRUCTURED: dict[str, tuple[str, ...]] = {
    "CAA": ("flags", "tag", "value"),
    "CERT": ("type", "key_tag", "algorithm", "certificate"),
    "DNSKEY": ("flags", "protocol", "algorithm", "public_key"),
    "DS": ("key_tag", "algorithm", "digest_type", "digest"),
    "HTTPS": ("priority", "target", "value"),
    "LOC": (),
    "NAPTR": ("order", "preference", "flags", "service", "regex", "replacement"),
    "OPENPGPKEY": (),
    "SMIMEA": ("usage", "selector", "matching_type", "certificate"),
    "SRV": ("priority", "weight", "port", "target"),
    "SSHFP": ("algorithm", "type", "fingerprint"),
    "SVCB": ("priority", "target", "value"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
    "URI": ("priority", "weight", "target"),
}
"""Type → the parts of its ``data`` in presentation order; LOC and OPENPGPKEY have forms of their own."""

TYPES = ADDRESS_TYPES | TARGET_TYPES | STRUCTURED.keys() | {"TXT"}
PROXIABLE = frozenset({"A", "AAAA", "CNAME"})

_QUOTED_PARTS = {
    ("CAA", "value"),
    ("URI", "target"),
    ("NAPTR", "flags"),
    ("NAPTR", "service"),
    ("NAPTR", "regex"),
}


def fault(
    rdtype: str, content: str | None, data: Mapping[str, Any] | None, priority: int | None
) -> str | None:
    """Why a record's value is no value of its type; None when it is one."""
    if rdtype in ADDRESS_TYPES:
        return address_fault(content or "", 4 if rdtype == "A" else 6)
    if content is None and data is None:
        return "has no content"
    if rdtype == "TXT":
        return _txt_fault(content)
    if rdtype == "MX":
        return _mx_fault(content, priority)
    if rdtype in TARGET_TYPES:
        return target_fault(content or "")
    return _structured_fault(rdtype, content, data, priority)


def address_fault(text: str, version: int) -> str | None:
    """Why a text is no IPv4 or IPv6 address."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return f"{text!r} is no IPv{version} address"
    if "%" in text:
        return f"{text!r} has a scope, which means nothing in DNS"
    if address.version != version:
        return (
            f"{text} is an IPv{address.version} address; its record type is {'A' if version == 6 else 'AAAA'}"
        )
    return None


def target_fault(target: str) -> str | None:
    """Why a text is no host name to point at."""
    try:
        name = to_ascii(target)
    except ValueError as error:
        return str(error)
    if name == "@":
        return None
    if is_address(name):
        return f"{target} is an address; a host name belongs here"
    if "*" in name:
        return f"{target} is a wildcard; a host name belongs here"
    return None


def is_address(text: str) -> bool:
    """Whether a text is an IP address, in brackets or not."""
    try:
        ipaddress.ip_address(text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text)
    except ValueError:
        return False
    return True


def _txt_fault(content: str | None) -> str | None:
    if content is None:
        return "has no content"
    try:
        parts = txt.strings(content)
    except ValueError as error:
        return str(error)
    longest = max(len(part) for part in parts)
    return (
        f"a quoted string of {longest} bytes; at most {txt.MAX_STRING}" if longest > txt.MAX_STRING else None
    )


def _mx_fault(content: str | None, priority: int | None) -> str | None:
    host = (content or "").strip()
    if not host:
        return "has no host"
    if priority is None:
        return "has no priority"
    if host == ".":
        return None
    wrong = target_fault(host)
    if wrong is None and not is_hostname(to_ascii(host)):
        return f"{host} is no host name (RFC 5321 §2.3.5)"
    return wrong


def presentation(rdtype: str, data: Mapping[str, Any], priority: int | None) -> str:
    """A record's ``data`` in presentation form. Raises ValueError naming what is missing or unknown."""
    parts = STRUCTURED[rdtype]
    if not parts:
        raise ValueError(f"{rdtype} is written as content, in presentation form")
    given = dict(data)
    if "priority" in parts and priority is not None:
        given.setdefault("priority", priority)
    unknown = sorted(set(given) - set(parts))
    missing = [part for part in parts if part not in given and part != "value"]
    if unknown:
        raise ValueError(f"data has no {unknown[0]!r} in {rdtype}; it has {', '.join(parts)}")
    if missing:
        raise ValueError(f"data lacks {missing[0]!r}; {rdtype} has {', '.join(parts)}")
    return " ".join(_part(rdtype, part, given.get(part, "")) for part in parts).strip()


def _part(rdtype: str, part: str, value: Any) -> str:
    text = str(value)
    if (rdtype, part) in _QUOTED_PARTS:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if part in ("target", "replacement"):
        return text if text == "." else text.removesuffix(".") + "."
    return text


def _structured_fault(
    rdtype: str, content: str | None, data: Mapping[str, Any] | None, priority: int | None
) -> str | None:
    try:
        if data is not None and STRUCTURED[rdtype]:
            shown = presentation(rdtype, data, priority)
        elif content is not None:
            shown = _with_priority(rdtype, content, priority)
        else:
            return "has no content"
        value: Any = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), shown)
    except ValueError as error:
        return str(error)
    except dns.exception.DNSException as error:
        return f"is no {rdtype} value: {error or type(error).__name__}"
    if rdtype == "CAA":
        return _caa_fault(value)
    if rdtype == "SRV":
        host = value.target.to_text(omit_final_dot=True)
        return None if host == "." else target_fault(host)
    return None


def _with_priority(rdtype: str, content: str, priority: int | None) -> str:
    if (
        rdtype in ("SRV", "URI")
        and priority is not None
        and len(content.split()) == (3 if rdtype == "SRV" else 2)
    ):
        return f"{priority} {content}"
    return content


_CAA_TAGS = ("issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone")
_ISSUER = re.compile(r"\s*(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+)?\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


def _caa_fault(value: Any) -> str | None:
    tag, text = value.tag.decode("ascii", "replace").lower(), value.value.decode("utf-8", "replace")
    if tag not in _CAA_TAGS:
        return f"CAA has no property {tag!r}; it has {', '.join(_CAA_TAGS)} (RFC 8659 §4.1)"
    if tag.startswith("issue") and not _ISSUER.fullmatch(text):
        return f"{text!r} names no issuer (RFC 8659 §4.2)"
    if tag == "iodef" and not re.match(r"(mailto:[^@\s]+@\S+|https?://\S+)$", text):
        return f"iodef {text!r} is neither a mailto: nor an http(s): URL (RFC 8659 §4.4)"
    return None


def srv_target(content: str | None, data: Mapping[str, Any] | None) -> str | None:
    """The target of an SRV record as a normal name; None when there is none."""
    target = str(data.get("target", "")) if data is not None else (content or "").split()[-1:]
    text = target if isinstance(target, str) else "".join(target)
    try:
        return to_ascii(text) if text not in ("", ".") else None
    except ValueError:
        return None


_UNREACHABLE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip


def is_unreachable(text: str) -> bool:
    """Whether an address is private, loopback, link-local or multicast. Documentation addresses are not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in _UNREACHABLE if network.version == address.version)

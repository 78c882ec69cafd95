"""SMTP TLS reporting records (RFC 8460 §3), at ``_smtp._tls.<domain>``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from launchready.mailauth.tags import parse_tags
from launchready.mailauth.uris import is_https, mail_domain


@dataclass(frozen=True, slots=True)
class Record:
    """Where reports go, and what is wrong with the record."""

    rua: tuple[str, ...]
    problems: tuple[str, ...] = ()


def record_name(domain: str) -> str:
    return f"_smtp._tls.{domain}"


def select(records: Iterable[str]) -> tuple[str, ...]:
    """The records that count: those that begin with ``v=TLSRPTv1;``; several count as none."""
    return tuple(text for text in records if re.match(r"v=TLSRPTv1\s*;", text))


def parse(text: str) -> Record:
    tags = parse_tags(text)
    problems = [] if select([text]) else ["doesn't begin with v=TLSRPTv1;"]
    problems += tags.problems
    listed = [uri.strip() for uri in (tags.get("rua") or "").split(",")]
    rua = tuple(uri for uri in listed if uri)
    if not rua:
        problems.append("no rua=")
    elif len(rua) < len(listed):
        problems.append("rua= has an empty place between commas")
    problems += [f"rua={uri} is named twice" for uri in dict.fromkeys(rua) if rua.count(uri) > 1]
    problems += [f"rua={uri}: write %21 for an exclamation mark (RFC 8460 §3)" for uri in rua if "!" in uri]
    problems += [
        f"rua={uri} is neither a mailto: address nor an https: URL"
        for uri in rua
        if mail_domain(uri) is None and not is_https(uri)
    ]
    return Record(rua, tuple(problems))


def record(rua: Iterable[str]) -> str:
    """The canonical text."""
    return f"v=TLSRPTv1; rua={','.join(rua)}"

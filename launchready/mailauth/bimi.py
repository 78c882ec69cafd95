"""BIMI assertion records, at ``<selector>._bimi.<domain>``.

Source: draft-brand-indicators-for-message-identification, which is no RFC yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from launchready.mailauth.tags import parse_tags
from launchready.mailauth.uris import is_https, split

AVATARS = ("brand", "personal")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Record:
    """``logo`` and ``authority``: https URLs; both empty declines to take part.

    ``avatar``: what to show of a sender who has a picture too, ``brand`` or ``personal``. ``prefixes``:
    the local parts that stand for selectors (``lps``); None without the tag.
    """

    logo: str
    authority: str
    problems: tuple[str, ...] = ()
    avatar: str = "brand"
    prefixes: tuple[str, ...] | None = None

    @property
    def declines(self) -> bool:
        return not self.logo and not self.authority and not self.problems


def record_name(domain: str, selector: str = "default") -> str:
    return f"{selector}._bimi.{domain}"


def select(records: Iterable[str]) -> tuple[str, ...]:
    """The records that begin with ``v=BIMI1``; several count as none."""
    return tuple(text for text in records if re.match(r"v\s*=\s*BIMI1\s*(;|$)", text))


def parse(text: str) -> Record:
    tags = parse_tags(text)
    problems = [] if select([text]) else ["doesn't begin with v=BIMI1"]
    problems += tags.problems
    logo, authority = tags.get("l"), tags.get("a") or ""
    if logo is None:
        problems.append("no l= (the logo)")
    for tag, url in (("l", logo or ""), ("a", authority)):
        if url and not is_https(url):
            problems.append(f"{tag}={url} is no https URL")
    parts = split(logo or "")
    if parts is not None and not parts.path.lower().endswith((".svg", ".svgz", ".svg.gz")):
        problems.append(f"l={logo} is no SVG")
    avatar = (tags.get("avp") or "brand").lower()
    if avatar not in AVATARS:
        problems.append(f"avp={avatar} is neither brand nor personal")
    listed = tags.get("lps")
    prefixes = None if listed is None else tuple(p.strip() for p in listed.split(",") if p.strip())
    problems += [f"lps={p} is no local part" for p in prefixes or () if not _PREFIX.fullmatch(p)]
    return Record(logo or "", authority, tuple(problems), avatar, prefixes)


def record(logo: str, authority: str | None = None, avatar: str | None = None) -> str:
    """The canonical text."""
    more = (f" a={authority};" if authority else "") + (f" avp={avatar};" if avatar else "")
    return f"v=BIMI1; l={logo};{more}"

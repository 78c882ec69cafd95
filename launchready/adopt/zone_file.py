"""Reading a BIND zone file (RFC 1035 §5) one record at a time, so that one bad line spoils no other.

dnspython reads a zone as a whole and stops at its first breach of the rules; real zones, and exports of
real zones, break some. Cloudflare's exports carry more in comments: ``; a note cf_tags=cf-proxied:true``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from launchready.client_file.names import to_ascii

_TTL = re.compile(r"(?:\d+[wdhms]?)+", re.IGNORECASE)
_TTL_PART = re.compile(r"(\d+)([wdhms]?)", re.IGNORECASE)
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "": 1}
_CLASSES = {"IN", "CH", "HS", "CS"}
_CF_TAGS = re.compile(r"\bcf_tags=(\S+)")


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """One record as the file has it. ``name``: FQDN, A-labels. ``rdata``: presentation, still relative
    to ``origin``. ``fault``: why it could not be read, empty when it could."""

    line: int
    name: str
    type: str
    rdata: str
    ttl: int | None = None
    origin: str = ""
    comment: str | None = None
    tags: tuple[str, ...] = ()
    proxied: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A logical line: text without comments, parentheses folded; the comment; does it begin with space?"""

    line: int
    text: str
    comment: str
    continues: bool


@dataclass(slots=True)
class _State:
    origin: str
    ttl: int | None = None
    last_ttl: int | None = None
    owner: str = ""
    faults: list[ZoneRecord] = field(default_factory=list)


def read_zone(text: str, origin: str) -> Iterator[ZoneRecord]:
    """The records of a zone file in order. ``origin``: the name that relative names end in."""
    state = _State(origin)
    for entry in _entries(text):
        if entry.text.lstrip().startswith("$"):
            fault = _directive(entry, state)
            if fault is not None:
                yield fault
        else:
            yield _record(entry, state)


def declared_origin(text: str) -> str | None:
    """The zone's own name: its ``$ORIGIN``, or the owner of its SOA when that is absolute."""
    for entry in _entries(text):
        words = entry.text.split()
        if words[0].upper() == "$ORIGIN" and len(words) > 1 and words[1].endswith("."):
            return _normal(words[1])
        if "SOA" in (word.upper() for word in words[:4]) and words[0].endswith("."):
            return _normal(words[0])
    return None


def _normal(name: str) -> str | None:
    try:
        return to_ascii(name)
    except ValueError:
        return None


# --- logical lines ------------------------------------------------------------------------------


def _entries(text: str) -> Iterator[_Entry]:
    """Logical lines: quotes respected, comments split off, parentheses joined."""
    parts: list[str] = []
    comments: list[str] = []
    depth = start = 0
    for number, line in enumerate(text.split("\n"), 1):
        body, comment, change = _split(line.rstrip("\r"))
        if not parts:
            start = number
        parts.append(body)
        if comment:
            comments.append(comment)
        depth = max(0, depth + change)
        if depth:
            continue
        joined = " ".join(parts)
        if joined.strip():
            yield _Entry(start, joined.strip(), " ".join(comments), parts[0][:1] in (" ", "\t"))
        parts, comments = [], []
    if parts and " ".join(parts).strip():
        yield _Entry(start, " ".join(parts).strip(), "unbalanced parenthesis", False)


def _split(line: str) -> tuple[str, str, int]:
    """(text without parentheses, comment, change of parenthesis depth) of one line."""
    if ";" not in line and "(" not in line and ")" not in line:
        return line, "", 0
    body: list[str] = []
    depth, quoted, escaped = 0, False, False
    for position, char in enumerate(line):
        if escaped or char == "\\":
            escaped = not escaped
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == ";":
            return "".join(body), line[position + 1 :].strip(), depth
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
            char = " "
        body.append(char)
    return "".join(body), "", depth


# --- directives and records ---------------------------------------------------------------------


def _directive(entry: _Entry, state: _State) -> ZoneRecord | None:
    words = entry.text.split()
    kind = words[0].upper()
    if kind == "$ORIGIN" and len(words) > 1:
        name = _absolute(words[1], state.origin)
        if name is not None:
            state.origin = name
            return None
    elif kind == "$TTL" and len(words) > 1 and _TTL.fullmatch(words[1]):
        state.ttl = _seconds(words[1])
        return None
    reason = {
        "$INCLUDE": "another file can't be followed: put its lines here",
        "$GENERATE": "generated records must be written out",
    }.get(kind, f"the directive {kind} can't be read")
    return ZoneRecord(entry.line, "", kind, " ".join(words[1:]), fault=reason)


def _record(entry: _Entry, state: _State) -> ZoneRecord:
    rest = entry.text
    if not entry.continues:
        owner, _, rest = _word(rest)
        name = _absolute(owner, state.origin)
        if name is None:
            return ZoneRecord(entry.line, owner, "", rest.strip(), fault=f"{owner!r} is no DNS name")
        state.owner = name
    elif not state.owner:
        return ZoneRecord(entry.line, "", "", rest.strip(), fault="no name, and no record before it")
    ttl, rdclass, rest = _ttl_and_class(rest.strip())
    rdtype, _, rdata = _word(rest)
    if ttl is not None:
        state.last_ttl = ttl
    note, tags, proxied = _comment(entry.comment)
    fault = ""
    if not rdtype or not rdata.strip():
        fault = "no type or no value"
    elif entry.comment == "unbalanced parenthesis":
        fault = "a parenthesis is not closed"
    elif rdclass not in (None, "IN"):
        fault = f"class {rdclass}: Cloudflare serves IN only"
    return ZoneRecord(
        entry.line,
        state.owner,
        rdtype.upper(),
        rdata.strip(),
        ttl if ttl is not None else state.ttl if state.ttl is not None else state.last_ttl,
        state.origin,
        note,
        tags,
        proxied,
        fault,
    )


def _word(text: str) -> tuple[str, str, str]:
    parts = text.split(None, 1)
    return (parts[0] if parts else "", " ", parts[1] if len(parts) > 1 else "")


def _ttl_and_class(text: str) -> tuple[int | None, str | None, str]:
    """TTL and class in either order, each optional, then the rest. A name such as ``1h`` is no type."""
    ttl: int | None = None
    rdclass: str | None = None
    for _ in range(2):
        word, _, rest = _word(text)
        if rdclass is None and word.upper() in _CLASSES:
            rdclass, text = word.upper(), rest
        elif ttl is None and _TTL.fullmatch(word):
            ttl, text = _seconds(word), rest
        else:
            break
    return ttl, rdclass, text


def _seconds(text: str) -> int:
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in _TTL_PART.findall(text))


def _absolute(name: str, origin: str) -> str | None:
    """A name in full, or None when it is no DNS name."""
    if name == "@":
        return origin
    try:
        ascii_name = to_ascii(name)
    except ValueError:
        return None
    return ascii_name if name.endswith(".") else f"{ascii_name}.{origin}"


def _comment(comment: str) -> tuple[str | None, tuple[str, ...], bool]:
    """(note, tags, proxied) of Cloudflare's export comment."""
    match = _CF_TAGS.search(comment)
    if match is None:
        return None, (), False
    tags = [tag for tag in match[1].split(",") if tag]
    own = tuple(tag for tag in tags if not tag.startswith("cf-"))
    return comment[: match.start()].strip() or None, own, "cf-proxied:true" in tags

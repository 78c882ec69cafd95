"""Zone files (RFC 1035 §5), in and out, with Cloudflare's proxied mark in a comment.

``www.acme.example. 1 IN A 203.0.113.10 ; cf_tags=cf-proxied:true``. SOA and the apex's NS are the
service's own: they are exported, and skipped on import.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from launchready.edge.api.envelope import RefusalError, refuse
from launchready.edge.api.records import text
from launchready.edge.api.records.build import HOSTS, TYPES
from launchready.edge.state import Json, Zone

_TOKEN = re.compile(r';[^\n]*|[()]|(?:"(?:\\.|[^"\\])*"|\\.|[^\s;()"])+', re.DOTALL)
_TTL = re.compile(r"(?:\d+[wdhms]?)+", re.IGNORECASE)
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}
_MARK = re.compile(r"cf_tags=(\S+)")
_TARGET_LAST = frozenset({"MX", "SRV", "NAPTR"})


def export(zone: Zone, now: datetime) -> str:
    """The zone as a file that ``parse`` reads back to the same records."""
    servers = zone.info["name_servers"]
    soa = f"{servers[0]}. dns.cloudflare.com. {zone.serial} 10000 2400 604800 1800"
    lines = [
        ";;",
        f";; Domain:     {zone.name}.",
        f";; Exported:   {now:%Y-%m-%d %H:%M:%S}",
        ";;",
        "",
        ";; SOA Record",
        f"{zone.name}.\t3600\tIN\tSOA\t{soa}",
        "",
        ";; NS Records",
        *(f"{zone.name}.\t86400\tIN\tNS\t{server}." for server in servers),
    ]
    by_type: dict[str, list[Json]] = {}
    for record in zone.records.values():
        by_type.setdefault(record["type"], []).append(record)
    for kind in sorted(by_type):
        lines += ["", f";; {kind} Records"]
        lines += [_line(r) for r in sorted(by_type[kind], key=lambda r: (r["name"], r["content"]))]
    return "\n".join(lines) + "\n"


def _line(record: Json) -> str:
    note = f" ; {record['comment']}" if record["comment"] else ""
    tags = [f"cf-proxied:{str(record['proxied']).lower()}"] if record["proxiable"] else []
    tags += record["tags"]
    if tags:
        note = (note or " ;") + " cf_tags=" + ",".join(tags)
    return f"{record['name']}.\t{record['ttl']}\tIN\t{record['type']}\t{rdata(record)}{note}"


def rdata(record: Json) -> str:
    """The value as a zone file shows it: absolute names, quoted strings, priority in front."""
    kind, content = record["type"], record["content"]
    if kind in HOSTS:
        target = content if content.endswith(".") else f"{content}."
        return f"{record['priority']} {target}" if kind == "MX" else target
    if kind == "TXT":
        return " ".join(_quoted(one) for one in text.strings(content))
    if kind in ("SRV", "NAPTR") and not content.endswith("."):
        content += "."
    if kind in ("SRV", "URI"):
        return f"{record['priority']} {content}"
    if kind in ("HTTPS", "SVCB"):
        target = record["data"]["target"]
        absolute = target if target.endswith(".") else f"{target}."
        return f"{record['data']['priority']} {absolute} {record['data']['value']}".rstrip()
    return str(content)


def _quoted(one: bytes) -> str:
    shown = "".join(f"\\{chr(b)}" if b in b'"\\' else chr(b) if 32 <= b < 127 else f"\\{b:03d}" for b in one)
    return f'"{shown}"'


@dataclass(slots=True)
class _Line:
    """One logical line: parentheses joined, the comment apart."""

    number: int
    blank_owner: bool
    tokens: list[str] = field(default_factory=list)
    comment: str = ""


def _logical_lines(content: str) -> Iterator[_Line]:
    current: _Line | None = None
    depth = 0
    for number, raw in enumerate(content.splitlines(), 1):
        if current is None:
            current = _Line(number, blank_owner=raw[:1] in (" ", "\t"))
        position = 0
        for match in _TOKEN.finditer(raw):
            if raw[position : match.start()].strip():
                raise _broken(number, f"unexpected {raw[position : match.start()].strip()}")
            position, token = match.end(), match.group()
            if token == "(":  # noqa: S105 - a parenthesis, no password
                depth += 1
            elif token == ")":  # noqa: S105
                depth -= 1
            elif token.startswith(";"):
                current.comment = (current.comment + " " + token[1:].strip()).strip()
            else:
                current.tokens.append(token)
            if depth < 0:
                raise _broken(number, "a parenthesis closes that was not opened")
        if raw[position:].strip():
            raise _broken(number, f"unexpected {raw[position:].strip()[:40]}")
        if depth == 0:
            if current.tokens:
                yield current
            current = None
    if depth:
        raise _broken(len(content.splitlines()), "a parenthesis is never closed")


def _broken(line: int, why: str) -> RefusalError:
    return refuse(400, 9600, f"Zone file is invalid: line {line}: {why}")


def parse(content: str, zone: str, *, proxied: bool) -> list[tuple[int, Json]]:
    """Line number and API record for each record of the file; a broken file is a 400."""
    origin, default_ttl, owner = f"{zone}.", 1, f"{zone}."
    found: list[tuple[int, Json]] = []
    for line in _logical_lines(content):
        tokens = line.tokens
        if tokens[0].upper() == "$ORIGIN" and len(tokens) == 2:
            origin = _absolute(tokens[1], origin)
        elif tokens[0].upper() == "$TTL" and len(tokens) == 2 and _TTL.fullmatch(tokens[1]):
            default_ttl = _seconds(tokens[1])
        elif tokens[0].startswith("$"):
            raise _broken(line.number, f"{tokens[0]} can't be used here")
        else:
            if not line.blank_owner:
                owner = _absolute(tokens[0], origin)
                tokens = tokens[1:]
            ttl, kind, words = _header(tokens, default_ttl, line.number)
            apex_ns = kind == "NS" and owner.lower() == f"{zone}."
            if kind != "SOA" and not apex_ns:
                record = _record(owner, ttl, kind, words, origin, line)
                record.update(_marks(line.comment, record, default=proxied))
                found.append((line.number, record))
    return found


def _header(tokens: list[str], default_ttl: int, number: int) -> tuple[int, str, list[str]]:
    """TTL and class come in either order before the type."""
    ttl, rest = default_ttl, list(tokens)
    for _ in range(2):
        if rest and rest[0].upper() == "IN":
            rest.pop(0)
        elif rest and _TTL.fullmatch(rest[0]):
            ttl = _seconds(rest.pop(0))
    if len(rest) < 2:
        raise _broken(number, "a record needs a type and a value")
    kind = rest[0].upper()
    if kind != "SOA" and kind not in TYPES:
        raise _broken(number, f"unknown record type {rest[0]}")
    return ttl, kind, rest[1:]


def _seconds(shown: str) -> int:
    return sum(
        int(n) * _UNITS[unit.lower()] for n, unit in re.findall(r"(\d+)([wdhms]?)", shown, re.IGNORECASE)
    )


def _absolute(name: str, origin: str) -> str:
    if name == "@":
        return origin
    if name.endswith("."):
        return name
    return f"{name}.{origin}" if origin != "." else f"{name}."


def _record(owner: str, ttl: int, kind: str, words: list[str], origin: str, line: _Line) -> Json:
    record: Json = {"name": owner, "type": kind, "ttl": ttl}
    if kind in _TARGET_LAST or kind in HOSTS:
        words = [*words[:-1], _absolute(words[-1], origin)]
    elif kind in ("HTTPS", "SVCB") and len(words) > 1 and words[1] != ".":
        words = [words[0], _absolute(words[1], origin), *words[2:]]
    if kind in ("MX", "URI"):
        if len(words) < 2 or not words[0].isdigit():
            raise _broken(line.number, f"{kind} needs a priority and a target")
        record["priority"], words = int(words[0]), words[1:]
    if kind == "TXT":
        words = [word if word.startswith('"') else _quote_word(word) for word in words]
    record["content"] = " ".join(words)
    return record


def _quote_word(word: str) -> str:
    return '"' + word.replace('"', '\\"') + '"'


def _marks(comment: str, record: Json, *, default: bool) -> Json:
    """proxied, tags and comment out of the line's comment."""
    tags = [tag for match in _MARK.findall(comment) for tag in match.split(",") if tag]
    proxied = default and record["type"] in ("A", "AAAA", "CNAME")
    own = []
    for tag in tags:
        if tag.startswith("cf-proxied:"):
            proxied = tag == "cf-proxied:true"
        else:
            own.append(tag)
    made: Json = {"proxied": proxied}
    note = _MARK.sub("", comment).strip()
    if note:
        made["comment"] = note
    if own:
        made["tags"] = own
    return made

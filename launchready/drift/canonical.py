"""One form for what is the same: declared, state and live are compared in it and in no other.

Three writers spell one thing three ways: the client file, Cloudflare's API, and the plugin (the official one
or ours) in the state, with camelCase keys, plurals and whole floats. What the DNS or Cloudflare takes for the
same is the same here: TXT quoting and chunks, case, trailing dots and punycode of names, the TTL of a proxied
record, hex case, numbers as text, ``data`` or ``content``, defaults spelled out or left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from launchready.client_file.names import to_ascii
from launchready.declared import rdata
from launchready.declared.rdata.text import parse as txt_strings
from launchready.declared.types import AUTOMATIC_TTL, Record, Redirect, Rule
from launchready.engine.cloudflare_plugin.names import Names, snake

WITH_PRIORITY = frozenset({"MX", "URI"})
"""Types whose priority is beside the content, not in it."""
_REMEMBERED = 1 << 16
"""Texts whose canonical form is kept: the state has mostly what is live."""
_INTEGER = re.compile(r"-?[0-9]{1,18}")
HEX = frozenset({"certificate", "digest", "fingerprint"})
_BY_CONTENT = frozenset({"A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT"})
_RULES = Names(
    plural={
        "statusCodeTtls": "status_code_ttl",
        "checkPresences": "check_presence",
        "includes": "include",
        "excludes": "exclude",
        "lists": "list",
    },
    keyed=frozenset({"headers", "contains"}),
)
"""How the Pulumi SDK respells rules."""
_SERVER_OWNED = frozenset({"id", "version", "last_updated", "categories", "position"})
_UNORDERED = frozenset({"characteristics"})
REDIRECTS = "http_request_dynamic_redirect"


class Rec(NamedTuple):
    """A record in canonical form. ``value``: what is compared; ``text``: as Cloudflare takes it."""

    name: str
    type: str
    value: str
    priority: int | None
    ttl: int
    proxied: bool
    comment: str
    tags: tuple[str, ...]
    text: str

    @property
    def identity(self) -> tuple[str, str, str, int | None]:
        """What makes two records the same one to Cloudflare."""
        return self[:4]


def name(text: str) -> str:
    """Lower-case A-labels without a trailing dot; what is no name stays as it is, lowered."""
    try:
        return to_ascii(text)
    except ValueError:
        return text.strip().lower().rstrip(".")


def declared_record(record: Record) -> Rec:
    """A declared record: its content is canonical already."""
    return _rec(
        record.name, record.type, record.content, record.priority, record.ttl, record.proxied,
        record.comment, record.tags,
    )  # fmt: skip


def api_record(raw: Mapping[str, Any]) -> Rec:
    """A record as the API lists it, or as the state has it with its keys in snake_case."""
    kind = str(raw.get("type", "")).upper()
    priority = raw.get("priority")
    return _rec(
        name(str(raw.get("name", ""))), kind, content(kind, raw),
        whole(priority) if kind in WITH_PRIORITY and priority is not None else None,
        whole(raw.get("ttl", AUTOMATIC_TTL)), bool(raw.get("proxied")), raw.get("comment"),
        tuple(map(str, raw.get("tags") or ())),
    )  # fmt: skip


def state_record(outputs: Mapping[str, Any]) -> Rec:
    """A record as the plugin left it in the state: camelCase, floats, ``data`` with empty fields."""
    given = dict(outputs)
    data = given.get("data")
    if isinstance(data, Mapping):
        given["data"] = {snake(key): value for key, value in data.items()}
    return api_record(given)


def _rec(
    owner: str, kind: str, text: str, priority: int | None, ttl: int, proxied: bool, comment: Any,
    tags: tuple[str, ...],
) -> Rec:  # fmt: skip
    value = _joined(text) if kind == "TXT" else text
    return Rec(
        owner, kind, value, priority, AUTOMATIC_TTL if proxied else ttl, proxied, str(comment or ""),
        tuple(sorted(tags)), text,
    )  # fmt: skip


def _joined(text: str) -> str:
    """A TXT's strings together, however they are cut: what SPF, DKIM and DMARC read."""
    if len(text) > 1 and text.count('"') == 2 and text[0] == text[-1] == '"' and "\\" not in text:
        return text[1:-1]
    try:
        raw = b"".join(txt_strings(text))
    except ValueError:
        return text
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def content(kind: str, raw: Mapping[str, Any]) -> str:
    """The data of a record as one canonical text, from ``data`` where there is one, else from ``content``."""
    data, text = raw.get("data"), raw.get("content")
    given = whole(raw.get("priority")) if kind in WITH_PRIORITY else None
    priority = given if isinstance(given, int) else None
    if kind not in _BY_CONTENT and isinstance(data, Mapping):
        fields = {key: _field(key, value) for key, value in data.items() if value is not None and value != ""}
        try:
            return _of_data(kind, tuple(sorted(fields.items())), priority)
        except (ValueError, TypeError, KeyError):
            pass  # then by its text, as far as there is one
    if isinstance(text, str):
        return _of_text(kind, text, priority)
    return json.dumps(plain(data), sort_keys=True)


@lru_cache(maxsize=_REMEMBERED)
def _of_data(kind: str, fields: tuple[tuple[str, Any], ...], priority: int | None) -> str:
    """Raises ValueError for what is no data of this type; TypeError, KeyError for what is none at all."""
    return rdata.canonical(kind, rdata.Given(None, dict(fields), priority, "")).content


@lru_cache(maxsize=_REMEMBERED)
def _of_text(kind: str, text: str, priority: int | None) -> str:
    try:
        return rdata.canonical(kind, rdata.Given(text, None, priority, "")).content
    except (ValueError, TypeError, KeyError):
        return " ".join(text.split())


def _field(key: str, value: Any) -> Any:
    if key in HEX and isinstance(value, str):
        return "".join(value.split())
    return int(value) if isinstance(value, float) and value.is_integer() else value


def whole(value: Any) -> Any:
    """A number however it is written: 10, 10.0 or "10". What is none stays."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value.strip())
    return value


# ---- rules --------------------------------------------------------------------------------------


def declared_rule(rule: Rule) -> dict[str, Any]:
    return _rule(
        {
            "ref": rule.ref,
            "expression": rule.expression,
            "action": rule.action,
            "description": rule.description,
            "action_parameters": rule.parameters,
            "ratelimit": rule.ratelimit,
        }
    )


def declared_redirect(redirect: Redirect) -> dict[str, Any]:
    target = {"expression": redirect.target} if redirect.dynamic else {"value": redirect.target}
    value = {
        "status_code": redirect.status,
        "preserve_query_string": redirect.keep_query,
        "target_url": target,
    }
    return _rule(
        {
            "ref": redirect.ref,
            "expression": redirect.expression,
            "action": "redirect",
            "description": redirect.description,
            "action_parameters": {"from_value": value},
        }
    )


def api_rule(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as the API shows it."""
    return _rule(raw)


def state_rule(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as the plugin left it in the state."""
    return _rule(_RULES.to_api(dict(raw)))


def _rule(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the server owns, defaults left out, empty as absent."""
    kept = {key: value for key, value in raw.items() if key not in _SERVER_OWNED}
    limit = kept.get("ratelimit")
    if isinstance(limit, Mapping):
        kept["ratelimit"] = {k: v for k, v in limit.items() if (k, v) != ("requests_to_origin", False)}
    if kept.get("logging") == {"enabled": True}:
        del kept["logging"]
    found = plain(kept)
    enabled = kept.get("enabled", True)
    value = (found.get("action_parameters") or {}).get("from_value")
    if isinstance(value, dict) and value.get("preserve_query_string") is False:
        del value["preserve_query_string"]
    for key in ("expression", "description"):
        if isinstance(found.get(key), str):
            found[key] = " ".join(found[key].split()) if key == "description" else found[key].strip()
    return {**found, "enabled": enabled is not False}


def plain(value: Any) -> Any:
    """Equal for equal meaning: empty is absent, whole floats are ints, lists that are sets are sorted."""
    if isinstance(value, Mapping):
        kept = {}
        for key, one in value.items():
            inner = plain(one)
            if inner is None or inner == {} or inner == []:
                continue
            kept[key] = sorted(inner) if key in _UNORDERED and isinstance(inner, list) else inner
        return kept
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" else value


# ---- settings -----------------------------------------------------------------------------------

_SIGNING = {"pending": "active", "pending-disabled": "disabled"}


def setting(value: Any) -> Any:
    """A setting's value: numbers that are written as text are numbers, all the way down."""
    if isinstance(value, Mapping):
        return {key: setting(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return sorted((setting(one) for one in value), key=repr)
    return whole(value)


def signing(status: Any) -> str:
    """DNSSEC's status: ``pending`` signs and waits for the registrar, ``pending-disabled`` is ending."""
    text = str(status or "disabled")
    return _SIGNING.get(text, text)


def short(value: Any) -> str:
    """A value on one line, for a reader."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)

"""Which records a list shows: filters by name, type, content, comment, tag; search; order.

Source: the API description's parameters of ``GET …/dns_records``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from launchready.edge.api.envelope import refuse
from launchready.edge.api.fields import choice
from launchready.edge.state import Json, Zone

Test = Callable[[Json], bool]
ORDERS = ("type", "name", "content", "ttl", "proxied")
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda text, wanted: text == wanted,
    "contains": lambda text, wanted: wanted in text,
    "startswith": lambda text, wanted: text.startswith(wanted),
    "endswith": lambda text, wanted: text.endswith(wanted),
}


def select(zone: Zone, query: Mapping[str, str]) -> list[Json]:
    """The records that the query asks for, in its order."""
    match = choice(query.get("match", "all"), ("all", "any"), "match", code=1004)
    tests = [test for key, value in query.items() if (test := _test(key, value)) is not None]
    tests += _tag_tests(query)
    exact = query.get("name.exact") or _plain_name(query)
    pool: Any = zone.records.values()
    if exact is not None and match == "all":
        pool = zone.records_at(exact)
    combine = any if match == "any" and tests else all
    found = [record for record in pool if combine(test(record) for test in tests)] if tests else list(pool)
    return _ordered(found, query)


def _plain_name(query: Mapping[str, str]) -> str | None:
    name = query.get("name")
    return name if name and ":" not in name else None


def _test(key: str, value: str) -> Test | None:
    """The test of one parameter; None for one that is no filter."""
    name, _, operator = key.partition(".")
    if name in ("name", "content", "comment"):
        if operator in ("present", "absent") and name == "comment":
            wanted = operator == "present"
            return lambda record: bool(record["comment"]) == wanted
        compare = _COMPARE.get(operator or "exact")
        if compare is None:
            return None
        low = value.lower().rstrip(".") if name == "name" else value.lower()
        return lambda record: compare((record[name] or "").lower(), low)
    if key == "type":
        return lambda record: record["type"] == value.upper()
    if key == "proxied":
        if value not in ("true", "false"):
            raise refuse(400, 1004, "proxied must be true or false")
        return lambda record: record["proxied"] == (value == "true")
    if key == "search":
        words = value.lower().split()
        return lambda record: all(word in _searched(record) for word in words)
    return None


def _searched(record: Json) -> str:
    parts = (record["name"], record["content"], record["comment"] or "", *record["tags"])
    return "\n".join(parts).lower()


def _tag_tests(query: Mapping[str, str]) -> list[Test]:
    tests: list[Test] = []
    for key, value in query.items():
        name, _, operator = key.partition(".")
        if name == "tag":
            tests.append(_tag_test(operator, value))
    if query.get("tag_match") == "any" and tests:
        return [lambda record: any(test(record) for test in tests)]
    return tests


def _tag_test(operator: str, value: str) -> Test:
    name, _, rest = value.lower().partition(":")
    if operator in ("present", "absent"):
        wanted = operator == "present"
        return lambda r: any(tag.lower().partition(":")[0] == name for tag in r["tags"]) == wanted
    compare = _COMPARE.get(operator or "exact")
    if compare is None:
        return lambda _record: False
    return lambda r: any(
        tag.lower().partition(":")[0] == name and compare(tag.lower().partition(":")[2], rest)
        for tag in r["tags"]
    )


def _ordered(records: list[Json], query: Mapping[str, str]) -> list[Json]:
    order = choice(query.get("order", "type"), ORDERS, "order", code=1004)
    direction = choice(query.get("direction", "asc"), ("asc", "desc"), "direction", code=1004)
    records.sort(
        key=lambda record: (record[order], record["name"], record["type"], record["id"]),
        reverse=direction == "desc",
    )
    return records

"""Worker routes: which patterns there may be, and which one a request takes."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.edge.state import Zone
from launchready.edge.workers.routes import ROUTES, belongs_to, parse, script_for


def zone(*routes: tuple[str, str | None]) -> Zone:
    held: dict[str, Any] = {
        str(number): {"id": str(number), "pattern": pattern, "script": script}
        for number, (pattern, script) in enumerate(routes)
    }
    return Zone("z", "acme.example", {}, extra={ROUTES: held})


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("acme.example/*", ("https", "acme.example", "/any"), True),
        ("acme.example/*", ("https", "www.acme.example", "/any"), False),
        ("*.acme.example/*", ("https", "www.acme.example", "/"), True),
        ("*.acme.example/*", ("https", "acme.example", "/"), False),
        ("*acme.example/*", ("https", "acme.example", "/"), True),
        ("acme.example/a", ("https", "acme.example", "/a"), True),
        ("acme.example/a", ("https", "acme.example", "/a/b"), False),
        ("acme.example/a*", ("https", "acme.example", "/abc"), True),
        ("acme.example", ("https", "acme.example", "/"), True),
        ("https://acme.example/*", ("http", "acme.example", "/"), False),
    ],
)
def test_a_pattern_matches_whole_hosts_and_paths(
    pattern: str, url: tuple[str, str, str], matches: bool
) -> None:
    assert parse(pattern).matches(*url) is matches


@pytest.mark.parametrize(
    "pattern", ["", "*/x", "acme.example/a?b", "acme.example/*/a", "a.*.example/*", "a*"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|star"):
        parse(pattern)


def test_a_pattern_stays_in_its_zone() -> None:
    assert belongs_to(parse("*.acme.example/*"), "acme.example")
    assert not belongs_to(parse("*me.example/*"), "acme.example")
    assert not belongs_to(parse("other.example/*"), "acme.example")


def test_the_most_specific_route_wins_and_one_without_a_script_turns_workers_off() -> None:
    held = zone(("*.acme.example/*", "all"), ("www.acme.example/*", "www"), ("www.acme.example/off/*", None))
    assert script_for(held, "https", "app.acme.example", "/") == "all"
    assert script_for(held, "https", "www.acme.example", "/") == "www"
    assert script_for(held, "https", "www.acme.example", "/off/x") is None
    assert script_for(held, "https", "acme.example", "/") is None

"""Ten bad changes, each taken back with `launch rollback`: the zone is what it was, to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from launchready.engine import engine_or_reason
from tests.snapshot.snapshot_six import Six, launched_six

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
MX = '    - {name: "@", type: MX, content: mx.host.example, priority: 10}\n'
SECOND = '    - {name: "@", type: MX, content: mx.evil.example, priority: 1}\n'
TXT = '    - {name: "@", type: TXT, content: "hello", ttl: 1h, comment: "kept"}\n'
MAIL = "MX six.example"
CHANGES: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "another origin": (("203.0.113.10", "203.0.113.99"), ()),
    "no proxy at the apex": (("proxied: true", "proxied: false"), ()),
    "a host renamed": (("    app: {", "    application: {"), ()),
    "a host gone": (("    shop: {address: 203.0.113.12, proxied: false}\n", ""), ()),
    "mail to nobody": (("content: mx.host.example, priority: 10", 'content: ".", priority: 0'), (MAIL,)),
    "no mail at all": ((MX, ""), (MAIL,)),
    "a second mail host before the first": (
        (MX, MX + MX.replace("mx.host", "mx.evil").replace("10", "1")),
        (),
    ),
    "a text overwritten": (('content: "hello", ttl: 1h', 'content: "hullo \\"quoted\\"", ttl: 2h'), ()),
    "a text without its comment": ((', comment: "kept"', ""), ()),
    "an SPF record that lets everybody in": (
        (TXT, TXT + '    - {name: "@", type: TXT, content: "v=spf1 +all"}\n'),
        (),
    ),
}
ALWAYS = ("mail to nobody", "a host renamed", "a text overwritten")
"""Run by `make test`; the others by `make soak`."""


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Six]:
    with launched_six(tmp_path_factory.mktemp("six")) as launched:
        yield launched


def test_there_are_ten() -> None:
    assert len(CHANGES) == 10
    assert set(ALWAYS) < set(CHANGES)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.soak) for name in CHANGES]
)
def test_a_bad_change_is_taken_back_whole(six: Six, name: str) -> None:
    text, before = six.file.read_text(), six.served()
    change, losses = CHANGES[name]
    six.edit(change)
    allowed = [part for loss in losses for part in ("--allow-loss", loss)]
    bad = six.run("up", "--yes", *allowed)
    assert bad.returncode == 0, bad.stderr
    assert six.served() != before

    back = six.run("rollback", "--yes", "--json")

    six.file.write_text(text)
    assert json.loads(back.stdout)["zone_equal"] is True, back.stderr
    assert six.served() == before

"""A bounded set of malformed, oversized and hostile inputs at the endpoints that take any."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.client_file.portal_model import Call
from launchready.evidence.portal import answers
from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.stage import Stage, Visitor

OVERSIZED = 256 * 1024
"""Bytes: a hundred times the largest form."""
SCRIPT = "<script>alert('lr')</script>"
HOSTILE = {
    "quote": "lr' OR '1'='1",
    "markup": SCRIPT,
    "template": "{{7*7}}${7*7}<%= 7*7 %>",
    "traversal": "../../../../etc/passwd",
    "line breaks": "lr\r\nX-Injected: yes",
    "unicode": "lr\u202e\ufffe\U0001f600",
}
FOREIGN_TOKEN = "lr-token-that-nobody-sent-0123456789"  # noqa: S105 - made up, worth nothing


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint with a body that it takes. ``text``: the dotted path of a field that takes any text."""

    name: str
    call: Call
    body: Mapping[str, Any]
    text: str | None


@scenario("bad input")
async def bad_input(stage: Stage) -> None:
    """Every target gets every shot; then errors are provoked that need no body."""
    for target, visitor in [(target, await _visitor(stage, target)) for target in _targets(stage)]:
        good = await visitor.call(f"{target.name}: good", target.call)
        stage.facts[f"good {target.name}"] = bool(good.matched)
        for label, raw in _shots(target):
            kind = (
                "application/json" if target.call.encoding == "json" else "application/x-www-form-urlencoded"
            )
            headers = {"content-type": kind}
            await visitor.request(
                f"{target.name}: {label}", target.call.method, target.call.path, raw=raw, headers=headers
            )
    nobody, login = stage.visitor(), stage.portal.login
    await nobody.request("login: malformed", login.method, login.path, raw=b'{"', headers=_JSON)
    await nobody.request("login: wrong method", "DELETE", login.path)
    await nobody.request("absent page", "GET", f"/lr-{stage.access.nonce}/absent")
    if stage.portal.reset is not None and stage.portal.reset.confirm is not None:
        password = f"a password for {stage.access.nonce}"
        confirm = stage.portal.reset.confirm
        await nobody.call("reset: foreign token", confirm, token=FOREIGN_TOKEN, new_password=password)


_JSON = {"content-type": "application/json"}


async def _visitor(stage: Stage, target: Target) -> Visitor:
    visitor = stage.visitor(target.call.identity)
    if target.call.identity is not None:
        stage.facts[f"log in {target.name}"] = await visitor.login(f"log in for {target.name}")
    return visitor


def _targets(stage: Stage) -> Iterator[Target]:
    values = {"nonce": stage.access.nonce}
    for number, call in enumerate(stage.portal.onboarding):
        if call.body is None or call.method in ("GET", "HEAD"):
            continue
        body = answers.fill(call.body, values)
        text = next((key for key, value in call.body.items() if isinstance(value, str)), None)
        yield Target(f"onboarding {number}", call, body, text)


def _shots(target: Target) -> Iterator[tuple[str, bytes]]:
    """(label, body) of every shot."""
    if target.call.encoding == "json":
        yield "malformed", b'{"'
        yield "empty", b""
        yield "no object", b"[1, 2]"
        yield "no text", b"\xff\xfe{}"
        yield "deep", b"[" * 20_000
    else:
        yield "malformed", b"%=%zz&&=&"
        yield "empty", b""
        yield "no text", b"%ff%fe=\xff\xfe"
    good = answers.encode(target.body, target.call.encoding)[0]
    yield (
        "oversized",
        b" " * OVERSIZED + good if target.call.encoding == "json" else good + b"&x=" + b"x" * OVERSIZED,
    )
    for key, value in target.body.items():
        rest = {name: one for name, one in target.body.items() if name != key}
        yield f"missing {key}", answers.encode(rest, target.call.encoding)[0]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if target.call.encoding == "form" and number:
            words = {**target.body, key: "lr is no number"}
            yield f"type of {key}", answers.encode(words, "form")[0]
        if target.call.encoding == "json":
            wrong: Any = {"lr": [1]} if isinstance(value, str) else "lr is no number"
            yield f"type of {key}", json.dumps({**target.body, key: wrong}).encode()
        if number:
            yield f"range of {key}", answers.encode({**target.body, key: 10**30}, target.call.encoding)[0]
    if target.text is not None:
        for label, text in HOSTILE.items():
            yield (
                f"hostile {label}",
                answers.encode({**target.body, target.text: text}, target.call.encoding)[0],
            )
        long = {**target.body, target.text: "x" * 20_000}
        yield f"long {target.text}", answers.encode(long, target.call.encoding)[0]

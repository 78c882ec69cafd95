"""Workers under Node: what they answer, what they can't reach, and what ends them."""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from launchready.edge.workers import (
    NoRuntimeError,
    RuntimeLimits,
    Script,
    WorkerError,
    WorkerRequest,
    WorkerResponse,
    WorkerRuntime,
)

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node on PATH")
GET = WorkerRequest("GET", "https://a.example/", [("accept", "*/*")])


def script(body: str, **env: str) -> Script:
    return Script(f"{hash((body, *env.items()))}", "m.mjs", {"m.mjs": body}, env)


@pytest.fixture
async def runtime() -> AsyncIterator[WorkerRuntime]:
    running = WorkerRuntime(limits=RuntimeLimits(seconds=4.0, memory=32, answer=10_000))
    yield running
    await running.close()


async def test_request_and_response_pass_through_whole(runtime: WorkerRuntime) -> None:
    echo = script(
        """export default { async fetch(request, env) {
             const headers = new Headers([["x-seen", request.headers.get("x-asked")], ["x-env", env.NAME]]);
             headers.append("set-cookie", "a=1"); headers.append("set-cookie", "b=2");
             const words = `${request.method} ${request.url} ${await request.text()}`;
             return new Response(words, { status: 418, headers });
           } };""",
        NAME="value",
    )
    asked = WorkerRequest("POST", "https://a.example/p?q=1", [("x-asked", "yes")], b"body")
    answer = await runtime.run(echo, asked)
    assert answer.status == 418
    assert answer.body == b"POST https://a.example/p?q=1 body"
    assert ("x-seen", "yes") in answer.headers
    assert ("x-env", "value") in answer.headers
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("export default { fetch() { for (;;); } };", "time", "4 s"),
        (
            "export default { fetch() { const a = []; for (;;) a.push(new Array(1e5).fill(1.5)); } };",
            "memory",
            "memory",
        ),
        ("export default { fetch() { throw new Error('no luck'); } };", "threw", "no luck"),
        ("export default { fetch() { return 'text'; } };", "threw", "no Response"),
        ("export default { fetch() { return new Response('x'.repeat(20000)); } };", "large", "20000"),
        ("nope nope", "threw", "SyntaxError"),
        ("export const x = 1;", "threw", "default export"),
        ("export default { scheduled() {} };", "threw", "no fetch handler"),
    ],
)
async def test_a_script_that_fails_says_how(runtime: WorkerRuntime, body: str, kind: str, told: str) -> None:
    with pytest.raises(WorkerError) as caught:
        await runtime.run(script(body), GET)
    assert caught.value.kind == kind
    assert told in caught.value.detail


@pytest.mark.parametrize(
    "body",
    [
        "import fs from 'node:fs'; export default { fetch() { return new Response('in'); } };",
        "export default { async fetch() { await import('node:net'); return new Response('in'); } };",
        "export default { async fetch() { await fetch('http://127.0.0.1:1/'); return new Response(''); } };",
        "export default { fetch() { return new Response(String(process.pid)); } };",
        "export default { fetch() { return new Response(String(eval('1+1'))); } };",
        "export default { fetch() { return new Response(Response.constructor('return process')().pid); } };",
    ],
)
async def test_a_script_reaches_nothing_of_this_machine(runtime: WorkerRuntime, body: str) -> None:
    with pytest.raises(WorkerError) as caught:
        await runtime.run(script(body), GET)
    assert caught.value.kind == "threw"


async def test_one_script_that_hangs_does_not_hold_up_another(runtime: WorkerRuntime) -> None:
    fine = script("export default { fetch() { return new Response('fine'); } };")
    with pytest.raises(WorkerError):
        await runtime.run(script("export default { fetch() { for (;;); } };"), GET)
    first = runtime.pid
    assert (await runtime.run(fine, GET)).body == b"fine"
    assert runtime.pid == first  # only the thread ended


async def test_a_runtime_that_died_is_started_again(runtime: WorkerRuntime) -> None:
    fine = script("export default { fetch() { return new Response('fine'); } };")
    await runtime.run(fine, GET)
    first = runtime.pid
    assert runtime._process is not None
    runtime._process.kill()
    await runtime._process.wait()
    answer: WorkerResponse = await runtime.run(fine, GET)
    assert answer.body == b"fine"
    assert runtime.pid != first


async def test_a_script_is_tried_before_it_is_taken(runtime: WorkerRuntime) -> None:
    assert await runtime.check(script("export default { fetch() {}, scheduled() {} };")) == (
        None,
        ("fetch", "scheduled"),
    )
    problem, handlers = await runtime.check(script("nope nope"))
    assert problem is not None
    assert "SyntaxError" in problem
    assert handlers == ()


async def test_a_machine_without_a_node_that_will_do_says_so(tmp_path: Path) -> None:
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.19.0\n")
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    for node in (old, tmp_path / "absent"):
        runtime = WorkerRuntime(node=node)
        with pytest.raises(NoRuntimeError, match="Node 20 or newer"):
            await runtime.run(script("export default {};"), GET)
        await runtime.close()

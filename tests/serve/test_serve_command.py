"""`launch serve` and `launch verify` of several clients, as a user gives them."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import jsonschema
import pytest

from launchready.cli.several import named, worst
from launchready.edge.process import EdgeOptions
from launchready.edge.process import serve as serve_edge
from launchready.errors import InputError
from launchready.report import schema as verification_schema
from launchready.serve.record import PLACE
from launchready.serve.runs import Runs
from tests.conftest import ROOT
from tests.serve.serve_kit import COMMAND, environment, launch, page, project

SCHEMAS = ROOT / "launchready" / "cli" / "schemas"
COLOUR = re.compile(r"\x1b\[[0-9;]*[1-9][0-9;]*m")


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Path]:
    """An edge on loopback that knows nothing of the clients."""
    running = await serve_edge(EdgeOptions(dir=tmp_path / "edge"))
    try:
        yield tmp_path / "edge"
    finally:
        await running.close()


def test_the_document_follows_its_schema_and_ctrl_c_ends_it_well(tmp_path: Path) -> None:
    schema = json.loads((SCHEMAS / "serve.schema.json").read_text())
    for options in ([], ["--read-only"]):
        with page(project(tmp_path, "acme") if not options else tmp_path, *options) as document:
            jsonschema.validate(document, schema)
            assert document["runs"] == str(tmp_path / PLACE)
            assert (document["token"] is None) is bool(options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_end_is_no_error(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve"], cwd=project(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#token=\S+\n", process.stdout.readline())
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Ctrl-C ends it" in said


def test_a_taken_port_and_a_wrong_one_are_bad_input(tmp_path: Path) -> None:
    project(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = launch(tmp_path, "serve", "--port", port)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"--port {port} is taken" in done.stderr
        assert "fix: " in done.stderr
    assert launch(tmp_path, "serve", "--port", "70000").returncode == 2


def test_the_help_teaches(tmp_path: Path) -> None:
    for command in ("serve", "verify"):
        done = launch(tmp_path, command, "--help", COLUMNS="100")
        assert done.returncode == 0
        assert f"launch {command} " in done.stdout
        assert "Examples:" in done.stdout


async def test_several_clients_make_one_table_and_the_worst_code(tmp_path: Path, edge: Path) -> None:
    project(tmp_path, "acme", "beta")
    (tmp_path / "stacks" / "Pulumi.bad.yaml").write_text("config:\n  launchready:domain: 5\n")
    command = ("verify", "--all", "--edge", str(edge), "--only", "dns", "--output", "out", "--format", "html")
    done = await asyncio.to_thread(launch, tmp_path, *command)
    assert done.returncode == 2, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["client", "domain", "verdict", "score", "failed", "unproven"]
    assert [line.split()[0] for line in lines[1:4]] == ["acme", "bad", "beta"]
    assert lines[-1].startswith("3 clients: 1 bad input")
    assert "Pulumi.bad.yaml:2" in done.stderr
    assert {path.parent.name for path in (tmp_path / "out").rglob("*.html")} == {"acme", "beta"}
    kept = Runs(tmp_path / PLACE).all()
    assert {run.client for run in kept} == {"acme", "beta"}
    assert len({run.group for run in kept}) == 1
    assert all(run.verdict and "report.html" in run.files for run in kept)


async def test_several_clients_are_one_document(tmp_path: Path, edge: Path) -> None:
    project(tmp_path, "acme", "beta")
    command = ("verify", "beta", "acme", "beta", "--edge", str(edge), "--only", "dns", "--json")
    done = await asyncio.to_thread(launch, tmp_path, *command)
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads((SCHEMAS / "verifications.schema.json").read_text()))
    assert [one["client"] for one in document["clients"]] == ["beta", "acme"]
    for one in document["clients"]:
        jsonschema.validate(one["verification"], verification_schema())
    assert done.returncode == document["exit"]


@pytest.mark.parametrize("colour", [True, False])
async def test_progress_is_drawn_on_a_terminal_and_no_color_is_kept(
    tmp_path: Path, edge: Path, colour: bool
) -> None:
    project(tmp_path, "acme", "beta")
    env = {**environment(), "TERM": "xterm-256color", "COLUMNS": "100"}
    env = {k: v for k, v in env.items() if k not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    if not colour:
        env["NO_COLOR"] = "1"
    text, _ = await asyncio.to_thread(
        on_a_terminal, tmp_path, env, "verify", "--all", "--edge", str(edge), "--only", "dns"
    )
    assert "━" in text
    assert "verifying acme" in text
    assert "of 2 clients" in text
    assert bool(COLOUR.search(text)) is colour


async def test_elsewhere_progress_is_plain_lines(tmp_path: Path, edge: Path) -> None:
    project(tmp_path, "acme")
    done = await asyncio.to_thread(launch, tmp_path, "verify", "acme", "--edge", str(edge), "--only", "dns")
    assert "verifying acme" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert "━" not in done.stderr


def on_a_terminal(cwd: Path, env: dict[str, str], *arguments: str) -> tuple[str, int]:
    """What a command draws on its terminal (standard error), and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=cwd, env=env, stderr=theirs, stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    drawn = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            drawn += chunk
    except OSError:  # the other end has closed
        pass
    os.close(ours)
    return drawn.decode("utf-8", "replace"), process.wait(60)


@pytest.mark.parametrize(
    "arguments",
    [["acme", "--all"], ["acme", "beta", "--replay", "x.json"], ["acme", "beta", "--previous", "x.json"],
     ["--all", "--format", "html"], ["acme", "beta", "--domain", "acme.example"], ["--all", "--logs", "x"]],
)  # fmt: skip
def test_what_cannot_be_said_of_several_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    project(tmp_path, "acme", "beta")
    done = launch(tmp_path, "verify", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr
    assert not (tmp_path / PLACE).exists()


def test_what_is_known_to_be_wrong_outranks_what_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [worst(codes) for codes in ([0, 3, 1], [1, 2, 0], [3, 0], [0], [])] == [1, 2, 3, 0, 0]
    monkeypatch.chdir(project(tmp_path))
    with pytest.raises(InputError, match="there is no client file"):
        named([], True)

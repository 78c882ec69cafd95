"""The real CLI with our language host and dynamic-provider host, on small programs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from launchready.engine import Engine, find_engine
from launchready.engine.operations import run_command, run_operation

pytestmark = pytest.mark.engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    return find_engine(install=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "backend").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config:\n  small:word: hello\n")
    return tmp_path


def environment(project: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PULUMI_HOME": str(project / "home"),
        "PULUMI_BACKEND_URL": f"file://{project / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
    }


async def up(engine: Engine, project: Path, program: str, operation: str = "up", on_event=None):  # type: ignore[no-untyped-def]
    (project / "__main__.py").write_text(program)
    env = environment(project)
    await run_command(engine, ["stack", "init", "dev"], cwd=project, env=env)
    arguments = [operation, "-s", "dev"] + (["--yes", "--skip-preview"] if operation == "up" else [])
    return await run_operation(
        engine, arguments, cwd=project, env=env, on_event=on_event or (lambda *_: None)
    )


DYNAMIC = """
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Echo(ResourceProvider):
    def create(self, props):
        return CreateResult("made", props)

class Thing(Resource):
    def __init__(self, name, props):
        super().__init__(Echo(), name, props)

word = pulumi.Config().require("word")
Thing("thing", {"word": word})
pulumi.export("word", word)
"""


async def test_a_program_runs_and_its_dynamic_resources_are_made(engine: Engine, project: Path) -> None:
    seen: list[tuple[str, str, str]] = []
    result = await up(engine, project, DYNAMIC, on_event=lambda *e: seen.append(e))
    assert result.code == 0, result.tail
    assert result.changes["create"] == 2, "the stack and the thing"
    assert ("done", "create", "thing") in seen
    exported = await run_command(
        engine, ["stack", "output", "word", "-s", "dev"], cwd=project, env=environment(project)
    )
    assert list(exported.tail) == ["hello"]


async def test_an_error_in_the_program_is_reported_with_its_words(engine: Engine, project: Path) -> None:
    program = "import pulumi\nraise pulumi.RunError('stacks/Pulumi.dev.yaml:3: hosts is wrong')\n"
    result = await up(engine, project, program, "preview")
    assert result.code != 0
    assert any("stacks/Pulumi.dev.yaml:3: hosts is wrong" in e for e in result.errors), result.tail
    assert not any("Traceback" in line for line in result.tail)


async def test_an_interrupted_run_ends_its_program_and_plugins(engine: Engine, project: Path) -> None:
    marker = project / "started"
    program = f"import pathlib, time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(600)\n"
    task = asyncio.create_task(up(engine, project, program))
    await until(marker.exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not processes_of(project))


async def test_plugins_end_when_the_engine_is_killed(engine: Engine, project: Path) -> None:
    marker = project / "started"
    program = f"import pathlib, time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(600)\n"
    task = asyncio.create_task(up(engine, project, program))
    await until(marker.exists)
    for pid in processes_of(project, "pulumi up"):
        os.kill(pid, signal.SIGKILL)
    await task
    await until(lambda: not processes_of(project))


async def until(condition, seconds: float = 30.0) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.05)


def processes_of(project: Path, wanted: str = "") -> list[int]:
    """Processes whose working directory is this project (the engine, the host, the program)."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            here = (entry / "cwd").resolve()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if here == project.resolve() and wanted in command:
            found.append(int(entry.name))
    return found


async def test_configuration_is_in_no_command_line(engine: Engine, project: Path) -> None:
    marker = project / "started"
    program = (
        "import pathlib, time, pulumi\n"
        f"pathlib.Path({str(marker)!r}).touch()\n"
        f"while not pathlib.Path({str(project / 'go')!r}).exists(): time.sleep(0.05)\n"
    )
    (project / "__main__.py").write_text(program)
    env = environment(project)
    await run_command(engine, ["stack", "init", "dev"], cwd=project, env=env)
    canary = "canary-value-7f3a"
    subprocess.run(
        [engine.pulumi, "config", "set", "--secret", "token", "-s", "dev"],
        input=canary, text=True, cwd=project, env=engine.environment(env), check=True,
    )  # fmt: skip
    task = asyncio.create_task(
        run_operation(engine, ["up", "--yes", "--skip-preview", "-s", "dev"], cwd=project, env=env)
    )
    await until(marker.exists)
    for pid in processes_of(project):
        whole = (Path("/proc") / str(pid) / "cmdline").read_bytes()
        whole += (Path("/proc") / str(pid) / "environ").read_bytes()
        assert canary.encode() not in whole
    (project / "go").touch()
    result = await task
    assert result.code == 0, result.tail
    assert canary not in "\n".join(result.tail)
